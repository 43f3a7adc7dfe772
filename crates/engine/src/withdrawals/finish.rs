//! The steps of one withdrawal.

use keyferry_domain::ports::{StoreError, Stored};
use keyferry_domain::{
    Change, Failure, Note, Phase, Phased, Shipment, ShipmentId, Timestamp, Withdrawal, WithdrawalCause, WithdrawalStep,
};

use super::passkeys::remove;
use super::unrecorded::{maybe_registered, remove_unrecorded};
use crate::claim::{Claimed, Then};
use crate::context::Context;
use crate::failures::{Meaning, Scope, meaning};
use crate::orders::queue::queue_planned;
use crate::person::remove_pass;
use crate::processing::obstacle;

/// What was done of a withdrawal.
#[derive(Debug, Default)]
pub(crate) struct Finished {
    /// Whether a passkey was deleted.
    pub(crate) revoked: bool,
    /// Whether the order was cancelled.
    pub(crate) cancelled: bool,
    /// First failure. The steps that do not depend on it are done.
    pub(crate) failure: Option<Failure>,
    /// Whether another worker has the record.
    pub(crate) is_busy: bool,
    /// Time of the next attempt after a failure of this shipment.
    pub(crate) next_attempt: Option<Timestamp>,
}

impl Finished {
    fn failed(&mut self, failure: Failure) {
        self.failure.get_or_insert(failure);
    }
}

/// Does the steps that are left. Claims the record, so that no other worker does the same or registers the key.
///
/// Whatever fails, the next call continues: each step is committed before the next one begins, and each can run twice.
pub(crate) async fn finish(context: &Context, id: ShipmentId) -> Result<Finished, StoreError> {
    let busy = || Finished { is_busy: true, ..Finished::default() };
    let Some(Stored { change, version, claim }) = context.ports.shipments.get(id).await? else {
        return Ok(Finished::default());
    };
    if !change.shipment().is_being_withdrawn() {
        return Ok(Finished::default());
    }
    if claim.is_some_and(|claim| claim.is_valid(context.now(), context.settings.claim)) {
        return Ok(busy());
    }
    let claimed = match context.claim(id, &version, context.new_id()).await {
        Ok(claimed) => claimed,
        Err(StoreError::Conflict(_)) => return Ok(busy()),
        Err(error) => return Err(error),
    };
    let mut finished = Finished::default();
    // On the heap: with the calls of the steps, it is large.
    let work = Box::pin(async {
        let steps = Steps { context, claimed: &claimed };
        steps.all(change, &mut finished).await
    });
    match claimed.during(work).await {
        Ok(()) => Ok(finished),
        Err(StoreError::Conflict(_)) => Ok(Finished { is_busy: true, ..finished }),
        Err(error) => Err(error),
    }
}

/// Claimed record of a shipment that is being withdrawn.
struct Steps<'a> {
    context: &'a Context,
    claimed: &'a Claimed<'a>,
}

impl Steps<'_> {
    async fn all(&self, change: Change, done: &mut Finished) -> Result<(), StoreError> {
        let mut shipment = match change.is_changed() {
            true => self.claimed.commit(change).await?,
            false => change.into_shipment(),
        };
        let Some(withdrawal) = shipment.withdrawal().cloned() else { return Ok(()) };
        if shipment.lacks(WithdrawalStep::RemovePasskey) {
            shipment = self.remove_passkeys(shipment, &withdrawal, done).await?;
        }
        if shipment.lacks(WithdrawalStep::RemoveAccessPass) {
            shipment = match remove_pass(self.context, &shipment, &withdrawal).await {
                Ok(note) => self.claimed.commit(shipment.access_pass_removed(withdrawal.by.clone(), note)).await?,
                Err(failure) => {
                    done.failed(failure);
                    shipment
                }
            };
        }
        if shipment.lacks(WithdrawalStep::CancelOrder) {
            shipment = self.cancel_order(shipment, &withdrawal, done).await?;
        }
        if let Some(replacement) = withdrawal.replacement
            && shipment.lacks(WithdrawalStep::QueueReplacement)
        {
            let new = replacement.shipment;
            shipment = match queue_planned(self.context, new).await? {
                Ok(()) => {
                    let note = Note::new(self.context.now(), format!("replaced by {new}: {}", withdrawal.reason));
                    self.claimed.commit(shipment.replaced(new, withdrawal.by.clone(), note)).await?
                }
                Err(failure) => {
                    done.failed(failure);
                    shipment
                }
            };
        }
        self.settle(shipment, done).await
    }

    /// Deletes the passkeys. Each is recorded before the next one: a passkey must not be shown as revoked that can
    /// still be used, and the other way round a deletion can be repeated.
    async fn remove_passkeys(
        &self,
        mut shipment: Shipment,
        withdrawal: &Withdrawal,
        done: &mut Finished,
    ) -> Result<Shipment, StoreError> {
        let methods: Vec<_> = shipment.phase().registered().into_iter().flat_map(|it| &it.credentials).collect();
        let methods: Vec<_> = methods.into_iter().flatten().map(|one| one.method_id.clone()).collect();
        for method in methods {
            if shipment.revoked_at(&method).is_some() {
                continue;
            }
            match remove(self.context, &shipment, withdrawal, &method).await {
                Ok((existed, note)) => {
                    let by = withdrawal.by.clone();
                    shipment = self.claimed.commit(shipment.revoked(&method, by, note)).await?;
                    done.revoked = true;
                    tracing::info!(shipment = %shipment.id(), existed, "deleted passkey of withdrawn key");
                }
                Err(failure) => done.failed(failure),
            }
        }
        Ok(shipment)
    }

    async fn cancel_order(
        &self,
        shipment: Shipment,
        withdrawal: &Withdrawal,
        done: &mut Finished,
    ) -> Result<Shipment, StoreError> {
        let (context, id) = (self.context, shipment.id());
        if context.is_creating(id) {
            // Its acceptance may still have to be recorded.
            return Ok(shipment);
        }
        let removed = match maybe_registered(shipment.phase()) {
            None => Ok(Vec::new()),
            Some(fulfilled) => remove_unrecorded(context, &shipment, fulfilled).await,
        };
        let removed = match removed {
            Ok(removed) => removed,
            Err(failure) => {
                // Nothing is registered meanwhile.
                done.failed(failure);
                return Ok(shipment);
            }
        };
        done.revoked |= !removed.is_empty();
        let was_queued = matches!(shipment.phase(), Phase::Queued(_));
        let detail = match removed.is_empty() {
            true => withdrawal.reason.clone(),
            false => {
                format!("{} (an interrupted run had registered {}; deleted)", withdrawal.reason, removed.join(", "))
            }
        };
        let (by, note) = (withdrawal.by.clone(), Note::new(context.now(), detail));
        let is_back = withdrawal.cause == WithdrawalCause::Returned;
        let change = match shipment.phased() {
            Phased::Queued(it) => it.request_cancel(by, note),
            Phased::Unconfirmed(it) => it.request_cancel(by, note),
            Phased::Accepted(it) => it.request_cancel(by, note),
            Phased::Fulfilled(it) => {
                let cancelled = it.request_cancel(by.clone(), note.clone());
                cancelled.then(|shipment| match shipment.phased() {
                    // The key is here, so there is no parcel to watch.
                    Phased::Cancelling(it) if is_back => it.recall(by, note),
                    Phased::Cancelling(it) => it.not_registered(note.at, None),
                    other => Change::none(other),
                })
            }
            Phased::Cancelling(it) if is_back => it.recall(by, note),
            other => Change::none(other),
        };
        if !change.is_changed() {
            // Its order is being sent.
            return Ok(change.into_shipment());
        }
        let shipment = self.claimed.commit(change).await?;
        done.cancelled = true;
        tracing::info!(shipment = %id, "cancelled order of withdrawn key");
        if was_queued {
            context.drop_queued_order(id).await;
        }
        Ok(shipment)
    }

    /// Records the failure, or the end of the act: then nothing can open the responses any more.
    async fn settle(&self, shipment: Shipment, done: &mut Finished) -> Result<(), StoreError> {
        let (context, id) = (self.context, shipment.id());
        let ends = matches!(shipment.phase(), Phase::Complete(_) | Phase::Cancelled(_))
            && !shipment.lacks(WithdrawalStep::RemovePasskey);
        if let Some(failure) = &done.failure {
            let Meaning { class, scope } = meaning(failure.class());
            if scope == Scope::Shipment {
                let obstacle = obstacle(context, &shipment, failure, class);
                done.next_attempt = obstacle.next_attempt;
                self.claimed.commit_then(shipment.meet(obstacle), Then::Release).await?;
            }
        } else if !shipment.is_being_withdrawn() {
            let change = shipment.clear_obstacle(context.now());
            if change.is_changed() {
                self.claimed.commit_then(change, Then::Release).await?;
            }
        }
        if ends {
            context.drop_secret(id).await;
        }
        Ok(())
    }
}
