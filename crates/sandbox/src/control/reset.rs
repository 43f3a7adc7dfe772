//! Reset.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use crate::world::World;

/// Back to the beginning.
pub(super) async fn reset(State(world): State<Arc<World>>) -> StatusCode {
    world.reset();
    StatusCode::NO_CONTENT
}
