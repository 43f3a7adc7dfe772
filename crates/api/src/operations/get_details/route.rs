//! Route and documentation.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::response::DetailsBody;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::shipment_key::ShipmentKey;
use crate::state::ApiState;

/// The route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_details))
}

/// Everything about a shipment
///
/// Where it stands, what stands in its way, which key it is, until when it can be registered, and what happened.
#[utoipa::path(
    get,
    path = "/v1/fpr/shipments/{shipment_id}/details",
    tag = "shipments",
    params(("shipment_id" = String, Path, description = "The delivery service's id or ours")),
    responses(
        (status = 200, description = "All that is known and not secret", body = DetailsBody),
        (status = 404, description = "No such shipment is known here", body = ErrorBody),
        CommonErrors,
    )
)]
async fn get_details(
    State(state): State<ApiState>,
    ShipmentKey(id): ShipmentKey,
) -> Result<Json<DetailsBody>, Problem> {
    let details = state.engine.views.details(&id).await?.ok_or_else(|| Problem::unknown_shipment(&id))?;
    Ok(Json(details.into()))
}
