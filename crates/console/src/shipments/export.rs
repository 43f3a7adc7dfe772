//! `GET /console/shipments.csv`: everything that matches, with the columns of the API's export.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::may;

use super::conditions::{Conditions, Listing};
use super::paths::LIST;
use crate::frame::Place;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::Allowed;

/// Returns all matches. If the store fails on the way, the connection is closed before the end of the body, so that a
/// part is not taken for the whole.
pub(crate) async fn export(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::ListShipments>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (conditions, _) = Conditions::read(query.as_deref().unwrap_or_default());
    let frame = visitor.frame(Place::Shipments);
    // The list explains what is wrong with the conditions.
    let Ok(Listing { filter, sort, .. }) = conditions.listing(visitor.principal(), frame.m) else {
        return Ok(Redirect::to(&conditions.address(LIST)).into_response());
    };
    tracing::info!(caller = %visitor.principal().caller(), "operator exported shipments");
    let write = |page, is_first| Ok(keyferry_listing::csv(page, is_first));
    let parts = keyferry_listing::export(&state.engine, filter, sort, write).await;
    let parts = parts.map_err(|error| Problem::of_store(frame, &error))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"shipments.csv\"")),
    ];
    Ok((headers, Body::from_stream(parts)).into_response())
}
