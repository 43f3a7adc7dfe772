//! Route and documentation.

use axum::http::{HeaderName, HeaderValue, header};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::access::{Allowed, may};
use crate::kit::problem::CommonErrors;
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_batch_template))
}

const HEADERS: [(HeaderName, HeaderValue); 2] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present")),
    (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"keyferry-orders.csv\"")),
];

/// Get template of an order file
///
/// Returns a CSV file with a header and an example row, which `POST /v1/batches` accepts without a mapping.
#[utoipa::path(
    get,
    path = "/v1/batches/template.csv",
    tag = "batches",
    responses(
        (status = 200, description = "The file", body = String, content_type = "text/csv"),
        CommonErrors,
    )
)]
async fn get_batch_template(_: Allowed<may::GetBatchTemplate>) -> ([(HeaderName, HeaderValue); 2], Vec<u8>) {
    (HEADERS, keyferry_sheet::template())
}
