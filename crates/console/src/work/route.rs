//! `GET /console/work`.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use keyferry_access::may;
use keyferry_domain::ports::{ShipmentFilter, StoreError};
use serde::Deserialize;

use super::cause::{Kind, causes};
use super::group::Group;
use super::unconfirmed::Unconfirmed;
use crate::frame::{Frame, Place, page};
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Visitor};

/// Most shipments of a group that are shown.
const PEOPLE: u32 = 20;

#[derive(Template)]
#[template(path = "work.html")]
struct WorkPage {
    frame: Frame,
    done: Option<Done>,
    unconfirmed: Vec<Unconfirmed>,
    unconfirmed_count: u64,
    /// Address of the list of unconfirmed orders, if not all are shown.
    unconfirmed_list: Option<String>,
    groups: Vec<Group>,
}

/// What was just done, from the address of the page.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Done {
    /// Number of shipments that are tried again.
    pub(super) again: Option<u64>,
    /// Number of shipments that are not.
    pub(super) refused: u64,
    /// Number of shipments for which there was no time.
    pub(super) left: u64,
}

/// Shows what needs a human, grouped by cause.
pub(crate) async fn work(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::ListShipments>,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Problem> {
    let done = done.ok().map(|Query(done)| done).filter(|done| done.again.is_some());
    let shown = read(&state, &visitor, done).await;
    let shown = shown.map_err(|error| Problem::of_store(visitor.frame(Place::Work), &error))?;
    tracing::info!(caller = %visitor.principal().caller(), "operator read the work list");
    Ok(page(StatusCode::OK, &shown))
}

async fn read(state: &ConsoleState, visitor: &Visitor, done: Option<Done>) -> Result<WorkPage, StoreError> {
    let (frame, principal) = (visitor.frame(Place::Work), visitor.principal());
    let requested_by = (!principal.sees_all()).then(|| principal.caller().clone());
    let seen = ShipmentFilter { requested_by, ..ShipmentFilter::default() };
    let counts = state.engine.views.counts(&seen).await?;
    let causes = causes(&state.engine, &seen, &counts, PEOPLE).await?;
    let lost = causes.iter().find(|cause| cause.kind == Kind::Unconfirmed);
    let unconfirmed = match lost {
        Some(lost) => Unconfirmed::read(&state.engine, &lost.first, visitor, frame.m).await?,
        None => Vec::new(),
    };
    Ok(WorkPage {
        done,
        unconfirmed_count: lost.map_or(0, |lost| lost.count),
        unconfirmed_list: lost.filter(|lost| lost.count > lost.first.len() as u64).map(|lost| lost.list()),
        unconfirmed,
        groups: causes.into_iter().filter_map(|cause| Group::of(cause, visitor, frame.m)).collect(),
        frame,
    })
}
