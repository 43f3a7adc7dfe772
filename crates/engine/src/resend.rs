//! Sending a PIN again because a person asks for it.

use keyferry_domain::ports::StoreError;
use keyferry_domain::{Actor, CallerId, Event, EventKind, Failure, Phase, PhaseName, ShipmentId};
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
        let mut shipment = stored.shipment;
        let Some(registered) = shipment.phase.registered().cloned() else {
            return Err(ResendError::NotRegistered {
                id: id.to_owned(),
                phase: shipment.phase.name(),
                why: shipment.error_message().map(str::to_owned),
            });
        };
        let now = self.ports.clock.now();
        let resend = ShipmentId::new(now, self.ports.entropy.as_ref());
        let claimed = self.claim(shipment.id, &stored.version, resend).await.map_err(|error| match error {
            StoreError::Conflict(_) => ResendError::Busy(id.to_owned()),
            error => ResendError::Store(error),
        })?;
        let work = async {
            let sent = self.send_pins(&registered, &shipment, None, &MessageClass::Resend(resend)).await;
            if let Ok(to) = &sent {
                let now = self.ports.clock.now();
                let detail = format!("the PIN was handed over for {to}");
                let event = Event::new(now, EventKind::PinResent, Actor::Caller(by), detail);
                if let Phase::Registered(registered) = shipment.phase.clone() {
                    shipment.enter(registered.complete(now), event);
                } else {
                    shipment.history.record(event);
                }
                if let Err(error) = claimed.replace(&shipment).await {
                    tracing::warn!(shipment = %shipment.id, %error, "a PIN was sent again, but that could not be recorded");
                }
            }
            sent
        };
        let sent = claimed.during(work).await;
        sent.map(drop).map_err(|failure| {
            tracing::warn!(shipment = %shipment.id, message = %explain(&failure), "a PIN was asked for again and not sent");
            ResendError::Failed(failure)
        })
    }
}
