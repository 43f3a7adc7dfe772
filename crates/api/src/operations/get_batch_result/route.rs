//! Route and documentation.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::accept;
use crate::kit::access::{Allowed, may};
use crate::kit::batches::{BatchKey, ResultFormat, result, unknown_batch};
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_batch_result))
}

/// Get result of a batch
///
/// Returns all rows of a batch as CSV, or with `Accept: application/jsonl` as JSON Lines: row, key, user, state, ids,
/// serial number, tracking number and findings. Never an address or a PIN. In CSV, a cell that begins with `=`, `+`,
/// `-`, `@`, a tab or a carriage return has an apostrophe before it, so that no spreadsheet calculates it. If the
/// response ends early, the connection is closed without its proper end.
#[utoipa::path(
    get,
    path = "/v1/batches/{batch_id}/result",
    tag = "batches",
    params(("batch_id" = String, Path, description = "Id of the batch")),
    responses(
        (status = 200, description = "Rows of the batch", content(
            (String = "text/csv"),
            (String = "application/jsonl"),
        )),
        (status = 400, description = "The `Accept` header permits neither format", body = ErrorBody),
        (status = 404, description = "The batch does not exist", body = ErrorBody),
        CommonErrors,
    )
)]
async fn get_batch_result(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::GetBatchResult>,
    BatchKey(id): BatchKey,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let offered = [("text/csv", ResultFormat::Csv), ("application/jsonl", ResultFormat::JsonLines)];
    let format = accept::preferred(&headers, &offered)?;
    if !state.engine.batches.exists(id).await? {
        return Err(unknown_batch(&id.to_string()));
    }
    tracing::info!(caller = %principal.caller(), batch = %id, "caller read the result of a batch");
    result(&state.engine, id, format).await
}
