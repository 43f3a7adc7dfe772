//! The journal of calls.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::ground::journal::Journal;

/// What was called, oldest first.
pub(super) async fn list(State(journal): State<Arc<Journal>>) -> Json<Value> {
    Json(json!(journal.all()))
}

/// Forgets what was called.
pub(super) async fn forget(State(journal): State<Arc<Journal>>) -> StatusCode {
    journal.clear();
    StatusCode::NO_CONTENT
}
