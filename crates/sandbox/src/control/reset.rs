//! Reset of the sandbox.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use crate::world::World;

/// Resets all services to their initial state.
pub(super) async fn reset(State(world): State<Arc<World>>) -> StatusCode {
    world.reset();
    StatusCode::NO_CONTENT
}
