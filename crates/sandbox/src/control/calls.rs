//! Journal of calls.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::ground::journal::Journal;

/// Returns all calls, oldest first.
pub(super) async fn list(State(journal): State<Arc<Journal>>) -> Json<Value> {
    Json(json!(journal.all()))
}

/// Clears the journal.
pub(super) async fn forget(State(journal): State<Arc<Journal>>) -> StatusCode {
    journal.clear();
    StatusCode::NO_CONTENT
}
