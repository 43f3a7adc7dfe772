//! Route and documentation.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use keyferry_domain::PhaseName;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::request::CancelShipment;
use crate::kit::access::{Allowed, may};
use crate::kit::body;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::shipment_key::ShipmentKey;
use crate::operations::get_details::DetailsBody;
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(cancel_shipment))
}

/// Cancel shipment
///
/// Cancels a shipment whose key is not registered, for example because the recipient left the company. From this call
/// on, Keyferry registers no credential and sends no PIN. It asks the delivery service to delete the order, and watches
/// the shipment until the order is gone. If the key is made or shipped all the same, the shipment gets an obstacle of
/// class `attention`. Repeating the call asks the delivery service again.
#[utoipa::path(
    post,
    path = "/v1/shipments/{shipment_id}/cancel",
    tag = "shipments",
    params(("shipment_id" = String, Path, description = "Delivery service's or Keyferry's id of the shipment")),
    request_body = CancelShipment,
    responses(
        (status = 200, description = "The shipment is cancelled, and the delivery service has no order for it",
            body = DetailsBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 202, description = "The shipment is cancelled. Keyferry watches it until the delivery service \
            confirms", body = DetailsBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 400, description = "The request is invalid", body = ErrorBody,
            headers(("Keyferry-Warning" = Option<String>,
                description = "Members of the request that the API does not know and ignored"))),
        (status = 404, description = "The shipment does not exist", body = ErrorBody),
        (status = 409, description = "The shipment cannot be cancelled in its phase, or a run is processing it",
            body = ErrorBody),
        CommonErrors,
    )
)]
async fn cancel_shipment(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::CancelShipment>,
    ShipmentKey(id): ShipmentKey,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, HeaderMap, Json<DetailsBody>), Problem> {
    let bytes = body::read(&headers, body).await?;
    let (request, unknown) = body::parse::<CancelShipment>(&bytes, state.unknown_members)?;
    let details = async {
        let reason = request.into_reason()?;
        state.engine.operator.cancel(&id, principal.caller().clone(), &reason).await?;
        state.engine.views.details(&id).await?.ok_or_else(|| Problem::unknown_shipment(&id))
    };
    let details = details.await.map_err(|problem| unknown.report_on(problem))?;
    let status = match details.shipment.phase().name() {
        PhaseName::Cancelling => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    };
    Ok((status, unknown.headers(), Json(details.into())))
}
