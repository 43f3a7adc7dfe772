//! Offboarding of a person: everything that came from Keyferry ends.
//!
//! No step is stored: each reads the records and does what is left. So the act can be repeated after a crash at any
//! step, and a repetition of a complete one changes nothing.

use std::sync::Arc;

use keyferry_domain::ports::StoreError;
use keyferry_domain::{Caller, Phase, PhaseName, Shipment, ShipmentId, UserRef};
use tracing::Instrument as _;

use super::cancel::{CancelError, Cancellable, cancel};
use super::revoke::{RevokeError, revoke_once};
use crate::context::Context;
use crate::people::records;
use crate::views::Views;

/// Result of the offboarding of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offboarded {
    /// One entry for each shipment of the person, newest first.
    pub shipments: Vec<OffboardedShipment>,
}

impl Offboarded {
    /// Returns whether nothing failed. Otherwise the act must be repeated.
    pub fn is_complete(&self) -> bool {
        self.shipments.iter().all(|shipment| shipment.failed.is_none())
    }
}

/// What was done about a shipment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffboardedShipment {
    /// The shipment.
    pub shipment: ShipmentId,
    /// Phase after the act. `None` if the record cannot be read.
    pub phase: Option<PhaseName>,
    /// Whether a passkey was revoked by this call.
    pub revoked: bool,
    /// Whether the order was cancelled by this call.
    pub cancelled: bool,
    /// What failed, and what to do.
    pub failed: Option<String>,
    /// What an operator must do by hand.
    pub by_hand: Option<&'static str>,
}

/// Runs in its own task, which continues if the caller disconnects.
pub(super) async fn offboard(
    context: &Arc<Context>,
    user: &UserRef,
    by: Caller,
    reason: &str,
) -> Result<Offboarded, StoreError> {
    let (task_context, user, reason) = (context.clone(), user.clone(), reason.to_owned());
    let work = async move { offboard_once(&task_context, &user, &by, &reason).await }.in_current_span();
    match context.tasks.spawn(work).await {
        Ok(result) => result,
        // Continue a panic in the caller's task, so that it is reported like any panic of a request.
        Err(error) => match error.try_into_panic() {
            Ok(defect) => std::panic::resume_unwind(defect),
            Err(error) => Err(StoreError::Unavailable(error.to_string())),
        },
    }
}

async fn offboard_once(
    context: &Arc<Context>,
    user: &UserRef,
    by: &Caller,
    reason: &str,
) -> Result<Offboarded, StoreError> {
    let found = Views::new(context.clone()).person(user, None).await?;
    let mut all: Vec<_> = found.items.iter().map(|summary| entry(summary.id)).collect();
    for (id, reason) in &found.broken {
        let failed = format!("the record cannot be read: {reason}. Correct it, then repeat the request");
        if let Some(shipment) = ShipmentId::parse(id) {
            all.push(OffboardedShipment { failed: Some(failed), ..entry(shipment) });
        }
    }
    // Passkeys first: they give access.
    for record in records(context, user).await?.into_iter().filter(|record| record.revoked_at.is_none()) {
        let revoked = revoke_once(context, &record.user, &record.credential.method_id, by.clone(), reason).await;
        let Some(entry) = all.iter_mut().find(|entry| entry.shipment == record.shipment) else { continue };
        match revoked {
            Ok(_) => entry.revoked = true,
            // The passkeys of a deleted user are deleted with the user.
            Err(RevokeError::NoSuchUser(_)) => {}
            Err(RevokeError::Store(error)) => return Err(error),
            Err(error) => entry.failed = Some(error.to_string()),
        }
    }
    for (entry, summary) in all.iter_mut().zip(&found.items) {
        let is_open = matches!(
            summary.phase,
            PhaseName::Queued
                | PhaseName::Submitting
                | PhaseName::Unconfirmed
                | PhaseName::Accepted
                | PhaseName::Fulfilled
        );
        if !is_open {
            continue;
        }
        match cancel(context, &summary.id.to_string(), by.clone(), reason, Cancellable::Any).await {
            Ok(()) => entry.cancelled = true,
            // It was registered meanwhile: the next request revokes the passkey.
            Err(CancelError::WrongPhase { phase: PhaseName::Registered | PhaseName::Complete, .. }) => {
                entry.failed = Some("its key was registered meanwhile. Repeat the request".to_owned());
            }
            Err(CancelError::NotFound(_)) => {}
            Err(CancelError::Store(error)) => return Err(error),
            Err(error) => entry.failed = Some(format!("{error}. Repeat the request")),
        }
    }
    for entry in &mut all {
        match context.ports.shipments.get(entry.shipment).await {
            Ok(Some(stored)) => {
                entry.phase = Some(stored.shipment().phase().name());
                entry.by_hand = by_hand(stored.shipment());
            }
            Ok(None) | Err(StoreError::Broken { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let offboarded = Offboarded { shipments: all };
    tracing::info!(
        caller = %by,
        shipments = offboarded.shipments.len(),
        complete = offboarded.is_complete(),
        "operator offboarded a person"
    );
    Ok(offboarded)
}

fn entry(shipment: ShipmentId) -> OffboardedShipment {
    OffboardedShipment { shipment, phase: None, revoked: false, cancelled: false, failed: None, by_hand: None }
}

fn by_hand(shipment: &Shipment) -> Option<&'static str> {
    match shipment.phase() {
        Phase::Cancelling(cancelling) if cancelling.key_exists() => Some(
            "Recall the parcel. When the key is back or destroyed, resolve the shipment with the outcome recalled.",
        ),
        Phase::Cancelling(cancelling) if cancelling.deleted.is_none() => Some(
            "The delivery service has not confirmed the deletion of the order. Runs ask again. Look at the shipment \
             tomorrow.",
        ),
        Phase::Cancelled(cancelled) if matches!(*cancelled.before, Phase::Unconfirmed(_)) => Some(
            "It is not known whether the order was placed. Look for it in the delivery service's console, and delete \
             it there.",
        ),
        phase if phase.registered().is_some() => Some("Take the key back from the person, or have it destroyed."),
        _ => None,
    }
}
