//! Sending a PIN again because a person asks for it.

use keyferry_domain::ports::{StoreError, Stored};
use keyferry_domain::{CallerId, Failure, Note, PhaseName, ShipmentId};
use tracing::Instrument as _;

use crate::Engine;
use crate::failures::explain;
use crate::measure;
use crate::process::MessageClass;

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

impl Engine {
    /// Fetches the PIN response again, opens it and sends the PIN, in a task of its own that a caller's going away does
    /// not cancel: a PIN that went out is recorded, and a claim is given back.
    ///
    /// # Errors
    /// [`ResendError`] for each reason why no PIN went out. When only the record could not be written afterwards, the
    /// PIN did go out and that is success.
    pub async fn resend_pin(&self, id: &str, by: CallerId) -> Result<(), ResendError> {
        let (engine, id) = (self.clone(), id.to_owned());
        let task = self.tasks.spawn(
            async move {
                let result = engine.resend_once(&id, by).await;
                measure::resend(&result);
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

    async fn resend_once(&self, id: &str, by: CallerId) -> Result<(), ResendError> {
        let stored =
            self.look_up(id).await.map_err(ResendError::Store)?.ok_or_else(|| ResendError::NotFound(id.to_owned()))?;
        let Stored { change, version, .. } = stored;
        let own_id = change.shipment().id();
        let Some(registered) = change.shipment().phase().registered().cloned() else {
            return Err(ResendError::NotRegistered {
                id: id.to_owned(),
                phase: change.shipment().phase().name(),
                why: change.shipment().error_message().map(str::to_owned),
            });
        };
        let resend = ShipmentId::new(self.ports.clock.now(), self.ports.entropy.as_ref());
        let claimed = self.claim(own_id, &version, resend).await.map_err(|error| match error {
            StoreError::Conflict(_) => ResendError::Busy(id.to_owned()),
            error => ResendError::Store(error),
        })?;
        let work = async {
            let to = self.send_pins(&registered, change.shipment(), None, &MessageClass::Resend(resend)).await?;
            let note = Note::new(self.ports.clock.now(), format!("the PIN was handed over for {to}"));
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
}
