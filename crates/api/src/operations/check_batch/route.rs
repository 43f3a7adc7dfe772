//! Route and documentation.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use keyferry_access::Role;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::access::{Allowed, may};
use crate::kit::batches::{BatchBody, BatchKey};
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(check_batch))
}

/// Check batch
///
/// Starts the check of all rows, and returns at once. Nothing is ordered. `GET /v1/batches/{batch_id}` shows the
/// progress; the batch is `checked` at the end. The identity provider permits about one user every two seconds for the
/// count of passkeys. A checked batch can be checked again.
#[utoipa::path(
    post,
    path = "/v1/batches/{batch_id}/check",
    tag = "batches",
    params(("batch_id" = String, Path, description = "Id of the batch")),
    responses(
        (status = 202, description = "The check has started", body = BatchBody),
        (status = 404, description = "The batch does not exist", body = ErrorBody),
        (status = 409, description = "The batch is neither a draft nor checked", body = ErrorBody),
        CommonErrors,
    )
)]
async fn check_batch(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::CheckBatch>,
    BatchKey(id): BatchKey,
) -> Result<(StatusCode, Json<BatchBody>), Problem> {
    let may_be_privileged = principal.has(Role::Admin);
    let batch = state.engine.batches.check(id, principal.caller(), may_be_privileged).await?;
    Ok((StatusCode::ACCEPTED, Json(batch.into())))
}
