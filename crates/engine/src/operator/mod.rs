//! Actions of operators on shipments.

mod cancel;
mod decision;
mod limit;
mod lost;
mod offboard;
mod print;
mod replace;
mod resend;
mod resolve;
mod returned;
mod revoke;
mod task;
mod withdraw;

use std::sync::Arc;

use keyferry_domain::ports::StoreError;
use keyferry_domain::{Caller, SecretBytes, SerialNumber, UserRef};

use self::cancel::Cancellable;
use crate::context::Context;
use crate::orders::{Enqueued, QueueRequest};
use crate::pins::{Printer, Release};

pub use self::cancel::CancelError;
pub(crate) use self::decision::{Undecided, apply};
pub use self::lost::{LostKey, LostKeyError, NewKeyOrder, WhichKey};
pub use self::offboard::{Offboarded, OffboardedShipment};
pub use self::print::PrintError;
pub use self::replace::ReplaceError;
pub use self::resend::ResendError;
pub use self::resolve::{Outcome, ResolveError};
pub use self::returned::ReturnKeyError;
pub use self::revoke::{RevokeError, Revoked};
pub(crate) use self::task::in_own_task;
pub use self::withdraw::Withdrawn;

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

    /// Returns whether the settings allow letters with PINs.
    pub fn prints_pins(&self) -> bool {
        self.0.settings.pin_letters
    }

    /// Opens the PINs of a shipment, and has a letter printed with them. The release is closed durably before the
    /// letter is returned, so that no crash prints it twice. The release rules are those of [`Self::resend_pin`].
    ///
    /// # Errors
    /// [`PrintError`]; no PIN left then.
    pub async fn print_pin(
        &self,
        id: &str,
        by: Caller,
        release: Release,
        printer: Printer,
    ) -> Result<SecretBytes, PrintError> {
        print::print(&self.0, id, by, release, printer).await
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

    /// Reports a key as lost: deletes its passkey, or cancels its order if it is not registered, releases nothing more
    /// for it, and queues the order of its replacement. A repeated report continues the act, and orders nothing. Once
    /// this succeeded, runs do what is left.
    ///
    /// # Errors
    /// [`LostKeyError`]; nothing was changed or ordered.
    pub async fn report_lost(&self, lost: LostKey) -> Result<Withdrawn, LostKeyError> {
        lost::report_lost(&self.0, lost).await
    }

    /// Returns whether a key was reported as lost before, so that a repeated report orders nothing.
    ///
    /// # Errors
    /// [`LostKeyError`] if there is no such key.
    pub async fn is_reported_lost(&self, user: &UserRef, key: &WhichKey) -> Result<bool, LostKeyError> {
        lost::is_reported(&self.0, user, key).await
    }

    /// Marks a key as returned: deletes its passkey, and releases nothing more for it. A cancelled shipment whose key
    /// is on its way ends. A repeated request continues the act. Once this succeeded, runs do what is left.
    ///
    /// # Errors
    /// [`ReturnKeyError`]; nothing was changed.
    pub async fn return_key(
        &self,
        serial: &SerialNumber,
        by: Caller,
        reason: &str,
    ) -> Result<Withdrawn, ReturnKeyError> {
        returned::return_key(&self.0, serial, by, reason).await
    }

    /// Offboards a person: revokes the passkeys that Keyferry registered, and cancels the orders whose keys are not
    /// registered, so that no PIN is released any more. A key that was made already is parked in phase `cancelling`. A
    /// step that fails does not prevent the others, and runs do what is left. Can be repeated.
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
