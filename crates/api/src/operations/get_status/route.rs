//! Route and documentation.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::response::StatusReport;
use crate::kit::problem::CommonErrors;
use crate::state::ApiState;

/// The route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_status))
}

/// How the connector is set
///
/// That it answers shows that the API works and the caller may call. What does not apply is an empty text.
#[utoipa::path(
    get,
    path = "/v1/status",
    tag = "status",
    responses(
        (status = 200, description = "The effective settings, without secrets", body = StatusReport),
        CommonErrors,
    )
)]
async fn get_status(State(state): State<ApiState>) -> Json<StatusReport> {
    Json(StatusReport { keyferry_credentials_ending_soon: (state.ending_soon)(), ..state.status })
}
