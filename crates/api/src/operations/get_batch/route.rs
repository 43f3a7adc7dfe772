//! Route and documentation.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::access::{Allowed, may};
use crate::kit::batches::{BatchBody, BatchKey, unknown_batch};
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_batch))
}

/// Get batch
///
/// Returns the state of a batch, the number of its rows and orders, pace and time left, and what was done with it.
#[utoipa::path(
    get,
    path = "/v1/batches/{batch_id}",
    tag = "batches",
    params(("batch_id" = String, Path, description = "Id of the batch")),
    responses(
        (status = 200, description = "The batch", body = BatchBody),
        (status = 404, description = "The batch does not exist", body = ErrorBody),
        CommonErrors,
    )
)]
async fn get_batch(
    State(state): State<ApiState>,
    _: Allowed<may::GetBatch>,
    BatchKey(id): BatchKey,
) -> Result<Json<BatchBody>, Problem> {
    let batch = state.engine.batches.get(id).await?;
    Ok(Json(batch.ok_or_else(|| unknown_batch(&id.to_string()))?.into()))
}
