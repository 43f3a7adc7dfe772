//! Offboarding of a person: everything that came from Keyferry ends.
//!
//! The act is committed on each of the person's shipments before its steps begin there. Whatever interrupts the steps,
//! runs finish them. A repetition continues the act, and a repetition of a complete one changes nothing.

use std::sync::Arc;

use keyferry_domain::ports::{StoreError, Summary};
use keyferry_domain::{
    Caller, FailureClass, Phase, PhaseName, Shipment, ShipmentId, UserRef, Withdrawal, WithdrawalCause, WithdrawalStep,
};

use super::decision::Undecided;
use super::task::in_own_task;
use super::withdraw::{finish_now, left, mark};
use crate::context::Context;
use crate::failures::explain;
use crate::people::identity_of;
use crate::views::Views;

/// Result of the offboarding of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offboarded {
    /// One entry for each shipment of the person, newest first.
    pub shipments: Vec<OffboardedShipment>,
    /// Why orders under the person's other names were not looked for, and what to do.
    pub failed: Option<String>,
}

impl Offboarded {
    /// Returns whether nothing is left. Otherwise runs continue; only a shipment without the act needs a repetition.
    pub fn is_complete(&self) -> bool {
        self.failed.is_none() && self.shipments.iter().all(|shipment| shipment.failed.is_none())
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
    /// What failed or is left, and what to do.
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
    in_own_task(context, async move { offboard_once(&task_context, &user, &by, &reason).await }).await
}

async fn offboard_once(
    context: &Arc<Context>,
    user: &UserRef,
    by: &Caller,
    reason: &str,
) -> Result<Offboarded, StoreError> {
    let (mut all, mut acts) = (Vec::new(), Vec::new());
    let (mut others, mut failed) = (None, None);
    loop {
        let before = all.len();
        let mut found = Views::new(context.clone()).person(user, None).await?;
        for name in others.iter().flatten() {
            let more = Views::new(context.clone()).person(name, None).await?;
            found.items.extend(more.items.into_iter().filter(|summary| is_of(summary, user)));
            found.broken.extend(more.broken);
        }
        for summary in found.items {
            if all.iter().any(|known: &OffboardedShipment| known.shipment == summary.id) {
                continue;
            }
            let mut entry = entry(summary.id);
            match Box::pin(mark_one(context, summary.id, by, reason)).await {
                Ok(shipment) => acts.push((shipment.lacks(WithdrawalStep::RemovePasskey), summary.id)),
                Err(Undecided::NotFound) => {}
                Err(Undecided::Busy) => {
                    entry.failed = Some(format!("shipment {} is being processed. Repeat the request", summary.id));
                }
                Err(Undecided::Refused(never)) => match never {},
                Err(Undecided::Store(StoreError::Broken { reason, .. })) => {
                    entry.failed = Some(unreadable(&reason));
                }
                Err(Undecided::Store(error)) => return Err(error),
            }
            all.push(entry);
        }
        for (id, reason) in &found.broken {
            if let Some(shipment) = ShipmentId::parse(id).filter(|id| all.iter().all(|known| known.shipment != *id)) {
                all.push(OffboardedShipment { failed: Some(unreadable(reason)), ..entry(shipment) });
            }
        }
        if others.is_none() {
            let (known, why) = other_names(context, user).await;
            (others, failed) = (Some(known), why);
            continue;
        }
        // The replacement of a lost key can have been queued in the meantime.
        if all.len() == before {
            break;
        }
    }
    // Passkeys first: they give access.
    acts.sort_by_key(|(gives_access, _)| !gives_access);
    for (_, id) in acts {
        let Some(entry) = all.iter_mut().find(|entry| entry.shipment == id) else { continue };
        let finished = match Box::pin(finish_now(context, id)).await {
            Ok(finished) => finished,
            Err(StoreError::Broken { reason, .. }) => {
                entry.failed = Some(unreadable(&reason));
                continue;
            }
            Err(error) => return Err(error),
        };
        (entry.revoked, entry.cancelled) = (finished.revoked, finished.cancelled);
        if let Some(stored) = context.ports.shipments.get(id).await? {
            entry.failed = left(stored.shipment(), &finished);
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
    let offboarded = Offboarded { shipments: all, failed };
    tracing::info!(
        caller = %by,
        shipments = offboarded.shipments.len(),
        complete = offboarded.is_complete(),
        "operator offboarded a person"
    );
    Ok(offboarded)
}

/// Returns the user's other name: the object id of a user name, or the user name of an object id. An order that was not
/// sent yet is known by the name that its caller used. Also returns why the identity provider did not return it.
async fn other_names(context: &Context, user: &UserRef) -> (Vec<UserRef>, Option<String>) {
    let provider = context.ports.providers.get(context.ports.providers.default_id());
    let Some(identity) = provider.and_then(|provider| identity_of(&provider.registration)) else {
        return (Vec::new(), None);
    };
    match identity.account(user).await {
        Ok(Some(account)) => {
            let names = [Some(UserRef::ObjectId(account.id)), UserRef::parse(&account.user_name)];
            (names.into_iter().flatten().filter(|name| name != user).collect(), None)
        }
        // It may not be read, or the user was deleted.
        Ok(None) => (Vec::new(), None),
        Err(failure) if matches!(failure.class(), FailureClass::NotFound | FailureClass::Forbidden) => {
            (Vec::new(), None)
        }
        Err(failure) => {
            let why = explain(&failure);
            (Vec::new(), Some(format!("the person's other names were not looked up: {why} Repeat the request")))
        }
    }
}

/// Returns whether an order that was found under another name is the user's: a name can have been another user's.
fn is_of(summary: &Summary, user: &UserRef) -> bool {
    match user {
        UserRef::ObjectId(id) => summary.object_id.is_none_or(|known| known == *id),
        UserRef::Upn(_) => true,
    }
}

/// Commits the act on a shipment, if it has anything to do there.
async fn mark_one(
    context: &Context,
    id: ShipmentId,
    by: &Caller,
    reason: &str,
) -> Result<Shipment, Undecided<std::convert::Infallible>> {
    let at = context.now();
    let marked = mark(context, id, |shipment| {
        let (by, reason) = (by.clone(), reason.to_owned());
        let left = Withdrawal { cause: WithdrawalCause::Left, by, reason, at, replacement: None };
        // Of a lost key, the replacement may not be ordered yet, and must not be. Nor is a mail about it sent.
        let has_work = shipment.would_change_by(&left)
            || shipment.lacks(WithdrawalStep::QueueReplacement)
            || shipment.due_mail().is_some();
        Ok(Some(left).filter(|_| has_work))
    });
    Ok(marked.await?.into_shipment())
}

fn unreadable(reason: &str) -> String {
    format!("the record cannot be read: {reason}. Correct it, then repeat the request")
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
