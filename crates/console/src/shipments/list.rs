//! `GET /console/shipments`.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::{Operation, may};

use super::bulk::{self, Offer};
use super::cell::Cell;
use super::chips::{Chip, chips};
use super::conditions::{Conditions, Notice};
use super::form::Form;
use super::paths::{EXPORT, LIST};
use super::people::Directory;
use super::row::Row;
use super::saved::{self, Saved};
use super::search::{Found, Meaning, search};
use crate::field::Field;
use crate::frame::{Frame, Place, page};
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Visitor};

/// Number of shipments in a page.
const PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "shipments.html")]
struct ShipmentsPage {
    frame: Frame,
    search: String,
    /// Lists that the text of the search may mean.
    meanings: Vec<Meaning>,
    /// What the directory returned for the text of the search, if there was one without another result.
    people: Option<Directory>,
    saved: Saved,
    notice: Option<Notice>,
    form: Form,
    chips: Vec<Chip>,
    /// The shipments, unless there is a search instead.
    matches: Option<Matches>,
    /// Parameters of the columns, for the search.
    columns: Option<String>,
}

/// A page of the shipments that match.
struct Matches {
    rows: Vec<Row>,
    shown: String,
    unreadable: Vec<(String, String)>,
    first: Option<String>,
    next: Option<String>,
    export: String,
    offer: Option<Offer>,
}

/// Shows a page of the shipments that match the conditions in the address, or what a search found.
pub(crate) async fn list(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::ListShipments>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (conditions, is_long) = Conditions::read(query.as_deref().unwrap_or_default());
    if is_long && conditions.listing(visitor.principal(), visitor.language.messages()).is_ok() {
        return Ok(Redirect::to(&conditions.address(LIST)).into_response());
    }
    let saved = saved::of(&state, &visitor, &conditions, None).await?;
    show(&state, &visitor, &conditions, saved).await
}

/// Shows the list. `saved` are the user's views, with the form for another one.
pub(super) async fn show(
    state: &ConsoleState,
    visitor: &Visitor,
    conditions: &Conditions,
    saved: Saved,
) -> Result<Response, Problem> {
    let frame = visitor.frame(Place::Shipments);
    let m = frame.m;
    let of_store = |error| Problem::of_store(visitor.frame(Place::Shipments), &error);
    let mut shown = ShipmentsPage {
        search: conditions.search().to_owned(),
        meanings: Vec::new(),
        people: None,
        notice: conditions.notice(),
        form: Form::new(conditions, m, Vec::new()),
        chips: chips(conditions, m),
        matches: None,
        columns: conditions.columns().written(),
        saved,
        frame,
    };
    let listing = match conditions.listing(visitor.principal(), m) {
        Ok(listing) => listing,
        Err(mistakes) => {
            shown.form = Form::new(conditions, m, mistakes);
            return Ok(page(StatusCode::BAD_REQUEST, &shown));
        }
    };
    if !conditions.search().is_empty() {
        tracing::info!(caller = %visitor.principal().caller(), "operator searched for a shipment");
        match search(state, visitor, conditions).await.map_err(of_store)? {
            Found::Page(address) => return Ok(Redirect::to(&address).into_response()),
            Found::Lists(meanings) => shown.meanings = meanings,
            Found::People(people) => shown.people = Some(people),
        }
        return Ok(page(StatusCode::OK, &shown));
    }
    let found = state.engine.views.list(&listing.filter, listing.sort, listing.after.as_ref(), PAGE).await;
    let found = found.map_err(of_store)?;
    tracing::info!(caller = %visitor.principal().caller(), "operator listed shipments");
    let next = found.next.map(|at| keyferry_listing::encode(&at, &listing.filter, listing.sort));
    let rows: Vec<_> = found.items.iter().map(|summary| Row::new(summary, conditions.columns(), m)).collect();
    let may_act = visitor.may(Operation::ActOnShipments) && !rows.is_empty();
    let status = if shown.saved.is_wrong() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    shown.matches = Some(Matches {
        shown: (m.shown)(rows.len()),
        rows,
        unreadable: found.broken,
        first: (!conditions.get(Field::Cursor).is_empty()).then(|| conditions.address(LIST)),
        next: next.map(|next| conditions.page(LIST, &next)),
        export: conditions.address(EXPORT),
        offer: may_act.then(|| bulk::offer(visitor, conditions)),
    });
    Ok(page(status, &shown))
}
