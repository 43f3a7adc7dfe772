//! Faults and the journal of calls.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Refused;
use crate::ground::faults::{Kind, Rule};
use crate::world::World;

/// Orders a fault.
pub(super) async fn add(State(world): State<Arc<World>>, Json(rule): Json<Rule>) -> Result<Response, Refused> {
    if rule.probability.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
        return Err(Refused::bad("probability must be from 0.0 to 1.0"));
    }
    if rule.status.is_some_and(|status| !(200..=599).contains(&status)) {
        return Err(Refused::bad("status must be from 200 to 599"));
    }
    if rule.kind == Kind::Delay && rule.delay_ms.is_none() {
        return Err(Refused::bad("a delay needs delay_ms"));
    }
    let id = world.faults.add(rule);
    Ok((StatusCode::CREATED, Json(json!({"id": id}))).into_response())
}

/// The faults that stand, with how often they struck.
pub(super) async fn list(State(world): State<Arc<World>>) -> Json<Value> {
    Json(world.faults.read(|all| json!(all)))
}

/// Removes all.
pub(super) async fn clear(State(world): State<Arc<World>>) -> StatusCode {
    world.faults.remove(None);
    StatusCode::NO_CONTENT
}

/// Removes one.
pub(super) async fn remove(State(world): State<Arc<World>>, Path(id): Path<u64>) -> Result<StatusCode, Refused> {
    if world.faults.remove(Some(id)) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refused::unknown(format!("there is no fault {id}")))
    }
}

/// What was called, oldest first.
pub(super) async fn calls(State(world): State<Arc<World>>) -> Json<Value> {
    Json(json!(world.journal.all()))
}

/// Forgets what was called.
pub(super) async fn forget_calls(State(world): State<Arc<World>>) -> StatusCode {
    world.journal.clear();
    StatusCode::NO_CONTENT
}
