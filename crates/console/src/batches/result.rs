//! `GET /console/batches/{id}/result.csv` and `GET /console/batches/template.csv`: the responses of the API.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use keyferry_access::may;

use super::find::find;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Visitor};

/// Returns all rows of a batch.
pub(crate) async fn result(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::GetBatchResult>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let view = find(&state, &visitor, &id).await?;
    Ok(passed(&state, &visitor, &format!("/v1/batches/{}/result", view.batch.id)).await)
}

/// Returns a file with all columns and an example row.
pub(crate) async fn template(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::GetBatchTemplate>,
) -> Response {
    passed(&state, &visitor, "/v1/batches/template.csv").await
}

async fn passed(state: &ConsoleState, visitor: &Visitor, path: &str) -> Response {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = path.parse().unwrap_or_default();
    visitor.send(state, request).await
}
