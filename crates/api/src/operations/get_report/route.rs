//! Route and documentation.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use keyferry_domain::ports::{ShipmentFilter, TimeRange};
use keyferry_engine::ReportBy;
use keyferry_listing::{TIME, parse_time};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::response::ReportBody;
use crate::kit::access::{Allowed, may};
use crate::kit::parameters::Parameters;
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::schemas;
use crate::state::ApiState;

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_report))
}

/// Get report
///
/// Returns figures about the shipments that were ordered in a period: how many reached which step, how many need an
/// operator and why, and how many days each leg took. Reads each record of the period. A caller with only the role
/// `Keyferry.Order` gets figures about what it ordered itself.
#[utoipa::path(
    get,
    path = "/v1/report",
    tag = "shipments",
    params(
        ("from" = Option<String>, Query, format = DateTime,
            description = "Ordered at or after this time or date (begin in UTC)",
            example = "2026-11-01T00:00:00Z"),
        ("to" = Option<String>, Query, format = DateTime, description = "Ordered before this time or date",
            example = "2026-12-01T00:00:00Z"),
        ("by" = Option<Vec<schemas::ReportGroup>>, Query, style = Form, explode = false, min_items = 1,
            description = "`batch`, `product`, `country`, or several with commas. Default: one group",
            example = json!(["batch", "product"])),
    ),
    responses(
        (status = 200, description = "Figures about the period", body = ReportBody),
        (status = 400, description = "A parameter is invalid. `field` names it.", body = ErrorBody),
        CommonErrors,
    )
)]
async fn get_report(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::GetReport>,
    uri: Uri,
) -> Result<Json<ReportBody>, Problem> {
    let parameters = Parameters::of_query(&uri, &["from", "to", "by"])?;
    let at = |name| parameters.parsed(name, TIME, parse_time);
    let named = parameters.all("by", "one of: batch, product, country", |name| match name {
        "batch" => Some(ReportBy { batch: true, ..ReportBy::default() }),
        "product" => Some(ReportBy { product: true, ..ReportBy::default() }),
        "country" => Some(ReportBy { country: true, ..ReportBy::default() }),
        _ => None,
    })?;
    let by = ReportBy {
        batch: named.iter().any(|by| by.batch),
        product: named.iter().any(|by| by.product),
        country: named.iter().any(|by| by.country),
    };
    let filter = ShipmentFilter {
        created: TimeRange { from: at("from")?, before: at("to")? },
        requested_by: (!principal.sees_all()).then(|| principal.caller().clone()),
        ..ShipmentFilter::default()
    };
    Ok(Json(state.engine.views.report(&filter, by).await?.into()))
}
