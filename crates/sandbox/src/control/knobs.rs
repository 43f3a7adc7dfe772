//! Policy, settings, key rotation, reset.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Refused, merged};
use crate::ground::policy::Policy;
use crate::ground::settings::Settings;
use crate::world::World;

/// The FIDO2 policy.
pub(super) async fn policy(State(world): State<Arc<World>>) -> Json<Policy> {
    Json(world.policy())
}

/// Changes the members that are named.
pub(super) async fn set_policy(
    State(world): State<Arc<World>>,
    Json(change): Json<Map<String, Value>>,
) -> Result<Json<Policy>, Refused> {
    let policy: Policy = merged(&world.policy(), change)?;
    world.set_policy(policy.clone());
    Ok(Json(policy))
}

/// The settings.
pub(super) async fn settings(State(world): State<Arc<World>>) -> Json<Settings> {
    Json(world.settings())
}

/// Changes the members that are named.
pub(super) async fn set_settings(
    State(world): State<Arc<World>>,
    Json(change): Json<Map<String, Value>>,
) -> Result<Json<Settings>, Refused> {
    let settings: Settings = merged(&world.settings(), change)?;
    if !matches!(settings.access_token_version, 1 | 2) {
        return Err(Refused::bad("access_token_version must be 1 or 2"));
    }
    world.set_settings(settings.clone());
    Ok(Json(settings))
}

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

/// A fresh key of one kind.
pub(super) async fn rotate(
    State(world): State<Arc<World>>,
    Json(rotation): Json<Rotation>,
) -> Result<StatusCode, Refused> {
    match rotation.what {
        Rotated::TokenSigning => world.entra.keys.rotate(),
        Rotated::Transport => world.delivery.rotate_transport_keys(),
        Rotated::DeliverySigning => world.delivery.rotate_signing_keys(),
    }
    .map_err(|error| Refused::bad(error.to_string()))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Back to the beginning.
pub(super) async fn reset(State(world): State<Arc<World>>) -> StatusCode {
    world.reset();
    StatusCode::NO_CONTENT
}
