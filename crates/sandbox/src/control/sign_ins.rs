//! Sign-ins of users.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::Value;

use super::refused::Refused;
use crate::entra::{SilentSignIn, revoke, sign_in_silently, summary};
use crate::world::World;

/// Returns open device codes and sessions.
pub(super) async fn list(State(world): State<Arc<World>>) -> Json<Value> {
    Json(summary(&world.entra))
}

/// Signs a user in without a page.
pub(super) async fn sign_in(
    State(world): State<Arc<World>>,
    Json(wanted): Json<SilentSignIn>,
) -> Result<Json<Value>, Refused> {
    sign_in_silently(&world.entra, &wanted).map(Json).map_err(Refused::bad)
}

/// Voids all sign-ins of a user.
pub(super) async fn void(State(world): State<Arc<World>>, Path(user): Path<String>) -> Result<StatusCode, Refused> {
    let id = world.ground.directory.lock().user(&user).map(|user| user.id);
    let id = id.ok_or_else(|| Refused::unknown(format!("no user is named {user}")))?;
    revoke(&world.entra, id);
    Ok(StatusCode::NO_CONTENT)
}
