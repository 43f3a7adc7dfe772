//! The PIN of a key, and how long it is to be.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A key's PIN. It has no `Debug`, `Display`, `Serialize` or `Clone`, and is wiped when dropped.
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// Takes over the text of a PIN that came out of a PIN response.
    ///
    /// # Errors
    /// When it does not have exactly the number of code points that were asked for, or has one that a mail or
    /// a key pad could not show (control characters, white space).
    pub fn new(text: Zeroizing<String>, expected: PinLength) -> Result<Self, UnexpectedPin> {
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(UnexpectedPin::Characters);
        }
        let length = text.chars().count();
        if length != usize::from(expected.get()) {
            return Err(UnexpectedPin::Length { expected, length });
        }
        Ok(Self(text))
    }

    /// Shows the PIN: for the message to its addressee, and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Why a text is not the PIN that was asked for. It never shows the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnexpectedPin {
    /// Too short or too long.
    #[error("the PIN response holds a PIN of {length} characters, but one of {expected} was asked for")]
    Length {
        /// Asked for.
        expected: PinLength,
        /// Came.
        length: usize,
    },
    /// White space or control characters.
    #[error("the PIN response holds a PIN with white space or control characters, which no message could show")]
    Characters,
}

/// How many code points a generated PIN has: 4 to 63.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct PinLength(u8);

impl PinLength {
    /// The shortest PIN that CTAP 2 allows.
    pub const MIN: i64 = 4;
    /// The longest PIN that CTAP 2 allows (63 bytes of UTF-8; generated PINs are ASCII).
    pub const MAX: i64 = 63;

    /// The number.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for PinLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A PIN length outside 4 to 63, in the words of the guide's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("PIN `length` must be between {} and {}", PinLength::MIN, PinLength::MAX)]
pub struct PinLengthOutOfRange(pub i64);

impl TryFrom<i64> for PinLength {
    type Error = PinLengthOutOfRange;

    fn try_from(length: i64) -> Result<Self, Self::Error> {
        if !(Self::MIN..=Self::MAX).contains(&length) {
            return Err(PinLengthOutOfRange(length));
        }
        u8::try_from(length).map(Self).map_err(|_| PinLengthOutOfRange(length))
    }
}

impl From<PinLength> for i64 {
    fn from(length: PinLength) -> Self {
        Self::from(length.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_between_4_and_63_inclusive() {
        for good in [4, 8, 63] {
            assert!(PinLength::try_from(good).is_ok());
        }
        for bad in [i64::MIN, -1, 0, 3, 64, 260, i64::MAX] {
            assert_eq!(PinLength::try_from(bad), Err(PinLengthOutOfRange(bad)));
        }
    }

    #[test]
    fn a_pin_of_another_length_is_refused_and_not_shown() {
        let six = PinLength::try_from(6).unwrap();
        let Err(error) = Pin::new(Zeroizing::new("48213".into()), six) else { panic!("accepted") };
        assert!(!error.to_string().contains("48213"));
        assert!(Pin::new(Zeroizing::new("4821 3".into()), six).is_err());
        assert_eq!(Pin::new(Zeroizing::new("482137".into()), six).ok().unwrap().expose(), "482137");
    }
}
