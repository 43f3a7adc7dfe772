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
    if !changed.parcel_seconds.is_finite() || changed.parcel_seconds < 0.0 {
        return Err(Refused::bad("parcel_seconds must be 0 or more"));
    }
    if [changed.graph_rate, changed.delivery_rate]
        .into_iter()
        .flatten()
        .any(|rate| rate.requests == 0 || rate.seconds == 0)
    {
        return Err(Refused::bad("a rate has at least 1 request in at least 1 second; null removes it"));
    }
    settings.set(changed.clone());
    Ok(Json(changed))
}
