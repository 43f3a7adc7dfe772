//! Actions of operators on shipments.

mod cancel;
mod decision;
mod limit;
mod offboard;
mod replace;
mod resend;
mod resolve;
mod revoke;

use std::sync::Arc;

use keyferry_domain::ports::StoreError;
use keyferry_domain::{Caller, UserRef};

use self::cancel::Cancellable;
use crate::context::Context;
use crate::orders::{Enqueued, QueueRequest};
use crate::pins::Release;

pub use self::cancel::CancelError;
pub(crate) use self::decision::{Undecided, apply};
pub use self::offboard::{Offboarded, OffboardedShipment};
pub use self::replace::ReplaceError;
pub use self::resend::ResendError;
pub use self::resolve::{Outcome, ResolveError};
pub use self::revoke::{RevokeError, Revoked};

/// Performs operators' actions on shipments. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Operator(Arc<Context>);

impl Operator {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self(context)
    }

    /// Fetches the PIN response again, opens it and sends the PIN.
    ///
    /// A PIN goes to the addressee that was fixed when the key was registered. If a [`ReleaseRule`](crate::ReleaseRule)
    /// forbids that, `release` must permit it.
    ///
    /// Runs in its own task, which continues if the caller disconnects, so that a sent PIN is recorded and the claim is
    /// released.
    ///
    /// # Errors
    /// [`ResendError`] if the PIN was not sent. Succeeds if the PIN was sent but could not be recorded.
    pub async fn resend_pin(&self, id: &str, by: Caller, release: Release) -> Result<(), ResendError> {
        resend::resend(&self.0, id, by, release).await
    }

    /// Adds to the history of a shipment that a limit refused a request of `by` to send the PIN: at most once per hour,
    /// and not while the shipment is being processed. `limit` describes the limit.
    pub async fn limit_reached(&self, id: &str, by: Caller, limit: &str) {
        if let Err(error) = limit::record(&self.0, id, by, limit).await {
            tracing::warn!(shipment = id, %error, "could not record request refused by limit");
        }
    }

    /// Cancels a shipment whose key is not registered: nothing is registered and no PIN is sent any more. Asks the
    /// delivery service to delete the order, and watches the shipment until the order is gone. Repeating the request
    /// asks the delivery service again.
    ///
    /// # Errors
    /// [`CancelError`]; the record is then unchanged.
    pub async fn cancel(&self, id: &str, by: Caller, reason: &str) -> Result<(), CancelError> {
        cancel::cancel(&self.0, id, by, reason, Cancellable::Any).await
    }

    /// Cancels an order that waits in the queue.
    ///
    /// # Errors
    /// [`CancelError::WrongPhase`] if the order does not wait any more.
    pub(crate) async fn cancel_waiting(&self, id: &str, by: Caller, reason: &str) -> Result<(), CancelError> {
        cancel::cancel(&self.0, id, by, reason, Cancellable::Waiting).await
    }

    /// Queues a new order for the person of a shipment, and links both. Changes nothing else of the shipment.
    ///
    /// # Errors
    /// [`ReplaceError`]; nothing was ordered.
    pub async fn replace(&self, id: &str, reason: &str, request: QueueRequest) -> Result<Enqueued, ReplaceError> {
        replace::replace(&self.0, id, reason, request).await
    }

    /// Revokes a passkey of a user: deletes its method at the identity provider, and records it on the shipment that
    /// registered it. A shipment whose PIN was not delivered is then cancelled. Can be repeated.
    ///
    /// # Errors
    /// [`RevokeError`]. After [`RevokeError::Busy`], the passkey is revoked, but not recorded as revoked.
    pub async fn revoke(
        &self,
        user: &UserRef,
        method_id: &str,
        by: Caller,
        reason: &str,
    ) -> Result<Revoked, RevokeError> {
        revoke::revoke(&self.0, user, method_id, by, reason).await
    }

    /// Offboards a person: revokes the passkeys that Keyferry registered, and cancels the orders whose keys are not
    /// registered, so that no PIN is released any more. A key that was made already is parked in phase `cancelling`. A
    /// step that fails does not prevent the others. Can be repeated.
    ///
    /// # Errors
    /// The error of the store. Steps before it are permanent; a repeated request continues.
    pub async fn offboard(&self, user: &UserRef, by: Caller, reason: &str) -> Result<Offboarded, StoreError> {
        offboard::offboard(&self.0, user, by, reason).await
    }

    /// Records an operator's decision about a shipment.
    ///
    /// # Errors
    /// [`ResolveError`]; the record is then unchanged.
    pub async fn resolve(&self, id: &str, by: Caller, reason: String, outcome: Outcome) -> Result<(), ResolveError> {
        resolve::resolve(&self.0, id, by, reason, outcome).await
    }
}
