//! Application of an operator's decision to the current record.

use std::time::Duration;

use keyferry_domain::Change;
use keyferry_domain::ports::{StoreError, Stored};

use crate::context::Context;

/// Reason why a decision was not recorded.
pub(crate) enum Undecided<E> {
    /// The shipment does not exist.
    NotFound,
    /// The record was claimed or changed by others during all attempts.
    Busy,
    /// The decision is not possible.
    Refused(E),
    /// The store failed.
    Store(StoreError),
}

/// Commits the change that `decide` makes of the current record, if it makes one.
///
/// The commit fails if the record changed since it was read, so that a decision and a run exclude each other.
pub(crate) async fn apply<E>(
    context: &Context,
    id: &str,
    decide: impl Fn(Change) -> Result<Change, E>,
) -> Result<Change, Undecided<E>> {
    for _ in 0..5 {
        let found = context.look_up(id).await.map_err(Undecided::Store)?;
        let Stored { change, version, claim } = found.ok_or(Undecided::NotFound)?;
        if claim.is_some_and(|claim| claim.is_valid(context.now(), context.settings.claim)) {
            // The holder of the claim may be registering the key, which must be recorded first.
            context.ports.clock.sleep(Duration::from_secs(1)).await;
            continue;
        }
        // Dropping an uncommitted completion by hand is safe: such a shipment is `Complete`, which every decision
        // rejects.
        let change = decide(change).map_err(Undecided::Refused)?;
        if !change.is_changed() {
            return Ok(change);
        }
        match context.ports.shipments.commit(&change, &version).await {
            Ok(_) => return Ok(change),
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(Undecided::Store(error)),
        }
    }
    Err(Undecided::Busy)
}
