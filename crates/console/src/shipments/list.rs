//! `GET /console/shipments`.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::may;

use super::conditions::Conditions;
use super::cursor;
use super::form::Form;
use super::row::Row;
use crate::field::Field;
use crate::frame::{Frame, Place, page};
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::Allowed;

/// Number of shipments in a page.
const PAGE: u32 = 50;

const PATH: &str = "/console/shipments";

#[derive(Template)]
#[template(path = "shipments.html")]
struct ShipmentsPage {
    frame: Frame,
    form: Form,
    rows: Vec<Row>,
    shown: String,
    unreadable: Vec<(String, String)>,
    first: Option<String>,
    next: Option<String>,
    export: String,
    has_conditions: bool,
}

/// Shows a page of the shipments that match the conditions in the address.
pub(crate) async fn list(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::ListShipments>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (conditions, is_long) = Conditions::read(query.as_deref().unwrap_or_default());
    let frame = visitor.frame(Place::Shipments);
    let m = frame.m;
    let listing = match conditions.listing(visitor.principal(), m) {
        Ok(listing) => listing,
        Err(mistakes) => {
            let empty = ShipmentsPage {
                form: Form::new(&conditions, m, mistakes),
                rows: Vec::new(),
                shown: String::new(),
                unreadable: Vec::new(),
                first: None,
                next: None,
                export: String::new(),
                has_conditions: true,
                frame,
            };
            return Ok(page(StatusCode::BAD_REQUEST, &empty));
        }
    };
    if is_long {
        return Ok(Redirect::to(&conditions.address(PATH, None)).into_response());
    }
    let found = state.engine.views.list(&listing.filter, listing.sort, listing.after.as_ref(), PAGE).await;
    let found = found.map_err(|error| Problem::of_store(visitor.frame(Place::Shipments), &error))?;
    tracing::info!(caller = %visitor.principal().caller(), "operator listed shipments");
    let next = found.next.map(|at| cursor::encode(&at, &listing.filter, listing.sort));
    let rows: Vec<_> = found.items.into_iter().map(|summary| Row::new(summary, m)).collect();
    let shown = ShipmentsPage {
        form: Form::new(&conditions, m, Vec::new()),
        shown: (m.shown)(rows.len()),
        rows,
        unreadable: found.broken,
        first: (!conditions.get(Field::Cursor).is_empty()).then(|| conditions.address(PATH, None)),
        next: next.map(|next| conditions.address(PATH, Some(&next))),
        export: conditions.address("/console/shipments.csv", None),
        has_conditions: conditions.is_any(),
        frame,
    };
    Ok(page(StatusCode::OK, &shown))
}
