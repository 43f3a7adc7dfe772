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
    OpenApiRouter::new().routes(routes!(abandon_shipment))
}

/// Abandon unconfirmed order
///
/// Ends an unconfirmed order of which an operator knows that it was never placed: the delivery service has no order for
/// it. Its phase is `cancelled` then, and a new order for the person is possible, with another Idempotency-Key. If the
/// acceptance of the order arrives late all the same, Keyferry deletes the order at the delivery service and watches
/// it.
#[utoipa::path(
    post,
    path = "/v1/shipments/{shipment_id}/abandon",
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
        (status = 409, description = "The order is not unconfirmed, or a run is processing the shipment",
            body = ErrorBody),
        CommonErrors,
    )
)]
async fn abandon_shipment(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::AbandonShipment>,
    ShipmentKey(id): ShipmentKey,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, HeaderMap), Problem> {
    let bytes = body::read(&headers, body).await?;
    let (request, unknown) = body::parse::<ReasonBody>(&bytes, state.unknown_members)?;
    let decided = async {
        let reason = request.into_reason()?;
        Ok(state.engine.operator.resolve(&id, principal.caller().clone(), reason, Outcome::Abandoned).await?)
    };
    decided.await.map_err(|problem: Problem| unknown.report_on(problem))?;
    Ok((StatusCode::NO_CONTENT, unknown.headers()))
}
