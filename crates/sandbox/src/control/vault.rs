//! The vault, as its administrator uses it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::refused::Refused;
use crate::vault::{Attributes, Vault};

/// Returns the names of all secrets, without values.
pub(super) async fn list(State(vault): State<Arc<Vault>>) -> Json<Value> {
    Json(vault.secrets().overview())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fresh {
    value: String,
    #[serde(flatten)]
    attributes: Attributes,
}

/// Stores a new version of a secret.
pub(super) async fn set(
    State(vault): State<Arc<Vault>>,
    Path(name): Path<String>,
    Json(fresh): Json<Fresh>,
) -> Result<StatusCode, Refused> {
    vault.put(&name, fresh.value, fresh.attributes).map_err(Refused::bad)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes `enabled`, `exp` or `nbf` of the latest version.
pub(super) async fn change(
    State(vault): State<Arc<Vault>>,
    Path(name): Path<String>,
    Json(change): Json<Attributes>,
) -> Result<StatusCode, Refused> {
    if vault.change(&name, &change) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refused::unknown(format!("the vault has no secret {name}")))
    }
}
