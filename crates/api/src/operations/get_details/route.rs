//! Route and documentation.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::response::DetailsBody;
use crate::kit::access::{Allowed, may};
use crate::kit::limited_log::LimitedLog;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::shipment_key::ShipmentKey;
use crate::state::ApiState;

/// Log of the reads: details contain personal data.
static READS: LimitedLog = LimitedLog::new();

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_details))
}

/// Get shipment details
///
/// Returns phase, obstacle, ordered keys, registration deadline, tracking and history of a shipment.
#[utoipa::path(
    get,
    path = "/v1/shipments/{shipment_id}",
    tag = "shipments",
    params(("shipment_id" = String, Path, description = "Delivery service's or Keyferry's id of the shipment")),
    responses(
        (status = 200, description = "Details of the shipment, without secrets", body = DetailsBody),
        (status = 404, description = "The shipment does not exist", body = ErrorBody),
        CommonErrors,
    )
)]
async fn get_details(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::GetDetails>,
    ShipmentKey(id): ShipmentKey,
) -> Result<Json<DetailsBody>, Problem> {
    let details = state.engine.views.details(&id).await?;
    let visible = details.filter(|details| principal.sees(details.shipment.requested_by()));
    let visible = visible.ok_or_else(|| Problem::unknown_shipment(&id))?;
    let line = || {
        tracing::info!(shipment = %visible.shipment.id(), caller = %principal.caller(), "caller read shipment details");
    };
    READS.log(line, |omitted, seconds| {
        tracing::info!(omitted, seconds, "callers read more shipment details than are logged one by one");
    });
    Ok(Json(visible.into()))
}
