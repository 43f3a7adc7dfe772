//! Routes and documentation.

use axum::extract::State;
use axum::http::{Method, StatusCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::method::reject_head;
use crate::kit::problem::{CommonErrors, Problem};
use crate::state::ApiState;

/// The routes, with their documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_process_shipments, post_process_shipments))
}

/// Process shipments now
///
/// Joins a run that is under way or starts one, and waits for it up to 20 seconds. The run goes on either way.
#[utoipa::path(
    post,
    path = "/v1/operations/process-shipments",
    tag = "operations",
    responses((status = 204, description = "The run is over or goes on"), CommonErrors)
)]
async fn post_process_shipments(State(state): State<ApiState>) -> StatusCode {
    state.engine.processing.process_on_demand().await;
    StatusCode::NO_CONTENT
}

/// Process shipments now (the guide's form)
///
/// The same as POST, which is to be preferred: a GET should change nothing.
#[utoipa::path(
    get,
    path = "/v1/operations/process-shipments",
    tag = "operations",
    responses((status = 204, description = "The run is over or goes on"), CommonErrors)
)]
async fn get_process_shipments(method: Method, state: State<ApiState>) -> Result<StatusCode, Problem> {
    reject_head(&method)?;
    Ok(post_process_shipments(state).await)
}
