//! Faults of the services.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::refused::Refused;
use crate::ground::faults::{Faults, Kind, Rule};

/// Adds a fault.
pub(super) async fn add(State(faults): State<Arc<Faults>>, Json(rule): Json<Rule>) -> Result<Response, Refused> {
    if rule.probability.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
        return Err(Refused::bad("probability must be from 0.0 to 1.0"));
    }
    if rule.status.is_some_and(|status| !(200..=599).contains(&status)) {
        return Err(Refused::bad("status must be from 200 to 599"));
    }
    if rule.kind == Kind::Delay && rule.delay_ms.is_none() {
        return Err(Refused::bad("delay_ms is required for a delay"));
    }
    let id = faults.add(rule);
    Ok((StatusCode::CREATED, Json(json!({"id": id}))).into_response())
}

/// Returns all faults, and how often each was applied.
pub(super) async fn list(State(faults): State<Arc<Faults>>) -> Json<Value> {
    Json(faults.read(|all| json!(all)))
}

/// Removes all faults.
pub(super) async fn clear(State(faults): State<Arc<Faults>>) -> StatusCode {
    faults.remove(None);
    StatusCode::NO_CONTENT
}

/// Removes a fault.
pub(super) async fn remove(State(faults): State<Arc<Faults>>, Path(id): Path<u64>) -> Result<StatusCode, Refused> {
    if faults.remove(Some(id)) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refused::unknown(format!("no fault has the id {id}")))
    }
}
