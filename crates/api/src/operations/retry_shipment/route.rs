//! Route and documentation.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use keyferry_engine::Outcome;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::reason::ReasonBody;
use crate::kit::shipment_key::ShipmentKey;
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(retry_shipment))
}

/// Retry shipment
///
/// Processes a shipment again, although its obstacle is final or its next attempt is later. The next run processes it.
/// A shipment that was cancelled because the delivery service did not know it returns to its phase before.
#[utoipa::path(
    post,
    path = "/v1/shipments/{shipment_id}/retry",
    tag = "shipments",
    params(("shipment_id" = String, Path, description = "Delivery service's or Keyferry's id of the shipment")),
    request_body = ReasonBody,
    responses(
        (status = 204, description = "The decision was recorded",
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 400, description = "The request is invalid", body = ErrorBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 404, description = "The shipment does not exist", body = ErrorBody),
        (status = 409, description = "The order is not accepted or the key is complete, or a run is processing the \
            shipment", body = ErrorBody),
        CommonErrors,
    )
)]
async fn retry_shipment(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::RetryShipment>,
    ShipmentKey(id): ShipmentKey,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, HeaderMap), Problem> {
    let bytes = body::read(&headers, body).await?;
    let (request, unknown) = body::parse::<ReasonBody>(&bytes, state.unknown_members)?;
    let decided = async {
        let reason = request.into_reason()?;
        Ok(state.engine.operator.resolve(&id, principal.caller().clone(), reason, Outcome::Retry).await?)
    };
    decided.await.map_err(|problem: Problem| unknown.report_on(problem))?;
    Ok((StatusCode::NO_CONTENT, unknown.headers()))
}
