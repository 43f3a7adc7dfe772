//! Conversion of the domain's shipment into the response. No other module of this operation reads its fields.

use keyferry_domain::{
    ActingUser, Actor, Cancellation, CancelledBy, CompletedBy, CredentialId, Event, Hardware, Key, Obstacle,
    ObstacleClass, Phase, RegisteredCredential, Shipment, Timestamp, Tracking, UserRef,
};
use keyferry_engine::ShipmentDetails;

use super::response::{
    ActingUserBody, CancellationBody, CredentialBody, DetailsBody, EventBody, KeyBody, ObstacleBody, TrackingBody,
};
use crate::kit::time::rfc3339;
use crate::kit::withdrawal::WithdrawalBody;

impl From<ShipmentDetails> for DetailsBody {
    fn from(ShipmentDetails { shipment, events, on_hold_reason }: ShipmentDetails) -> Self {
        let accepted = shipment.phase().accepted();
        let state = accepted.and_then(|accepted| accepted.state.as_ref());
        let info = shipment.info();
        Self {
            id: shipment.id().to_string(),
            shipment_id: shipment.phase().delivery_id().map(ToString::to_string),
            shipment_state: shipment.state(),
            phase: shipment.phase().name().shown(),
            requested_by: shipment.requested_by().application.to_string(),
            requested_for: shipment.requested_by().user.as_ref().map(acting_user),
            batch: shipment.batch().map(|batch| batch.to_string()),
            row: info.row.clone(),
            reference: info.reference.clone(),
            requester: info.requester.clone(),
            not_before: info.not_before.map(|day| day.to_string()),
            needed_by: info.needed_by.map(|day| day.to_string()),
            country: info.country.clone(),
            replaces: info.replaces.map(|id| id.to_string()),
            replaced_by: shipment.replaced_by().map(|id| id.to_string()),
            withdrawal: WithdrawalBody::of(&shipment),
            created_at: rfc3339(shipment.created_at()),
            deadline: shipment.deadline().map(rfc3339),
            obstacle: shipment.obstacle().map(obstacle).or_else(|| terminal_failure(shipment.phase())),
            on_hold: on_hold_reason,
            delivery_state_id: state.and_then(|state| state.id),
            delivery_state_message: state.and_then(|state| state.message.clone()),
            tracking: accepted.and_then(|accepted| tracking(&accepted.tracking)),
            keys: keys(&shipment),
            completed_by: match shipment.phase() {
                Phase::Complete(complete) => Some(completed_by(&complete.by)),
                _ => None,
            },
            cancellation: cancellation(shipment.phase()),
            history: events.iter().map(EventBody::from).collect(),
        }
    }
}

fn acting_user(user: &ActingUser) -> ActingUserBody {
    let ActingUser { object_id, user_name, name } = user.clone();
    ActingUserBody { object_id, user_name, name }
}

fn obstacle(obstacle: &Obstacle) -> ObstacleBody {
    ObstacleBody {
        class: obstacle.class.as_str(),
        code: obstacle.code.clone(),
        message: obstacle.message.clone(),
        since: rfc3339(obstacle.since),
        attempts: obstacle.attempts,
        next_attempt: obstacle.next_attempt.map(rfc3339),
    }
}

/// Returns an obstacle for a phase that only an operator can end, or that processing ended without success.
fn terminal_failure(phase: &Phase) -> Option<ObstacleBody> {
    let (message, since) = match phase {
        Phase::Refused(refused) => (&refused.reason, refused.at),
        Phase::Unconfirmed(unconfirmed) => (&unconfirmed.reason, unconfirmed.at),
        Phase::Cancelled(cancelled) if cancelled.by == CancelledBy::Processing => (&cancelled.reason, cancelled.at),
        _ => return None,
    };
    Some(ObstacleBody {
        class: ObstacleClass::Final.as_str(),
        code: phase.name().as_str().to_owned(),
        message: message.clone(),
        since: rfc3339(since),
        attempts: 1,
        next_attempt: None,
    })
}

fn tracking(tracking: &Tracking) -> Option<TrackingBody> {
    let Tracking { carrier, number, link } = tracking.clone();
    (*tracking != Tracking::default()).then_some(TrackingBody { carrier, number, link })
}

/// Returns the ordered keys, joined by position with the fulfilled hardware and the registered credentials.
fn keys(shipment: &Shipment) -> Vec<KeyBody> {
    let made = shipment.phase().fulfilled().map(|fulfilled| fulfilled.keys.as_slice()).unwrap_or_default();
    let registered =
        shipment.phase().registered().map(|registered| registered.credentials.as_slice()).unwrap_or_default();
    let keys = shipment.keys().iter().enumerate();
    keys.map(|(index, ordered)| {
        let credentials = registered.get(index).map_or(&[][..], Vec::as_slice);
        let holder = ordered.credentials.first().map(|planned| &planned.user).or_else(|| shipment.user());
        let credentials = credentials.iter().map(|one| credential(one, shipment.revoked_at(&one.method_id))).collect();
        key(ordered, holder, made.get(index), credentials)
    })
    .collect()
}

fn key(
    ordered: &Key,
    holder: Option<&UserRef>,
    hardware: Option<&Hardware>,
    credentials: Vec<CredentialBody>,
) -> KeyBody {
    KeyBody {
        product_id: ordered.product.product_id,
        inventory_product_id: ordered.product.inventory_product_id,
        customization_id: ordered.product.customization_id.clone(),
        user_id: holder.map(ToString::to_string),
        serial_number: hardware.map(|hardware| hardware.serial.to_string()),
        firmware_version: hardware.and_then(|hardware| hardware.firmware.clone()),
        credentials,
    }
}

fn credential(credential: &RegisteredCredential, revoked_at: Option<Timestamp>) -> CredentialBody {
    CredentialBody {
        credential_id: credential.credential_id.as_ref().map(CredentialId::to_base64url),
        aaguid: credential.aaguid.map(|model| model.to_string()),
        method_id: credential.method_id.clone(),
        display_name: credential.display_name.clone(),
        registered_at: rfc3339(credential.registered_at),
        revoked_at: revoked_at.map(rfc3339),
    }
}

fn completed_by(by: &CompletedBy) -> String {
    match by {
        CompletedBy::Processing => "processing".to_owned(),
        CompletedBy::Caller { caller, reason } => format!("caller {caller}: {reason}"),
        CompletedBy::Record => "edited by hand".to_owned(),
    }
}

fn cancellation(phase: &Phase) -> Option<CancellationBody> {
    let of_caller = |request: &Cancellation, confirmed_at| CancellationBody {
        by: Actor::Caller(request.by.clone()).to_string(),
        reason: request.reason.clone(),
        requested_at: rfc3339(request.at),
        confirmed_at,
    };
    match phase {
        Phase::Cancelling(cancelling) => Some(of_caller(&cancelling.request, None)),
        Phase::Cancelled(cancelled) => Some(match &cancelled.by {
            CancelledBy::Caller(request) => of_caller(request, Some(rfc3339(cancelled.at))),
            CancelledBy::Processing => CancellationBody {
                by: Actor::Processing.to_string(),
                reason: cancelled.reason.clone(),
                requested_at: rfc3339(cancelled.at),
                confirmed_at: Some(rfc3339(cancelled.at)),
            },
        }),
        _ => None,
    }
}

impl From<&Event> for EventBody {
    fn from(event: &Event) -> Self {
        Self {
            seq: event.seq,
            at: rfc3339(event.at),
            last_at: rfc3339(event.last_at),
            times: event.times,
            event: event.kind,
            by: event.actor.to_string(),
            detail: event.detail.clone(),
            client_request_id: event.correlation.clone(),
        }
    }
}
