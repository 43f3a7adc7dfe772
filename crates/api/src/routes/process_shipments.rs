//! `POST /v1/operations/process-shipments`, and the guide's GET.

use axum::extract::State;
use axum::http::{HeaderValue, Method, StatusCode, header};

use super::answers::Doorkeeper;
use crate::ApiState;
use crate::problem::Problem;

/// Process shipments now
///
/// Joins a run that is under way or starts one, and waits for it up to 20 seconds. The run goes on either way.
#[utoipa::path(
    post,
    path = "/v1/operations/process-shipments",
    tag = "operations",
    responses((status = 204, description = "The run is over or goes on"), Doorkeeper)
)]
pub(crate) async fn post_process_shipments(State(state): State<ApiState>) -> StatusCode {
    state.engine.process_on_demand().await;
    StatusCode::NO_CONTENT
}

/// Process shipments now (the guide's form)
///
/// The same as POST, which is to be preferred: a GET should change nothing.
#[utoipa::path(
    get,
    path = "/v1/operations/process-shipments",
    tag = "operations",
    responses((status = 204, description = "The run is over or goes on"), Doorkeeper)
)]
pub(crate) async fn get_process_shipments(method: Method, state: State<ApiState>) -> Result<StatusCode, Problem> {
    not_by_head(&method)?;
    Ok(post_process_shipments(state).await)
}

/// HEAD comes along with GET, and monitors send it: it must not set anything going.
pub(super) fn not_by_head(method: &Method) -> Result<(), Problem> {
    if *method != Method::HEAD {
        return Ok(());
    }
    let message = "the method HEAD is not for this path; see the Allow header";
    Err(Problem::api(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
        .with_header(header::ALLOW, HeaderValue::from_static("GET,POST")))
}
