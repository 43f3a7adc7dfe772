//! Routes and documentation.

use axum::extract::State;
use axum::http::{Method, StatusCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::auth::Caller;
use crate::kit::method::reject_head;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::shipment_key::ShipmentKey;
use crate::state::ApiState;

/// The routes, with their documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_resend_pin, post_resend_pin))
}

/// Send a PIN again
///
/// Fetches the PIN response from the delivery service again, opens it and sends the PIN to its addressee.
#[utoipa::path(
    post,
    path = "/v1/operations/resend-pin/{shipment_id}",
    tag = "operations",
    params(("shipment_id" = String, Path, description = "The delivery service's id or ours")),
    responses(
        (status = 204, description = "The PIN was handed over"),
        (status = 404, description = "No such shipment is known here", body = ErrorBody),
        (status = 409, description = "The key is not registered yet, a run works on it, or nobody can be found to send \
            the PIN to", body = ErrorBody),
        (status = 410, description = "The PIN cannot be had any more: gone at the delivery service, or the key that \
            opens it was purged", body = ErrorBody),
        (status = 502, description = "The PIN could not be fetched, opened or sent", body = ErrorBody),
        CommonErrors,
    )
)]
async fn post_resend_pin(
    State(state): State<ApiState>,
    Caller(caller): Caller,
    ShipmentKey(id): ShipmentKey,
) -> Result<StatusCode, Problem> {
    state.engine.operator.resend_pin(&id, caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send a PIN again (the guide's form)
///
/// The same as POST, which is to be preferred: a GET should change nothing.
#[utoipa::path(
    get,
    path = "/v1/operations/resend-pin/{shipment_id}",
    tag = "operations",
    params(("shipment_id" = String, Path, description = "The delivery service's id or ours")),
    responses(
        (status = 204, description = "The PIN was handed over"),
        (status = 404, description = "No such shipment is known here", body = ErrorBody),
        (status = 409, description = "As with POST", body = ErrorBody),
        (status = 410, description = "As with POST", body = ErrorBody),
        (status = 502, description = "As with POST", body = ErrorBody),
        CommonErrors,
    )
)]
async fn get_resend_pin(
    method: Method,
    state: State<ApiState>,
    caller: Caller,
    id: ShipmentKey,
) -> Result<StatusCode, Problem> {
    reject_head(&method)?;
    post_resend_pin(state, caller, id).await
}
