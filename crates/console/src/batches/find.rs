//! Look-up of the batch of a page.

use keyferry_domain::BatchId;
use keyferry_engine::BatchView;

use crate::frame::Place;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::Visitor;

/// Returns the batch with this id.
pub(super) async fn find(state: &ConsoleState, visitor: &Visitor, id: &str) -> Result<BatchView, Problem> {
    let frame = || visitor.frame(Place::Batches);
    let id = BatchId::parse(id).ok_or_else(|| Problem::not_found(frame()))?;
    let found = state.engine.batches.get(id).await.map_err(|error| Problem::of_store(frame(), &error))?;
    found.ok_or_else(|| Problem::not_found(frame()))
}
