//! What callers see of a shipment.

use std::sync::PoisonError;

use chrono::SecondsFormat;
use keyferry_domain::ports::StoreError;
use keyferry_domain::{CompletedBy, Obstacle, ObstacleClass, Phase, Shipment, Timestamp, Tracking};
use serde::Serialize;

use crate::Engine;
use crate::engine::shown_id;
use crate::process::reason_for;

/// The guide's view: two words and an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShipmentView {
    /// The delivery service's id; ours until there is one.
    pub shipment_id: String,
    /// `ongoing` or `complete`.
    pub state: &'static str,
    /// What stands in the way.
    pub error_message: Option<String>,
}

/// Everything that is known and not secret. Times are RFC 3339 in UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the members say it; the API's reference describes them")]
pub struct Details {
    pub id: String,
    pub shipment_id: Option<String>,
    pub shipment_state: &'static str,
    pub phase: &'static str,
    pub requested_by: String,
    pub created_at: String,
    pub deadline: Option<String>,
    pub obstacle: Option<ObstacleView>,
    pub waits_for: Option<String>,
    pub delivery_state_id: Option<i64>,
    pub delivery_state_message: Option<String>,
    pub tracking: Option<TrackingView>,
    pub keys: Vec<KeyView>,
    pub completed_by: Option<String>,
    pub history: Vec<EventView>,
}

/// What stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "as in `Details`")]
pub struct ObstacleView {
    pub class: &'static str,
    pub code: String,
    pub message: String,
    pub since: String,
    pub attempts: u32,
    pub next_attempt: Option<String>,
}

/// Where the parcel is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "as in `Details`")]
pub struct TrackingView {
    pub carrier: Option<String>,
    pub number: Option<String>,
    pub link: Option<String>,
}

/// One ordered key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "as in `Details`")]
pub struct KeyView {
    pub product_id: i64,
    pub inventory_product_id: i64,
    pub customization_id: String,
    pub user_id: Option<String>,
    pub serial_number: Option<String>,
    pub firmware_version: Option<String>,
    pub credentials: Vec<CredentialView>,
}

/// One registered credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "as in `Details`")]
pub struct CredentialView {
    pub credential_id: String,
    pub aaguid: String,
    pub method_id: String,
    pub display_name: String,
    pub registered_at: String,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "as in `Details`")]
pub struct EventView {
    pub at: String,
    pub last_at: String,
    pub times: u32,
    pub event: String,
    pub by: String,
    pub detail: String,
    pub client_request_id: Option<String>,
}

impl Engine {
    /// The guide's view of the shipment, under either id.
    ///
    /// # Errors
    /// The store's.
    pub async fn shipment(&self, id: &str) -> Result<Option<ShipmentView>, StoreError> {
        Ok(self.look_up(id).await?.map(|stored| ShipmentView {
            shipment_id: shown_id(&stored.shipment),
            state: stored.shipment.state(),
            error_message: stored
                .shipment
                .error_message()
                .map(str::to_owned)
                .or_else(|| self.waits_for(&stored.shipment)),
        }))
    }

    /// Everything about the shipment, under either id.
    ///
    /// # Errors
    /// The store's.
    pub async fn details(&self, id: &str) -> Result<Option<Details>, StoreError> {
        Ok(self
            .look_up(id)
            .await?
            .map(|stored| Details { waits_for: self.waits_for(&stored.shipment), ..details(&stored.shipment) }))
    }

    /// What is nobody's shipment but holds this one back, as the last run saw it.
    fn waits_for(&self, shipment: &Shipment) -> Option<String> {
        let stops = self.stops.lock().unwrap_or_else(PoisonError::into_inner);
        reason_for(&stops, &shipment.phase, self.ports.pin_delivery.addressing()).cloned()
    }
}

fn details(shipment: &Shipment) -> Details {
    let accepted = shipment.phase.accepted();
    let state = accepted.and_then(|accepted| accepted.state.as_ref());
    Details {
        id: shipment.id.to_string(),
        shipment_id: shipment.phase.fulfilment_id().map(ToString::to_string),
        shipment_state: shipment.state(),
        phase: shipment.phase.name().as_str(),
        requested_by: shipment.requested_by.to_string(),
        created_at: text(shipment.created_at),
        deadline: shipment.deadline().map(text),
        obstacle: shipment.obstacle.as_ref().map(obstacle_view).or_else(|| settled_badly(&shipment.phase)),
        waits_for: None,
        delivery_state_id: state.and_then(|state| state.id),
        delivery_state_message: state.and_then(|state| state.message.clone()),
        tracking: accepted.map(|accepted| &accepted.tracking).filter(|known| **known != Tracking::default()).map(
            |tracking| TrackingView {
                carrier: tracking.carrier.clone(),
                number: tracking.number.clone(),
                link: tracking.link.clone(),
            },
        ),
        keys: keys(shipment),
        completed_by: match &shipment.phase {
            Phase::Complete(complete) => Some(completed_by(&complete.by)),
            _ => None,
        },
        history: shipment
            .history
            .events()
            .iter()
            .map(|event| EventView {
                at: text(event.at),
                last_at: text(event.last_at),
                times: event.times,
                event: kind(event.kind),
                by: event.actor.to_string(),
                detail: event.detail.clone(),
                client_request_id: event.correlation.clone(),
            })
            .collect(),
    }
}

fn obstacle_view(obstacle: &Obstacle) -> ObstacleView {
    ObstacleView {
        class: obstacle.class.as_str(),
        code: obstacle.code.clone(),
        message: obstacle.message.clone(),
        since: text(obstacle.since),
        attempts: obstacle.attempts,
        next_attempt: obstacle.next_attempt.map(text),
    }
}

/// Phases that are an obstacle themselves, since only a person can lead out of them.
fn settled_badly(phase: &Phase) -> Option<ObstacleView> {
    let (message, since) = match phase {
        Phase::Refused(refused) => (&refused.reason, refused.at),
        Phase::Unconfirmed(unconfirmed) => (&unconfirmed.reason, unconfirmed.at),
        Phase::Cancelled(cancelled) => (&cancelled.reason, cancelled.at),
        _ => return None,
    };
    Some(ObstacleView {
        class: ObstacleClass::Final.as_str(),
        code: phase.name().as_str().to_owned(),
        message: message.clone(),
        since: text(since),
        attempts: 1,
        next_attempt: None,
    })
}

fn keys(shipment: &Shipment) -> Vec<KeyView> {
    let made = shipment.phase.fulfilled().map(|fulfilled| fulfilled.keys.as_slice()).unwrap_or_default();
    let registered =
        shipment.phase.registered().map(|registered| registered.credentials.as_slice()).unwrap_or_default();
    let keys = shipment.keys.iter().enumerate();
    keys.map(|(index, key)| {
        let hardware = made.get(index);
        let credentials = registered.get(index).map(Vec::as_slice).unwrap_or_default();
        KeyView {
            product_id: key.product.product_id,
            inventory_product_id: key.product.inventory_product_id,
            customization_id: key.product.customization_id.clone(),
            user_id: key.credentials.first().map(|credential| credential.user.to_string()),
            serial_number: hardware.map(|hardware| hardware.serial.to_string()),
            firmware_version: hardware.and_then(|hardware| hardware.firmware.clone()),
            credentials: credentials
                .iter()
                .map(|credential| CredentialView {
                    credential_id: credential.credential_id.to_base64url(),
                    aaguid: credential.aaguid.to_string(),
                    method_id: credential.method_id.clone(),
                    display_name: credential.display_name.clone(),
                    registered_at: text(credential.registered_at),
                })
                .collect(),
        }
    })
    .collect()
}

fn completed_by(by: &CompletedBy) -> String {
    match by {
        CompletedBy::Processing => "processing".to_owned(),
        CompletedBy::Caller { caller, reason } => format!("caller {caller}: {reason}"),
        CompletedBy::Record => "edited by hand".to_owned(),
    }
}

fn kind(kind: keyferry_domain::EventKind) -> String {
    serde_json::to_value(kind).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn text(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
