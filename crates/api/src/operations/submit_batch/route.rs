//! Route and documentation.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use keyferry_access::Role;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::request::SubmitBatch;
use crate::kit::access::{Allowed, may};
use crate::kit::batches::{BatchBody, BatchKey};
use crate::kit::body;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(submit_batch))
}

/// Submit batch
///
/// Orders all rows of a checked batch that have no finding of severity `error`. The caller confirms their number, which
/// `rows.to_send` of the batch shows. The rows become queued orders, few at a time. A batch can be submitted once: a
/// repeated request orders nothing.
#[utoipa::path(
    post,
    path = "/v1/batches/{batch_id}/submit",
    tag = "batches",
    params(("batch_id" = String, Path, description = "Id of the batch")),
    request_body = SubmitBatch,
    responses(
        (status = 202, description = "The rows are ordered one after the other", body = BatchBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 400, description = "The request is invalid", body = ErrorBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 404, description = "The batch does not exist", body = ErrorBody),
        (status = 409, description = "The batch is not checked, or another number of rows would be ordered",
            body = ErrorBody,
            example = json!({"error_code": "api_error",
                "error_message": "the batch would place 197 orders, but 200 were confirmed. Nothing was submitted. \
                    Read the findings, then confirm 197.",
                "error_data": {"error_type": "conflict", "field": "confirm"}})),
        CommonErrors,
    )
)]
async fn submit_batch(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::SubmitBatch>,
    BatchKey(id): BatchKey,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, HeaderMap, Json<BatchBody>), Problem> {
    let bytes = body::read(&headers, body).await?;
    let (request, unknown) = body::parse::<SubmitBatch>(&bytes, state.unknown_members)?;
    let submitted = async {
        let confirmed = request.confirmed()?;
        let may_be_privileged = principal.has(Role::Admin);
        Ok(state.engine.batches.submit(id, principal.caller(), may_be_privileged, confirmed).await?)
    };
    let batch = submitted.await.map_err(|problem: Problem| unknown.report_on(problem))?;
    Ok((StatusCode::ACCEPTED, unknown.headers(), Json(batch.into())))
}
