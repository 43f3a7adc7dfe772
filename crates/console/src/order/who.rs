//! Look-up of the person.

use keyferry_domain::{Failure, FailureClass, FoundUser, UserRef};
use keyferry_engine::{Recipient, Recipients};

/// Result of a look-up.
#[derive(Debug, Default)]
pub(super) enum LookUp {
    /// Nothing was looked up.
    #[default]
    None,
    /// The text has fewer than two characters.
    TooShort,
    /// Users whose names start with the text.
    Found(Vec<FoundUser>),
    /// The connector may not search, or the directory does not answer: in English, from the engine.
    Failed(Option<String>),
}

impl LookUp {
    /// Searches for users whose names start with the text.
    pub(super) async fn search(recipients: &Recipients, text: &str) -> Self {
        if text.trim().chars().count() < 2 {
            return if text.trim().is_empty() { Self::None } else { Self::TooShort };
        }
        match recipients.search(text).await {
            Ok(found) => Self::Found(found),
            Err(failure) => Self::Failed(explained(&failure)),
        }
    }

    pub(super) fn found(&self) -> &[FoundUser] {
        match self {
            Self::Found(found) => found,
            _ => &[],
        }
    }

    pub(super) fn is_too_short(&self) -> bool {
        matches!(self, Self::TooShort)
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Found(found) if found.is_empty())
    }

    pub(super) fn is_failed(&self) -> bool {
        matches!(self, Self::Failed(_))
    }

    pub(super) fn failure(&self) -> &str {
        match self {
            Self::Failed(Some(text)) => text,
            _ => "",
        }
    }
}

/// Returns the recipient with this user name or object id.
pub(super) async fn get(recipients: &Recipients, user: &str) -> Result<Recipient, LookUp> {
    let Some(user) = UserRef::parse(user) else { return Err(LookUp::Found(Vec::new())) };
    match recipients.get(&user).await {
        Ok(found) => Ok(found),
        Err(failure) if failure.class() == FailureClass::Forbidden => Err(LookUp::Failed(None)),
        Err(failure) => Err(LookUp::Failed(explained(&failure))),
    }
}

/// What the page says about a missing permission is its own text.
fn explained(failure: &Failure) -> Option<String> {
    (failure.class() != FailureClass::Forbidden).then(|| failure.message.clone())
}

/// Returns whether the text names one user, and not the start of names.
pub(super) fn is_exact(text: &str) -> bool {
    text.contains('@') || keyferry_domain::ObjectId::parse(text).is_some()
}
