//! What the acts that withdraw keys share: the commit of the act, and the steps that are done at once.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::ports::StoreError;
use keyferry_domain::{Change, PersonMail, PhaseName, Shipment, ShipmentId, Withdrawal, WithdrawalCause};

use super::cancel::ask_for_deletion;
use super::decision::{Undecided, apply};
use crate::context::Context;
use crate::failures::explain;
use crate::withdrawals::{Finished, finish};

/// Number of attempts while another worker has the record.
const ATTEMPTS: u32 = 5;

/// Withdrawn shipment, after the steps that could be done at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// The shipment, with the withdrawal and its steps.
    pub shipment: Shipment,
    /// Whether this call deleted a passkey.
    pub revoked: bool,
    /// Whether this call cancelled the order.
    pub cancelled: bool,
    /// What failed, or what the rest waits for. Runs of processing continue.
    pub left: Option<String>,
    /// Whether an earlier request made the act, and this one continued it.
    pub is_repeated: bool,
}

/// Commits the act, with the mails about it. Changes nothing if `decide` returns none, or if an earlier act is at least
/// as far.
pub(super) async fn mark<E>(
    context: &Context,
    id: ShipmentId,
    decide: impl Fn(&Shipment) -> Result<Option<Withdrawal>, E>,
) -> Result<Change, Undecided<E>> {
    mark_and(context, id, decide, |marked| marked).await
}

/// Like [`mark`]. What `then` adds is part of the same commit.
pub(super) async fn mark_and<E>(
    context: &Context,
    id: ShipmentId,
    decide: impl Fn(&Shipment) -> Result<Option<Withdrawal>, E>,
    then: impl Fn(Change) -> Change,
) -> Result<Change, Undecided<E>> {
    apply(context, &id.to_string(), |change| {
        Ok(match decide(change.shipment())? {
            Some(withdrawal) => {
                let is_told = withdrawal.cause == WithdrawalCause::Lost
                    && context.settings.person_mails.contains(&PersonMail::Lost);
                let marked = change.then(|shipment| shipment.withdraw(withdrawal));
                then(if is_told { marked.then(Shipment::with_mails_about_loss) } else { marked })
            }
            None => change,
        })
    })
    .await
}

/// Does the steps that are left, as far as possible now. If the process dies, or a step fails, runs continue.
pub(super) async fn finish_now(context: &Arc<Context>, id: ShipmentId) -> Result<Finished, StoreError> {
    let mut finished = finish(context, id).await?;
    for _ in 1..ATTEMPTS {
        if !finished.is_busy {
            break;
        }
        context.ports.clock.sleep(Duration::from_secs(1)).await;
        let next = finish(context, id).await?;
        let (revoked, cancelled) = (finished.revoked || next.revoked, finished.cancelled || next.cancelled);
        finished = Finished { revoked, cancelled, ..next };
    }
    if finished.cancelled {
        ask_for_deletion(context, id).await;
    }
    Ok(finished)
}

/// Returns what is left of the act, for the caller. `None` if it is complete.
pub(super) fn left(shipment: &Shipment, finished: &Finished) -> Option<String> {
    if let Some(failure) = &finished.failure {
        return Some(explain(failure));
    }
    if !shipment.is_being_withdrawn() {
        return None;
    }
    Some(match shipment.phase().name() {
        PhaseName::Submitting => {
            "its order is being sent. Keyferry cancels it as soon as the outcome is known".to_owned()
        }
        _ => "it is being processed. The next run continues".to_owned(),
    })
}

/// Returns the result of an act.
pub(super) async fn result(
    context: &Context,
    id: ShipmentId,
    finished: Finished,
    is_repeated: bool,
) -> Result<Option<Withdrawn>, StoreError> {
    let Some(stored) = context.ports.shipments.get(id).await? else { return Ok(None) };
    let shipment = stored.change.into_shipment();
    let left = left(&shipment, &finished);
    let Finished { revoked, cancelled, .. } = finished;
    Ok(Some(Withdrawn { shipment, revoked, cancelled, left, is_repeated }))
}
