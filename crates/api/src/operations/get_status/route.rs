//! Route and documentation.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::response::StatusReport;
use crate::kit::access::{Allowed, may};
use crate::kit::problem::CommonErrors;
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_status))
}

/// Get effective settings
///
/// Returns the settings in effect, without secrets. Settings that do not apply are empty strings. Use this operation to
/// verify that the API works and that the caller is authorized.
#[utoipa::path(
    get,
    path = "/v1/status",
    tag = "status",
    responses(
        (status = 200, description = "Effective settings", body = StatusReport),
        CommonErrors,
    )
)]
async fn get_status(State(state): State<ApiState>, _: Allowed<may::GetStatus>) -> Json<StatusReport> {
    Json(StatusReport { keyferry_credentials_ending_soon: (state.expiring_app_credentials)(), ..state.status })
}
