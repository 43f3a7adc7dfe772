//! Route and documentation.

use axum::Json;
use axum::extract::State;
use keyferry_domain::time_text;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::response::Countries;
use crate::kit::access::{Allowed, may};
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list_countries))
}

/// List countries
///
/// Returns the countries to which the organization can order. Keyferry reads them from the delivery service and keeps
/// them for five minutes.
#[utoipa::path(
    get,
    path = "/v1/countries",
    tag = "orders",
    responses(
        (status = 200, description = "Where keys can be ordered to", body = Countries),
        (status = 502, description = "The delivery service failed", body = ErrorBody),
        CommonErrors,
    )
)]
async fn list_countries(
    State(state): State<ApiState>,
    _: Allowed<may::ListCountries>,
) -> Result<Json<Countries>, Problem> {
    let countries = state.engine.preflight.countries().await.map_err(|failure| Problem::upstream(&failure))?;
    Ok(Json(Countries {
        items: countries.items.map(|items| items.iter().map(Into::into).collect()),
        next_cursor: (),
        read_at: time_text(countries.read_at),
    }))
}
