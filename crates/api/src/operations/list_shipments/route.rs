//! Route and documentation.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use keyferry_listing::{CONDITIONS, decode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::export::export;
use super::format::{Format, accepted};
use super::response::ShipmentsBody;
use crate::kit::access::{Allowed, may};
use crate::kit::limited_log::LimitedLog;
use crate::kit::parameters::{Parameters, invalid};
use crate::kit::problem::{CommonErrors, ErrorBody, Problem};
use crate::kit::schemas;
use crate::kit::shipments::{FilterParameters, filter, sort};
use crate::state::ApiState;

/// Number of shipments in a page.
const DEFAULT_LIMIT: u32 = 100;
const LARGEST_LIMIT: u32 = 500;

/// Log of the reads: summaries contain personal data.
static READS: LimitedLog = LimitedLog::new();

/// Returns the route, with its documentation.
pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list_shipments))
}

/// List shipments
///
/// Returns a page of shipments that match all given conditions. A page begins where the previous one ended: shipments
/// that are added or change meanwhile neither repeat nor hide others in the order `id`. In the orders `updated` and
/// `next_attempt`, a shipment that changes moves to another place. A caller with only the role `Keyferry.Order` sees
/// what it ordered itself.
///
/// With `Accept: text/csv` or `application/jsonl`, the response contains everything that matches, without `cursor` and
/// `limit`. In CSV, a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return has an apostrophe before it,
/// so that no spreadsheet calculates it. If the response ends early, the connection is closed without its proper end.
#[utoipa::path(
    get,
    path = "/v1/shipments",
    tag = "shipments",
    params(
        FilterParameters,
        ("sort" = Option<schemas::ShipmentOrder>, Query, description = "Order. Default: `id`", example = "newest"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page. All other parameters \
            must be the same."),
        ("limit" = Option<u32>, Query, description = "Largest number of shipments in the page. Default: 100",
            minimum = 1, maximum = 500, example = 100),
    ),
    responses(
        (status = 200, description = "Shipments that match", content(
            (ShipmentsBody = "application/json"),
            (String = "text/csv"),
            (String = "application/jsonl"),
        )),
        (status = 400, description = "A parameter is invalid. `field` names it.", body = ErrorBody,
            example = json!({"error_code": "api_error",
                "error_message": "`sort`: expected one of: id, newest, updated, deadline, next_attempt, but got \
                    \"oldest\"",
                "error_data": {"error_type": "validation", "field": "sort"}})),
        CommonErrors,
    )
)]
async fn list_shipments(
    State(state): State<ApiState>,
    Allowed(principal, ..): Allowed<may::ListShipments>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let known: Vec<_> = CONDITIONS.into_iter().chain(["sort", "cursor", "limit"]).collect();
    let parameters = Parameters::of_query(&uri, &known)?;
    let (filter, sort) = (filter(&parameters, &principal)?, sort(&parameters)?);
    let format = accepted(&headers)?;
    if format != Format::Json
        && let Some(name) = ["cursor", "limit"].into_iter().find(|name| parameters.get(name).is_some())
    {
        let message = format!("`{name}`: allowed only with `Accept: application/json`. An export has no pages");
        return Err(Problem::field(name, message));
    }
    let limit = parameters.parsed("limit", &format!("a whole number from 1 to {LARGEST_LIMIT}"), |text| {
        text.parse().ok().filter(|limit| (1..=LARGEST_LIMIT).contains(limit))
    })?;
    let cursor = parameters.get("cursor").map(|text| {
        let expected = "the `next_cursor` of a response to the same filter and sort";
        decode(text, &filter, sort).ok_or_else(|| invalid("cursor", expected, text))
    });
    let cursor = cursor.transpose()?;
    let line = || tracing::info!(caller = %principal.caller(), format = format.media_type(), "caller listed shipments");
    READS.log(line, |omitted, seconds| {
        tracing::info!(omitted, seconds, "callers listed shipments more often than is logged one by one");
    });
    if format != Format::Json {
        return export(&state.engine, filter, sort, format).await;
    }
    let page = state.engine.views.list(&filter, sort, cursor.as_ref(), limit.unwrap_or(DEFAULT_LIMIT)).await?;
    Ok(Json(ShipmentsBody::new(page, &filter, sort)).into_response())
}
