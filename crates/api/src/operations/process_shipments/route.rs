//! Routes and documentation.

use axum::extract::State;
use axum::http::{Method, StatusCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::access::{Allowed, may};
use crate::kit::method::reject_head;
use crate::kit::problem::{CommonErrors, Problem};
use crate::state::ApiState;

/// Returns the routes, with their documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_process_shipments, post_process_shipments))
}

/// Process shipments
///
/// Starts a run over all open shipments, or joins the current run. Waits up to 20 seconds for the run to finish. A
/// longer run continues after the response.
#[utoipa::path(
    post,
    path = "/v1/operations/process-shipments",
    tag = "operations",
    responses((status = 204, description = "The run has finished or continues"), CommonErrors)
)]
async fn post_process_shipments(State(state): State<ApiState>, _: Allowed<may::ProcessShipments>) -> StatusCode {
    state.engine.processing.process_on_demand().await;
    StatusCode::NO_CONTENT
}

/// Process shipments (GET)
///
/// Same operation as POST, with the method that the guide defines. Prefer POST: GET requests should have no side
/// effects.
#[utoipa::path(
    get,
    path = "/v1/operations/process-shipments",
    tag = "operations",
    responses((status = 204, description = "The run has finished or continues"), CommonErrors)
)]
async fn get_process_shipments(
    method: Method,
    state: State<ApiState>,
    caller: Allowed<may::ProcessShipments>,
) -> Result<StatusCode, Problem> {
    reject_head(&method)?;
    Ok(post_process_shipments(state, caller).await)
}
