//! Temporary access passes: codes with which a user signs in for a while, without a key.

use std::fmt;

use zeroize::Zeroizing;

use crate::Timestamp;

/// Code of a pass. It has no `Debug`, `Display`, `Serialize` or `Clone`, and is zeroed when dropped.
pub struct PassText(Zeroizing<String>);

impl PassText {
    /// Longest code, in characters. The longest that a provider is known to make has 48.
    pub const LONGEST: usize = 128;

    /// Wraps the code that the identity provider returned.
    ///
    /// # Errors
    /// [`UnexpectedPass`] if it is empty or longer than [`LONGEST`](Self::LONGEST), or contains white space or control
    /// characters: nobody could type it.
    pub fn new(text: Zeroizing<String>) -> Result<Self, UnexpectedPass> {
        let is_typed = |c: char| !c.is_control() && !c.is_whitespace();
        match !text.is_empty() && text.chars().count() <= Self::LONGEST && text.chars().all(is_typed) {
            true => Ok(Self(text)),
            false => Err(UnexpectedPass),
        }
    }

    /// Returns the code. Use it only for the page of the addressee.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Error: the text is no code that a user could type. The message never contains the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a pass of 1 to {} characters without white space", PassText::LONGEST)]
pub struct UnexpectedPass;

/// Pass that was just made. Its code is returned this once.
pub struct NewPass {
    /// Provider's id of the pass.
    pub id: String,
    /// Code.
    pub text: PassText,
    /// Time from which it is not valid any more.
    pub valid_until: Timestamp,
    /// `client-request-id` of the call.
    pub correlation: Option<String>,
}

impl fmt::Debug for NewPass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewPass").field("id", &self.id).field("valid_until", &self.valid_until).finish_non_exhaustive()
    }
}

/// Pass of a user, as the identity provider lists it. The code is not known any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldPass {
    /// Provider's id of the pass.
    pub id: String,
    /// Time at which it was made. `None` if the provider did not report it.
    pub created_at: Option<Timestamp>,
    /// Whether it can be used to sign in, now or later.
    pub is_usable: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_what_a_user_can_type_and_is_never_shown() {
        let new = |text: &str| PassText::new(Zeroizing::new(text.to_owned()));
        assert_eq!(new("+drkzqAD").ok().unwrap().expose(), "+drkzqAD");
        for bad in ["", "a b", "a\nb", &"x".repeat(129)] {
            assert!(new(bad).is_err(), "{bad:?}");
        }
        assert!(!UnexpectedPass.to_string().contains("a b"));
        let (id, valid_until) = ("05267842".to_owned(), Timestamp::UNIX_EPOCH);
        let made = NewPass { id, text: new("+drkzqAD").ok().unwrap(), valid_until, correlation: None };
        assert!(!format!("{made:?}").contains("drkzqAD"));
    }
}
