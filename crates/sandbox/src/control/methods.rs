//! Passkeys and sent mail of users, without the permissions that Graph requires.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::refused::Refused;
use crate::graph::{Graph, Method};

/// Returns the passkeys of a user.
pub(super) async fn list(State(graph): State<Arc<Graph>>, Path(user): Path<Uuid>) -> Json<Value> {
    Json(json!(graph.methods.of(user).iter().map(Method::json).collect::<Vec<_>>()))
}

/// Deletes a passkey.
pub(super) async fn remove(
    State(graph): State<Arc<Graph>>,
    Path((user, method)): Path<(Uuid, String)>,
) -> Result<StatusCode, Refused> {
    if graph.methods.remove(user, &method) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refused::unknown(format!("user {user} has no method {method}")))
    }
}

/// Returns the copies of sent mail in the senders' mailboxes.
pub(super) async fn sent_items(State(graph): State<Arc<Graph>>) -> Json<Value> {
    Json(json!(graph.sent_items.all()))
}
