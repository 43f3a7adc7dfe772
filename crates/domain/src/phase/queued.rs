//! Phase of an order that waits for its turn.

use serde::{Deserialize, Serialize};

use super::{Cancelled, CancelledBy, Submitting};
use crate::{Cancellation, Timestamp, UserRef};

/// Phase: Keyferry accepted the order, and has not sent it to the delivery service yet. The order itself, with address
/// and contacts, is sealed in the secret store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Queued {
    /// User for whom the key is ordered, as given by the caller.
    pub user: UserRef,
    /// Time from which the order may be sent.
    pub from: Timestamp,
}

impl Queued {
    pub(crate) fn new(user: UserRef, from: Timestamp) -> Self {
        Self { user, from }
    }

    /// Enters `Submitting`: the order is about to be sent.
    pub(crate) fn submitting(self, until: Timestamp) -> Submitting {
        Submitting::new(until)
    }

    /// Enters `Cancelled`: an operator cancelled the order before it was sent.
    pub(crate) fn cancelled(self, request: Cancellation) -> Cancelled {
        let (at, reason) = (request.at, request.reason.clone());
        Cancelled { before: Box::new(self.into()), at, reason, by: CancelledBy::Caller(request) }
    }
}

impl Submitting {
    /// Enters `Queued` again: the order was not placed, for a reason that time will fix.
    pub(crate) fn queued_again(self, user: UserRef, at: Timestamp) -> Queued {
        Queued::new(user, at)
    }
}
