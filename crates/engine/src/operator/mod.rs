//! What operators do to shipments.

mod resend;
mod resolve;

use std::sync::Arc;

use keyferry_domain::CallerId;

use crate::context::Context;

pub use self::resend::ResendError;
pub use self::resolve::{Outcome, ResolveError};

/// What operators do to shipments. Cheap to clone: all clones are one.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Operator(Arc<Context>);

impl Operator {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self(context)
    }

    /// Fetches the PIN response again, opens it and sends the PIN, in a task of its own that a caller's going away does
    /// not cancel: a PIN that went out is recorded, and a claim is given back.
    ///
    /// # Errors
    /// [`ResendError`] for each reason why no PIN went out. When only the record could not be written afterwards, the
    /// PIN did go out and that is success.
    pub async fn resend_pin(&self, id: &str, by: CallerId) -> Result<(), ResendError> {
        resend::resend(&self.0, id, by).await
    }

    /// Takes an operator's word about a shipment.
    ///
    /// # Errors
    /// [`ResolveError`]; the record is unchanged then.
    pub async fn resolve(&self, id: &str, by: CallerId, reason: String, outcome: Outcome) -> Result<(), ResolveError> {
        resolve::resolve(&self.0, id, by, reason, outcome).await
    }
}
