//! Routes and documentation.

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use keyferry_access::{Limited, Principal, Role};
use keyferry_engine::Release;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::request::ResendPin;
use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::method::reject_head;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::shipment_key::ShipmentKey;
use crate::state::ApiState;

/// Returns the routes, with their documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_resend_pin, post_resend_pin)).routes(routes!(resend_shipment_pin))
}

/// Resend PIN
///
/// Fetches the PIN response from the delivery service again, decrypts it, and sends the PIN to the addressee that was
/// fixed when the key was registered. Release rules forbid this if the addressee changed since, if the delivery of the
/// parcel failed, or if the release window is over. The body is optional; its reason is recorded.
#[utoipa::path(
    post,
    path = "/v1/operations/resend-pin/{shipment_id}",
    tag = "operations",
    params(("shipment_id" = String, Path, description = "Delivery service's or Keyferry's id of the shipment")),
    request_body(content = Option<ResendPin>, description = "Optional"),
    responses(
        (status = 204, description = "The PIN was sent",
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 400, description = "The request is invalid", body = ErrorBody),
        (status = 404, description = "The shipment does not exist", body = ErrorBody),
        (status = 409, description = "The key is not registered yet, a run is processing the shipment, the PIN has no \
            addressee, the record was altered, or release rules forbid the resend: `code` is the first one",
            body = ErrorBody),
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
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, HeaderMap), Problem> {
    resend_with_body(&state, &principal, &id, &headers, body).await
}

/// Resend PIN of shipment
///
/// Same operation as `POST /v1/operations/resend-pin/{shipment_id}`, beside the other operations on a shipment.
#[utoipa::path(
    post,
    path = "/v1/shipments/{shipment_id}/resend-pin",
    tag = "shipments",
    params(("shipment_id" = String, Path, description = "Delivery service's or Keyferry's id of the shipment")),
    request_body(content = Option<ResendPin>, description = "Optional"),
    responses(
        (status = 204, description = "The PIN was sent",
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 400, description = "The request is invalid", body = ErrorBody),
        (status = 404, description = "The shipment does not exist", body = ErrorBody),
        (status = 409, description = "As for `POST /v1/operations/resend-pin/{shipment_id}`", body = ErrorBody),
        (status = 410, description = "As for `POST /v1/operations/resend-pin/{shipment_id}`", body = ErrorBody),
        (status = 429, description = "As for `POST /v1/operations/resend-pin/{shipment_id}`", body = ErrorBody),
        (status = 502, description = "As for `POST /v1/operations/resend-pin/{shipment_id}`", body = ErrorBody),
        CommonErrors,
    )
)]
async fn resend_shipment_pin(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::ResendPin>,
    ShipmentKey(id): ShipmentKey,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, HeaderMap), Problem> {
    resend_with_body(&state, &principal, &id, &headers, body).await
}

async fn resend_with_body(
    state: &ApiState,
    principal: &Principal,
    id: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<(StatusCode, HeaderMap), Problem> {
    // Callers that send no body send no media type, either.
    let bytes = if body.is_end_stream() { Bytes::new() } else { body::read(headers, body).await? };
    let bytes = if matches!(bytes.trim_ascii(), b"" | b"null") { Bytes::from_static(b"{}") } else { bytes };
    let (request, unknown) = body::parse::<ResendPin>(&bytes, state.unknown_members)?;
    let resent = async {
        let release = Release { reason: request.into_reason()?, may_override: principal.has(Role::Pin) };
        resend(state, principal, id, release).await
    };
    resent.await.map_err(|problem| unknown.report_on(problem))?;
    Ok((StatusCode::NO_CONTENT, unknown.headers()))
}

/// Sends the PIN of a shipment again, within the limits of the caller and the person.
pub(crate) async fn resend(state: &ApiState, principal: &Principal, id: &str, release: Release) -> Result<(), Problem> {
    let caller = principal.caller().clone();
    let view = state.engine.views.shipment(id).await?.ok_or_else(|| Problem::unknown_shipment(id))?;
    let limited = match release.is_override() {
        true => Limited::Release,
        false => Limited::Resend,
    };
    let admission = match state.limits.admit(limited, &caller.application, &view.user) {
        Ok(admission) => admission,
        Err(reached) => {
            state.engine.operator.limit_reached(id, caller, &reached.to_string()).await;
            return Err(reached.into());
        }
    };
    if let Err(error) = state.engine.operator.resend_pin(id, caller, release).await {
        if !error.may_be_sent() {
            admission.take_back();
        }
        return Err(error.into());
    }
    Ok(())
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
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::ResendPin>,
    ShipmentKey(id): ShipmentKey,
) -> Result<StatusCode, Problem> {
    reject_head(&method)?;
    let release = Release { reason: None, may_override: principal.has(Role::Pin) };
    resend(&state, &principal, &id, release).await?;
    Ok(StatusCode::NO_CONTENT)
}
