//! Phase `Cancelling`: have the order deleted, and watch until the delivery service no longer has it.

use keyferry_domain::ports::{Deletion, DeliveryStatus, Progress};
use keyferry_domain::{Cancelling, Change, DeliveryId, Failure, FailureClass, In, Note, Phased};

use super::step::Step;
use crate::context::Context;
use crate::delivery;
use crate::failures::findings;
use crate::withdrawals::remove_unrecorded;

pub(super) async fn watch(context: &Context, it: In<Cancelling>) -> Step {
    if let Some(fulfilled) = it.phase().maybe_registered() {
        let removed = remove_unrecorded(context, &it, fulfilled).await;
        return settle_passkey(context, it, removed);
    }
    if it.phase().key_exists() {
        return raise_alarm(context, it, "the key was made before the cancellation");
    }
    // A shipment that is being cancelled was accepted, so it has an id.
    let Some(id) = it.phase().before.delivery_id().cloned() else { return Step::End };
    match delivery::status(context, &id).await {
        Ok(status) if is_made(&status) => {
            let line = status.state_line.clone();
            raise_alarm(context, it, &line)
        }
        Ok(_) if it.phase().deleted.is_some() => Step::Stay(Change::none(it)),
        Ok(status) => delete(context, it, &id, &status).await,
        Err(failure) if is_gone(context, &it, &failure) => Step::On(confirm(context, it, &failure), None),
        Err(failure) => Step::Held(Change::none(it), failure),
    }
}

/// Records whether a passkey was registered that no record names. It could be used although the shipment is cancelled.
fn settle_passkey(context: &Context, it: In<Cancelling>, removed: Result<Vec<String>, Failure>) -> Step {
    let now = context.now();
    let removed = match removed {
        // Without the responses, there is nothing to look for any more.
        Err(failure) if delivery::counts_as_cancelled(&it, &failure, now) => Ok(Vec::new()),
        removed => removed,
    };
    let made = "the key was made before the cancellation";
    match removed {
        Ok(methods) => {
            let methods = methods.join(", ");
            if !methods.is_empty() {
                tracing::warn!(shipment = %it.id(), methods, "deleted passkey that an interrupted run had registered");
            }
            let detail = format!("an interrupted run had registered passkey {methods}; deleted");
            let note = (!methods.is_empty()).then(|| Note::new(now, detail));
            let alarmed = it.not_registered(now, note).then(|shipment| match shipment.phased() {
                Phased::Cancelling(it) => alarm(context, it, made),
                other => Change::none(other),
            });
            Step::Held(alarmed, findings::shipped_despite_cancellation())
        }
        Err(failure) => Step::Held(alarm(context, it, made), failure),
    }
}

fn is_made(status: &DeliveryStatus) -> bool {
    status.progress == Progress::Ready || !status.items.is_empty()
}

/// Returns whether the shipment is gone. After a deletion, one 404 response is enough; otherwise the address or the
/// token may be wrong.
fn is_gone(context: &Context, it: &In<Cancelling>, failure: &Failure) -> bool {
    let deleted = it.phase().deleted.is_some() && failure.class() == FailureClass::UnknownShipment;
    deleted || delivery::counts_as_cancelled(it, failure, context.now())
}

fn confirm(context: &Context, it: In<Cancelling>, failure: &Failure) -> Change {
    let note = Note::new(context.now(), failure.message.clone()).with_correlation(failure.correlation.clone());
    it.confirm(note)
}

/// Deletes the order and checks at once whether it is gone.
async fn delete(context: &Context, it: In<Cancelling>, id: &DeliveryId, status: &DeliveryStatus) -> Step {
    match context.ports.delivery_service.cancel(id).await {
        Err(failure) => Step::Held(Change::none(it), failure),
        Ok(Deletion::NotPossible { reason }) => Step::Held(Change::none(it), findings::cannot_delete(status, &reason)),
        Ok(Deletion::Accepted) => {
            let change = it.deletion_accepted(Note::new(context.now(), "the delivery service accepted the deletion"));
            match delivery::status(context, id).await {
                Err(failure) if failure.class() == FailureClass::UnknownShipment => {
                    let confirmed = |change: Change| {
                        change.then(|shipment| match shipment.phased() {
                            Phased::Cancelling(it) => confirm(context, it, &failure),
                            other => Change::none(other),
                        })
                    };
                    Step::On(confirmed(change), None)
                }
                // The next run checks again.
                _ => Step::Stay(change),
            }
        }
    }
}

/// Raises the alarm once. Afterwards only an operator ends the watch.
fn raise_alarm(context: &Context, it: In<Cancelling>, seen: &str) -> Step {
    Step::Held(alarm(context, it, seen), findings::shipped_despite_cancellation())
}

fn alarm(context: &Context, it: In<Cancelling>, seen: &str) -> Change {
    if it.phase().shipped.is_none() {
        tracing::error!(shipment = %it.id(), seen,
            remedy = "Recall the parcel and do not hand out the key.",
            "key of cancelled shipment was made or shipped");
    }
    it.ships_all_the_same(Note::new(context.now(), seen))
}
