//! Route and documentation.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use keyferry_engine::Outcome;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::request::AdoptShipment;
use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::shipment_key::ShipmentKey;
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(adopt_shipment))
}

/// Adopt order
///
/// Continues an unconfirmed order as a shipment of the delivery service, which an operator found in the delivery
/// service's console. The delivery service must know the shipment, and no other order may have it.
#[utoipa::path(
    post,
    path = "/v1/shipments/{shipment_id}/adopt",
    tag = "shipments",
    params(("shipment_id" = String, Path, description = "Delivery service's or Keyferry's id of the shipment")),
    request_body = AdoptShipment,
    responses(
        (status = 204, description = "The decision was recorded",
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 400, description = "The request is invalid, or the delivery service has no shipment with this id",
            body = ErrorBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 404, description = "The shipment does not exist", body = ErrorBody),
        (status = 409, description = "The order is not unconfirmed, the delivery service's shipment belongs to \
            another order, or a run is processing the shipment", body = ErrorBody),
        (status = 502, description = "The delivery service could not be queried", body = ErrorBody),
        CommonErrors,
    )
)]
async fn adopt_shipment(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::AdoptShipment>,
    ShipmentKey(id): ShipmentKey,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, HeaderMap), Problem> {
    let bytes = body::read(&headers, body).await?;
    let (request, unknown) = body::parse::<AdoptShipment>(&bytes, state.unknown_members)?;
    let decided = async {
        let (reason, delivery_id) = request.into_parts()?;
        let outcome = Outcome::Adopted(delivery_id);
        Ok(state.engine.operator.resolve(&id, principal.caller().clone(), reason, outcome).await?)
    };
    decided.await.map_err(|problem: Problem| unknown.report_on(problem))?;
    Ok((StatusCode::NO_CONTENT, unknown.headers()))
}
