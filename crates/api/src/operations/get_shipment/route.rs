//! Route and documentation.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::response::ShipmentBody;
use crate::kit::access::{Allowed, may};
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::shipment_key::ShipmentKey;
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_shipment))
}

/// Get shipment status
///
/// Returns whether the shipment is ongoing or complete, and its obstacle, if any.
#[utoipa::path(
    get,
    path = "/v1/fpr/shipments/{shipment_id}",
    tag = "shipments",
    params(("shipment_id" = String, Path, description = "Delivery service's or Keyferry's id of the shipment")),
    responses(
        (status = 200, description = "Status of the shipment", body = ShipmentBody),
        (status = 404, description = "The shipment does not exist", body = ErrorBody),
        CommonErrors,
    )
)]
async fn get_shipment(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::GetShipment>,
    ShipmentKey(id): ShipmentKey,
) -> Result<Json<ShipmentBody>, Problem> {
    let view = state.engine.views.shipment(&id).await?;
    let view = view.filter(|view| principal.sees(&view.requested_by)).ok_or_else(|| Problem::unknown_shipment(&id))?;
    Ok(Json(view.into()))
}
