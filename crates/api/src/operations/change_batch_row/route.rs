//! Route and documentation.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use keyferry_access::Role;
use keyferry_sheet::{JsonRows, Mapping};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::access::{Allowed, may};
use crate::kit::batches::{BatchRow, RowBody, options, rejected_file, unknown_batch, unknown_row, upload_row};
use crate::kit::body;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(change_batch_row))
}

/// Change row of a batch
///
/// Replaces the whole content of a row before the batch is submitted, for example to correct an error. The row is read
/// like a row of `POST /v1/batches` with JSON, and checked if the batch is checked. The response contains the new
/// findings; a row with errors is stored, too, and is not ordered. The row keeps its key if the request has no
/// `row_key`.
#[utoipa::path(
    put,
    path = "/v1/batches/{batch_id}/rows/{row}",
    tag = "batches",
    params(
        ("batch_id" = String, Path, description = "Id of the batch"),
        ("row" = i64, Path, description = "Number of the row", minimum = 1, maximum = 4294967295_i64, example = 3),
    ),
    request_body = BatchRow,
    responses(
        (status = 200, description = "The row with its new findings", body = RowBody),
        (status = 400, description = "The request is not a JSON object", body = ErrorBody),
        (status = 404, description = "The batch or the row does not exist", body = ErrorBody),
        (status = 409, description = "The batch is neither a draft nor checked, or is being changed", body = ErrorBody,
            example = json!({"error_code": "api_error",
                "error_message": "the batch is submitted, and must be draft or checked.",
                "error_data": {"error_type": "conflict"}})),
        CommonErrors,
    )
)]
async fn change_batch_row(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::ChangeBatchRow>,
    Path((id, number)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<RowBody>, Problem> {
    let short = |text: &str| text.chars().take(60).collect::<String>();
    let batch = keyferry_domain::BatchId::parse(&id).ok_or_else(|| unknown_batch(&short(&id)))?;
    let number = number.parse::<u32>().map_err(|_| unknown_row(&short(&number)))?;
    let bytes = body::read(&headers, body).await?;
    let value = body::strict(&bytes)?;
    if !value.is_object() {
        return Err(Problem::validation("The request body must be a JSON object."));
    }
    let completion = state.engine.orders.completion();
    let mut rows = JsonRows::new(Mapping::default(), options(completion)).map_err(|error| rejected_file(&error))?;
    let row = upload_row(rows.row(number, value), state.unknown_members, completion);
    let may_be_privileged = principal.has(Role::Admin);
    let changed = state.engine.batches.change_row(batch, row, principal.caller(), may_be_privileged).await?;
    Ok(Json(changed.into()))
}
