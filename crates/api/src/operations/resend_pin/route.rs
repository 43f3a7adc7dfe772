//! Routes and documentation.

use axum::extract::State;
use axum::http::{Method, StatusCode};
use keyferry_access::Limited;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::access::{Allowed, may};
use crate::kit::method::reject_head;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::shipment_key::ShipmentKey;
use crate::state::ApiState;

/// Returns the routes, with their documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_resend_pin, post_resend_pin))
}

/// Resend PIN
///
/// Fetches the PIN response from the delivery service again, decrypts it, and sends the PIN to its addressee.
#[utoipa::path(
    post,
    path = "/v1/operations/resend-pin/{shipment_id}",
    tag = "operations",
    params(("shipment_id" = String, Path, description = "Delivery service's or Keyferry's id of the shipment")),
    responses(
        (status = 204, description = "The PIN was sent"),
        (status = 404, description = "The shipment does not exist", body = ErrorBody),
        (status = 409, description = "The key is not registered yet, a run is processing the shipment, or the PIN has \
            no addressee", body = ErrorBody),
        (status = 410, description = "The PIN is no longer available: the delivery service no longer has it, or the \
            key that decrypts it was purged", body = ErrorBody),
        (status = 429, description = "A limit of the caller or of the person is reached. Nothing was sent.",
            body = ErrorBody),
        (status = 502, description = "The PIN could not be fetched, decrypted or sent", body = ErrorBody),
        CommonErrors,
    )
)]
async fn post_resend_pin(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::ResendPin>,
    ShipmentKey(id): ShipmentKey,
) -> Result<StatusCode, Problem> {
    let caller = principal.caller().clone();
    let view = state.engine.views.shipment(&id).await?.ok_or_else(|| Problem::unknown_shipment(&id))?;
    let admission = state.limits.admit(Limited::Resend, &caller.application, &view.user)?;
    if let Err(error) = state.engine.operator.resend_pin(&id, caller).await {
        admission.take_back();
        return Err(error.into());
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Resend PIN (GET)
///
/// Same operation as POST, with the method that the guide defines. Prefer POST: GET requests should have no side
/// effects.
#[utoipa::path(
    get,
    path = "/v1/operations/resend-pin/{shipment_id}",
    tag = "operations",
    params(("shipment_id" = String, Path, description = "Delivery service's or Keyferry's id of the shipment")),
    responses(
        (status = 204, description = "The PIN was sent"),
        (status = 404, description = "The shipment does not exist", body = ErrorBody),
        (status = 409, description = "Same as for POST", body = ErrorBody),
        (status = 410, description = "Same as for POST", body = ErrorBody),
        (status = 429, description = "Same as for POST", body = ErrorBody),
        (status = 502, description = "Same as for POST", body = ErrorBody),
        CommonErrors,
    )
)]
async fn get_resend_pin(
    method: Method,
    state: State<ApiState>,
    caller: Allowed<may::ResendPin>,
    id: ShipmentKey,
) -> Result<StatusCode, Problem> {
    reject_head(&method)?;
    post_resend_pin(state, caller, id).await
}
