//! Route and documentation.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::response::ShipmentBody;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::shipment_key::ShipmentKey;
use crate::state::ApiState;

/// The route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_shipment))
}

/// How a shipment fares
#[utoipa::path(
    get,
    path = "/v1/fpr/shipments/{shipment_id}",
    tag = "shipments",
    params(("shipment_id" = String, Path, description = "The delivery service's id or ours")),
    responses(
        (status = 200, description = "Its state, and what stands in its way if anything does", body = ShipmentBody),
        (status = 404, description = "No such shipment is known here", body = ErrorBody),
        CommonErrors,
    )
)]
async fn get_shipment(
    State(state): State<ApiState>,
    ShipmentKey(id): ShipmentKey,
) -> Result<Json<ShipmentBody>, Problem> {
    let view = state.engine.views.shipment(&id).await?.ok_or_else(|| Problem::unknown_shipment(&id))?;
    Ok(Json(view.into()))
}
