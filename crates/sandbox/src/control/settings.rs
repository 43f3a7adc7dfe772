//! Settings of the sandbox.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value};

use super::merged::merged;
use super::refused::Refused;
use crate::ground::settings::Settings;
use crate::ground::shared::Shared;

/// Returns all settings.
pub(super) async fn read(State(settings): State<Arc<Shared<Settings>>>) -> Json<Settings> {
    Json(settings.get())
}

/// Changes the given settings.
pub(super) async fn change(
    State(settings): State<Arc<Shared<Settings>>>,
    Json(change): Json<Map<String, Value>>,
) -> Result<Json<Settings>, Refused> {
    let changed: Settings = merged(&settings.get(), change)?;
    if !matches!(changed.access_token_version, 1 | 2) {
        return Err(Refused::bad("access_token_version must be 1 or 2"));
    }
    settings.set(changed.clone());
    Ok(Json(changed))
}
