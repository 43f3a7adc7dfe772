//! Route and documentation.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::access::{Allowed, may};
use crate::kit::batches::{BatchBody, BatchKey};
use crate::kit::body;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::reason::ReasonBody;
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(cancel_batch))
}

/// Cancel batch
///
/// Cancels what has not left: rows that are no orders yet, and orders that wait in the queue. Returns at once; the
/// batch is `cancelling` until this is done. Orders that the delivery service has continue: cancel them one by one, or
/// with `POST /v1/shipments/actions`.
#[utoipa::path(
    post,
    path = "/v1/batches/{batch_id}/cancel",
    tag = "batches",
    params(("batch_id" = String, Path, description = "Id of the batch")),
    request_body = ReasonBody,
    responses(
        (status = 200, description = "The cancellation has started", body = BatchBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 400, description = "The request is invalid", body = ErrorBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 404, description = "The batch does not exist", body = ErrorBody),
        (status = 409, description = "The batch is finished or cancelled", body = ErrorBody),
        CommonErrors,
    )
)]
async fn cancel_batch(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::CancelBatch>,
    BatchKey(id): BatchKey,
    headers: HeaderMap,
    body: Body,
) -> Result<(HeaderMap, Json<BatchBody>), Problem> {
    let bytes = body::read(&headers, body).await?;
    let (request, unknown) = body::parse::<ReasonBody>(&bytes, state.unknown_members)?;
    let done = async {
        let reason = request.into_reason()?;
        Ok(BatchBody::from(state.engine.batches.cancel(id, principal.caller(), &reason).await?))
    };
    let batch = done.await.map_err(|problem: Problem| unknown.report_on(problem))?;
    Ok((unknown.headers(), Json(batch)))
}
