//! Route and documentation.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use keyferry_listing::CONDITIONS;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::response::CountsBody;
use crate::kit::access::{Allowed, may};
use crate::kit::parameters::Parameters;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::shipments::{FilterParameters, filter};
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(count_shipments))
}

/// Count shipments
///
/// Returns the number of shipments that match all given conditions, by phase and obstacle. Shipments whose records
/// cannot be read are not counted: `GET /v1/shipments` lists them.
#[utoipa::path(
    get,
    path = "/v1/shipments/counts",
    tag = "shipments",
    params(FilterParameters),
    responses(
        (status = 200, description = "Numbers of shipments", body = CountsBody,
            example = json!({"total": 3, "counts": [
                {"phase": "accepted", "obstacle_class": null, "obstacle_code": null, "shipments": 2},
                {"phase": "registered", "obstacle_class": "attention", "obstacle_code": "no-manager", "shipments": 1},
            ]})),
        (status = 400, description = "A parameter is invalid. `field` names it.", body = ErrorBody),
        CommonErrors,
    )
)]
async fn count_shipments(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::CountShipments>,
    uri: Uri,
) -> Result<Json<CountsBody>, Problem> {
    let filter = filter(&Parameters::of_query(&uri, &CONDITIONS)?, &principal)?;
    Ok(Json(state.engine.views.counts(&filter).await?.into()))
}
