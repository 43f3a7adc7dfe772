//! Route and documentation.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::request::ResolveShipment;
use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::shipment_key::ShipmentKey;
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(resolve_shipment))
}

/// Resolve shipment
///
/// Applies an operator's decision: set a shipment whose key is registered to complete, process the shipment again,
/// assign the delivery service's order to an unconfirmed shipment, or end the watch over a cancelled shipment whose key
/// was taken back. Reason and caller are stored in the shipment's history. A shipment whose key is not registered
/// cannot be set to complete: cancel it.
#[utoipa::path(
    post,
    path = "/v1/shipments/{shipment_id}/resolve",
    tag = "shipments",
    params(("shipment_id" = String, Path, description = "Delivery service's or Keyferry's id of the shipment")),
    request_body = ResolveShipment,
    responses(
        (status = 204, description = "The decision was recorded",
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 400, description = "The request is invalid, or the delivery service has no shipment with this id",
            body = ErrorBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 404, description = "The shipment does not exist", body = ErrorBody),
        (status = 409, description = "The decision is not possible in the shipment's phase, or a run is processing the \
            shipment", body = ErrorBody),
        (status = 502, description = "The delivery service could not be queried", body = ErrorBody),
        CommonErrors,
    )
)]
async fn resolve_shipment(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::ResolveShipment>,
    ShipmentKey(id): ShipmentKey,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, HeaderMap), Problem> {
    let bytes = body::read(&headers, body).await?;
    let (request, unknown) = body::parse::<ResolveShipment>(&bytes, state.unknown_members)?;
    let resolved = async {
        let (reason, outcome) = request.into_parts()?;
        Ok(state.engine.operator.resolve(&id, principal.caller().clone(), reason, outcome).await?)
    };
    resolved.await.map_err(|problem: Problem| unknown.report_on(problem))?;
    Ok((StatusCode::NO_CONTENT, unknown.headers()))
}
