//! Route and documentation.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::request::ResolveShipment;
use crate::kit::auth::Caller;
use crate::kit::body;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::shipment_key::ShipmentKey;
use crate::state::ApiState;

/// The route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(resolve_shipment))
}

/// Decide about a shipment
///
/// What only a person can say: that it is settled, that it is to be tried again, or which order an unconfirmed one is.
/// The reason and the caller stay in its history.
#[utoipa::path(
    post,
    path = "/v1/fpr/shipments/{shipment_id}/resolve",
    tag = "shipments",
    params(("shipment_id" = String, Path, description = "The delivery service's id or ours")),
    request_body = ResolveShipment,
    responses(
        (status = 204, description = "The decision is recorded"),
        (status = 400, description = "The request is not right, or the delivery service does not know the id",
            body = ErrorBody),
        (status = 404, description = "No such shipment is known here", body = ErrorBody),
        (status = 409, description = "The decision makes no sense where the shipment stands", body = ErrorBody),
        (status = 502, description = "The delivery service could not be asked", body = ErrorBody),
        CommonErrors,
    )
)]
async fn resolve_shipment(
    State(state): State<ApiState>,
    Caller(caller): Caller,
    ShipmentKey(id): ShipmentKey,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let bytes = body::read(&headers, body).await?;
    let (reason, outcome) = body::parse::<ResolveShipment>(&bytes)?.into_parts()?;
    state.engine.operator.resolve(&id, caller, reason, outcome).await?;
    Ok(StatusCode::NO_CONTENT)
}
