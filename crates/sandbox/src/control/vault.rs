//! The vault as its administrator sees it in the portal.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::Refused;
use crate::vault::{Attributes, Shelves};
use crate::world::World;

/// Names, without values.
pub(super) async fn list(State(world): State<Arc<World>>) -> Json<Value> {
    Json(Shelves::overview(&world.vault.shelves()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fresh {
    value: String,
    #[serde(flatten)]
    attributes: Attributes,
}

/// A new version.
pub(super) async fn set(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Json(fresh): Json<Fresh>,
) -> Result<StatusCode, Refused> {
    let now = world.clock.tokens();
    world.vault.shelves().put(&name, fresh.value, fresh.attributes, now).map_err(Refused::bad)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `enabled`, `exp`, `nbf` of the latest version.
pub(super) async fn change(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Json(change): Json<Attributes>,
) -> Result<StatusCode, Refused> {
    let now = world.clock.tokens();
    if world.vault.shelves().change(&name, None, &change, now) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refused::unknown(format!("the vault has no secret {name}")))
    }
}
