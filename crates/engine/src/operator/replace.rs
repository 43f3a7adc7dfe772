//! Replacement of a shipment by a new order, for example for a lost key.

use std::sync::Arc;

use keyferry_domain::ports::StoreError;
use keyferry_domain::{Caller, Note, PhaseName, Term, UserKey, UserRef};

use super::decision::{Undecided, apply};
use crate::context::Context;
use crate::orders::{CreateError, Enqueued, QueueRequest, queue};

/// Reason why a shipment was not replaced.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplaceError {
    /// The shipment does not exist.
    #[error("shipment {0} does not exist")]
    NotFound(String),
    /// The new order is for another person.
    #[error("the new order is for {user}, but shipment {id} is for another person")]
    OtherPerson {
        /// Id as given by the caller.
        id: String,
        /// User of the new order.
        user: UserRef,
    },
    /// The order of the shipment was not sent yet.
    #[error("shipment {id} is {}: its order was not sent yet. Cancel it, and order again", .phase.shown())]
    WrongPhase {
        /// Id as given by the caller.
        id: String,
        /// Current phase.
        phase: PhaseName,
    },
    /// The new order was not accepted.
    #[error("{0}")]
    Order(CreateError),
    /// The store failed.
    #[error("{0}")]
    Store(StoreError),
}

/// Queues the new order, then links the old shipment to it. The new one is linked to the old one from the beginning.
pub(super) async fn replace(
    context: &Arc<Context>,
    id: &str,
    reason: &str,
    mut request: QueueRequest,
) -> Result<Enqueued, ReplaceError> {
    let found = context.look_up(id).await.map_err(ReplaceError::Store)?;
    let old = found.ok_or_else(|| ReplaceError::NotFound(id.to_owned()))?.change.into_shipment();
    let phase = old.phase().name();
    if matches!(phase, PhaseName::Queued | PhaseName::Submitting) {
        return Err(ReplaceError::WrongPhase { id: id.to_owned(), phase });
    }
    let user = &request.order.user;
    if !old.terms().contains(&Term::person(&UserKey::from(user))) {
        return Err(ReplaceError::OtherPerson { id: id.to_owned(), user: user.clone() });
    }
    if matches!(user, UserRef::ObjectId(_)) {
        request.info.user_name = old.user_name().map(str::to_owned);
    }
    request.info.replaces = Some(old.id());
    // The old order may still be open.
    request.additional = true;
    let by = request.caller.clone();
    let queued = queue::accept(context, request).await.map_err(ReplaceError::Order)?;
    link(context, &old.id().to_string(), &queued, &by, reason).await;
    Ok(queued)
}

/// Records on the old shipment that the new one replaces it.
async fn link(context: &Context, old: &str, queued: &Enqueued, by: &Caller, reason: &str) {
    let new = queued.shipment;
    let linked = apply(context, old, |change| {
        if change.shipment().replaced_by() == Some(new) {
            return Ok::<_, std::convert::Infallible>(change);
        }
        let note = Note::new(context.now(), format!("replaced by {new}: {reason}"));
        Ok(change.then(|shipment| shipment.replaced(new, by.clone(), note)))
    });
    if let Err(undecided) = linked.await {
        let error = match undecided {
            Undecided::NotFound => "it was deleted".to_owned(),
            Undecided::Busy => "it is being processed".to_owned(),
            Undecided::Refused(never) => match never {},
            Undecided::Store(error) => error.to_string(),
        };
        tracing::warn!(shipment = old, replaced_by = %new, error, "could not link shipment to its replacement");
    }
}
