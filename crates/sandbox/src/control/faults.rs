//! Faults.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::refused::Refused;
use crate::ground::faults::{Faults, Kind, Rule};

/// Orders a fault.
pub(super) async fn add(State(faults): State<Arc<Faults>>, Json(rule): Json<Rule>) -> Result<Response, Refused> {
    if rule.probability.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
        return Err(Refused::bad("probability must be from 0.0 to 1.0"));
    }
    if rule.status.is_some_and(|status| !(200..=599).contains(&status)) {
        return Err(Refused::bad("status must be from 200 to 599"));
    }
    if rule.kind == Kind::Delay && rule.delay_ms.is_none() {
        return Err(Refused::bad("a delay needs delay_ms"));
    }
    let id = faults.add(rule);
    Ok((StatusCode::CREATED, Json(json!({"id": id}))).into_response())
}

/// The faults that stand, with how often they struck.
pub(super) async fn list(State(faults): State<Arc<Faults>>) -> Json<Value> {
    Json(faults.read(|all| json!(all)))
}

/// Removes all.
pub(super) async fn clear(State(faults): State<Arc<Faults>>) -> StatusCode {
    faults.remove(None);
    StatusCode::NO_CONTENT
}

/// Removes one.
pub(super) async fn remove(State(faults): State<Arc<Faults>>, Path(id): Path<u64>) -> Result<StatusCode, Refused> {
    if faults.remove(Some(id)) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refused::unknown(format!("there is no fault {id}")))
    }
}
