//! Route and documentation.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use keyferry_domain::SerialNumber;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::reason::ReasonBody;
use crate::kit::shipment_key::ShipmentKey;
use crate::kit::withdrawal::WithdrawnBody;
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(return_key))
}

/// Return key
///
/// Marks a key as returned. Its passkey is deleted at the identity provider, and no PIN is released for it any more.
/// A cancelled shipment whose key was on its way ends. Once the call has returned, Keyferry finishes what failed by
/// itself. Repeat the call as you like.
#[utoipa::path(
    post,
    path = "/v1/keys/{serial}/return",
    tag = "shipments",
    params(("serial" = String, Path, description = "Serial number of the key", example = "20250007")),
    request_body = ReasonBody,
    responses(
        (status = 200, description = "The key counts as returned. `withdrawal` contains the steps, and `left` what \
            failed", body = WithdrawnBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 400, description = "The request is invalid", body = ErrorBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 404, description = "No shipment has a key with this serial number", body = ErrorBody),
        (status = 409, description = "A run is processing the shipment. Nothing was changed.", body = ErrorBody),
        CommonErrors,
    )
)]
async fn return_key(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::ReturnKey>,
    ShipmentKey(serial): ShipmentKey,
    headers: HeaderMap,
    body: Body,
) -> Result<(HeaderMap, Json<WithdrawnBody>), Problem> {
    let bytes = body::read(&headers, body).await?;
    let (request, unknown) = body::parse::<ReasonBody>(&bytes, state.unknown_members)?;
    let returned = async {
        let (reason, by) = (request.into_reason()?, principal.caller().clone());
        Ok(state.engine.operator.return_key(&SerialNumber::new(serial), by, &reason).await?)
    };
    let returned = returned.await.map_err(|problem: Problem| unknown.report_on(problem))?;
    Ok((unknown.headers(), Json(returned.into())))
}
