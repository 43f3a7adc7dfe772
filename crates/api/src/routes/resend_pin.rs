//! `POST /v1/operations/resend-pin/{shipment_id}`, and the guide's GET.

use axum::extract::State;
use axum::http::{Method, StatusCode};

use super::answers::Doorkeeper;
use super::process_shipments::not_by_head;
use crate::ApiState;
use crate::auth::Caller;
use crate::problem::{ErrorBody, Problem};
use crate::request::ShipmentKey;

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
        Doorkeeper,
    )
)]
pub(crate) async fn post_resend_pin(
    State(state): State<ApiState>,
    Caller(caller): Caller,
    ShipmentKey(id): ShipmentKey,
) -> Result<StatusCode, Problem> {
    state.engine.resend_pin(&id, caller).await?;
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
        Doorkeeper,
    )
)]
pub(crate) async fn get_resend_pin(
    method: Method,
    state: State<ApiState>,
    caller: Caller,
    id: ShipmentKey,
) -> Result<StatusCode, Problem> {
    not_by_head(&method)?;
    post_resend_pin(state, caller, id).await
}
