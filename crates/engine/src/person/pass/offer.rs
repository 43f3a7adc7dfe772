//! What the page of a temporary access pass offers and shows, and why it does not.

use keyferry_domain::ports::StoreError;
use keyferry_domain::{Failure, PassText, Timestamp};

/// Temporary access pass that waits for its addressee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassOffer {
    /// The person, as the order named them.
    pub user: String,
    /// Whether the addressee is the person.
    pub is_own: bool,
    /// Time for which the pass is valid once it was shown, in minutes.
    pub minutes: u32,
    /// Time from which the link is not valid any more.
    pub expires_at: Timestamp,
    /// Whether an earlier attempt was interrupted: a pass may exist that was not shown. It is replaced.
    pub was_interrupted: bool,
}

/// Temporary access pass for its addressee. Not `Debug`, so that it cannot be logged.
#[expect(missing_debug_implementations, reason = "it contains a pass")]
pub struct ShownPass {
    /// The person, as the order named them.
    pub user: String,
    /// Whether the addressee is the person.
    pub is_own: bool,
    /// Code.
    pub text: PassText,
    /// Time from which the pass is not valid any more.
    pub valid_until: Timestamp,
}

/// Reason why a page does not show a temporary access pass. Nothing was shown then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PassPageError {
    /// The link is unknown, or a newer request replaced it.
    #[error("the link is unknown or was replaced")]
    Unknown,
    /// The signed-in user is not the addressee.
    #[error("the user is not the addressee of the pass")]
    NotAddressee,
    /// The link was used.
    #[error("the link was used")]
    Used,
    /// The link has expired.
    #[error("the link has expired")]
    Expired,
    /// The key was returned, or its person left.
    #[error("the key was returned, or its person left")]
    Closed,
    /// The addressee or the rules have changed since the report.
    #[error("no pass may be shown any more: {0}")]
    Refused(String),
    /// The person has a pass that Keyferry did not make.
    #[error("the person has another pass, which Keyferry did not make")]
    Exists,
    /// The shipment is being processed, or the link is being used in another browser.
    #[error("the shipment is being processed")]
    Busy,
    /// A call failed. If its effect is unknown, a pass may exist that nobody has seen; the next attempt replaces it.
    #[error("{0}")]
    Failed(Failure),
    /// The store failed.
    #[error("{0}")]
    Store(StoreError),
}

impl From<Failure> for PassPageError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<StoreError> for PassPageError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(_) => Self::Busy,
            error => Self::Store(error),
        }
    }
}
