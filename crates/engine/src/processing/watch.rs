//! Phase `Cancelling`: have the order deleted, and watch until the delivery service no longer has it.

use keyferry_domain::ports::{Deletion, DeliveryStatus, Progress};
use keyferry_domain::{Cancelling, Change, DeliveryId, Failure, FailureClass, In, Note, Phased};

use super::step::Step;
use crate::context::Context;
use crate::delivery;
use crate::failures::findings;

pub(super) async fn watch(context: &Context, it: In<Cancelling>) -> Step {
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
    if it.phase().shipped.is_none() {
        tracing::error!(shipment = %it.id(), seen,
            remedy = "Recall the parcel and do not hand out the key. It is not registered.",
            "key of cancelled shipment was made or shipped");
    }
    let change = it.ships_all_the_same(Note::new(context.now(), seen));
    Step::Held(change, findings::shipped_despite_cancellation())
}
