//! `GET /v1/status`

use axum::Json;
use axum::extract::State;

use super::answers::Doorkeeper;
use crate::{ApiState, StatusReport};

/// How the connector is set
///
/// That it answers shows that the API works and the caller may call. What does not apply is an empty text.
#[utoipa::path(
    get,
    path = "/v1/status",
    tag = "status",
    responses(
        (status = 200, description = "The effective settings, without secrets", body = StatusReport),
        Doorkeeper,
    )
)]
pub(crate) async fn get_status(State(state): State<ApiState>) -> Json<StatusReport> {
    Json(StatusReport { keyferry_credentials_ending_soon: (state.ending_soon)(), ..state.status })
}
