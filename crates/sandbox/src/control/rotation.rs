//! Rotation of signing and transport keys.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::refused::Refused;
use crate::world::World;

#[derive(Debug, Deserialize)]
pub(super) struct Rotation {
    what: Rotated,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Rotated {
    TokenSigning,
    Transport,
    DeliverySigning,
}

/// Generates a new key of one kind.
pub(super) async fn rotate(
    State(world): State<Arc<World>>,
    Json(rotation): Json<Rotation>,
) -> Result<StatusCode, Refused> {
    match rotation.what {
        Rotated::TokenSigning => world.entra.keys.rotate(),
        Rotated::Transport => world.delivery.keys.rotate_transport(),
        Rotated::DeliverySigning => world.delivery.keys.rotate_signing(),
    }
    .map_err(|error| Refused::bad(error.to_string()))?;
    Ok(StatusCode::NO_CONTENT)
}
