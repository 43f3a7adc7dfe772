//! Journal of calls.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::listed::Paged;
use crate::ground::journal::{Journal, Tally};

/// Returns a page of the calls, oldest first.
pub(super) async fn list(State(journal): State<Arc<Journal>>, page: Paged) -> Response {
    let (total, calls) = journal.page(page.offset, page.limit);
    page.answer(total, &calls)
}

/// Returns the numbers of calls by endpoint and status.
pub(super) async fn summary(State(journal): State<Arc<Journal>>) -> Json<Vec<Tally>> {
    Json(journal.tallies())
}

/// Clears the journal.
pub(super) async fn forget(State(journal): State<Arc<Journal>>) -> StatusCode {
    journal.clear();
    StatusCode::NO_CONTENT
}
