//! Why a page for the person does nothing.

use keyferry_domain::Failure;
use keyferry_domain::ports::StoreError;

/// Reason why a page for the person does nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonPageError {
    /// The link is unknown, or a newer one replaced it.
    #[error("the link is unknown or was replaced")]
    Unknown,
    /// The signed-in user is not the person whom the key is for.
    #[error("the user is not the person whom the key is for")]
    NotThePerson,
    /// The link has expired.
    #[error("the link has expired")]
    Expired,
    /// The order was cancelled, or never placed.
    #[error("the order was cancelled")]
    Cancelled,
    /// It is too late: the PIN was delivered, or the address was given.
    #[error("it is too late")]
    TooLate,
    /// The person objected to the key.
    #[error("the order is on hold, because the person objected")]
    OnHold,
    /// The shipment is being processed, or changed by others.
    #[error("the shipment is being processed")]
    Busy,
    /// A call failed.
    #[error("{0}")]
    Failed(Failure),
    /// The store failed.
    #[error("{0}")]
    Store(StoreError),
}

impl From<Failure> for PersonPageError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<StoreError> for PersonPageError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
