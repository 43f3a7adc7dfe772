//! Sending a PIN again because an operator asks for it.

use std::sync::Arc;

use keyferry_domain::ports::{StoreError, Stored};
use keyferry_domain::{CallerId, Failure, Note, PhaseName};
use tracing::Instrument as _;

use crate::context::Context;
use crate::failures::explain;
use crate::pins::{self, MessageClass};

/// Why a PIN was not sent again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResendError {
    /// There is no such shipment.
    #[error("no shipment {0} is known here")]
    NotFound(String),
    /// The key is not registered (yet), so a PIN would be of no use.
    #[error("the PIN of shipment {id} cannot be sent: it is {}, and a PIN goes out once the key is registered{}",
        .phase.as_str(), .why.as_deref().map(|why| format!(". {why}")).unwrap_or_default())]
    NotRegistered {
        /// As the caller named it.
        id: String,
        /// Where it stands.
        phase: PhaseName,
        /// What stands in its way.
        why: Option<String>,
    },
    /// A run works on it right now.
    #[error("shipment {0} is being worked on right now; try again in a minute")]
    Busy(String),
    /// Fetching, opening or sending failed.
    #[error("{}", explain(.0))]
    Failed(Failure),
    /// The store failed.
    #[error("{0}")]
    Store(StoreError),
}

/// Sends the PIN in a task of its own.
pub(super) async fn resend(context: &Arc<Context>, id: &str, by: CallerId) -> Result<(), ResendError> {
    let (task_context, id) = (context.clone(), id.to_owned());
    let task = context.tasks.spawn(
        async move {
            let result = resend_once(&task_context, &id, by).await;
            task_context.metrics.resend(outcome(&result));
            result
        }
        .in_current_span(),
    );
    match task.await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(defect) => std::panic::resume_unwind(defect),
            Err(error) => Err(ResendError::Store(StoreError::Unavailable(error.to_string()))),
        },
    }
}

async fn resend_once(context: &Context, id: &str, by: CallerId) -> Result<(), ResendError> {
    let stored =
        context.look_up(id).await.map_err(ResendError::Store)?.ok_or_else(|| ResendError::NotFound(id.to_owned()))?;
    let Stored { change, version, .. } = stored;
    let own_id = change.shipment().id();
    let Some(registered) = change.shipment().phase().registered().cloned() else {
        return Err(ResendError::NotRegistered {
            id: id.to_owned(),
            phase: change.shipment().phase().name(),
            why: change.shipment().error_message().map(str::to_owned),
        });
    };
    let resend = context.new_id();
    let claimed = context.claim(own_id, &version, resend).await.map_err(|error| match error {
        StoreError::Conflict(_) => ResendError::Busy(id.to_owned()),
        error => ResendError::Store(error),
    })?;
    let work = async {
        let class = MessageClass::Resend(resend);
        let to = pins::send(context, &registered, change.shipment(), None, &class).await?;
        let note = Note::new(context.now(), format!("the PIN was handed over for {to}"));
        if let Err(error) = claimed.commit(change.then(|shipment| shipment.pin_resent(by, note))).await {
            tracing::warn!(shipment = %own_id, %error, "a PIN was sent again, but that could not be recorded");
        }
        Ok(())
    };
    claimed.during(work).await.map_err(|failure| {
        tracing::warn!(shipment = %own_id, message = %explain(&failure), "a PIN was asked for again and not sent");
        ResendError::Failed(failure)
    })
}

/// What came of it, for metrics.
fn outcome(result: &Result<(), ResendError>) -> &'static str {
    match result {
        Ok(()) => "sent",
        Err(ResendError::Failed(_) | ResendError::Store(_)) => "unavailable",
        Err(_) => "not_possible",
    }
}
