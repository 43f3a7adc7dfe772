//! `GET /console`.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use keyferry_access::may;
use keyferry_domain::ports::{Counts, ShipmentFilter, StoreError};

use super::attention::Cause;
use super::batches::{self, BatchRow};
use super::deadlines::{self, Period};
use super::funnel::{self, Aside, Step};
use super::late::Late;
use super::selection::Selection;
use super::service::Service;
use crate::frame::{Frame, Place, page};
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Visitor};
use crate::work;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    is_empty: bool,
    selection: Selection,
    steps: Vec<Step>,
    asides: Vec<Aside>,
    causes: Vec<Cause>,
    periods: Vec<Period>,
    late: Late,
    batches: Vec<BatchRow>,
    service: Option<Service>,
}

/// Shows where all keys are that the user may see, and what needs a human.
pub(crate) async fn overview(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::CountShipments>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let shown = read(&state, &visitor, query.as_deref().unwrap_or_default()).await;
    let shown = shown.map_err(|error| Problem::of_store(visitor.frame(Place::Overview), &error))?;
    let status = if shown.selection.mistakes.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    Ok(page(status, &shown))
}

async fn read(state: &ConsoleState, visitor: &Visitor, query: &str) -> Result<OverviewPage, StoreError> {
    let (frame, principal) = (visitor.frame(Place::Overview), visitor.principal());
    let (m, engine) = (frame.m, &state.engine);
    let requested_by = (!principal.sees_all()).then(|| principal.caller().clone());
    let seen = ShipmentFilter { requested_by, ..ShipmentFilter::default() };
    let counts = engine.views.counts(&seen).await?;
    let (selection, filter) = Selection::read(state, visitor, query, m).await?;
    let chosen = match filter {
        Some(filter) if selection.is_any => engine.views.counts(&filter).await?,
        Some(_) => counts.clone(),
        None => Counts::default(),
    };
    let causes = work::causes(engine, &seen, &counts, 1).await?;
    let now = state.clock.now();
    Ok(OverviewPage {
        is_empty: counts.0.values().all(|count| *count == 0),
        steps: funnel::steps(&chosen, &selection.list, m),
        asides: funnel::asides(&chosen, &selection.list, m),
        causes: causes.iter().map(|cause| Cause::new(cause, m)).collect(),
        periods: deadlines::periods(engine, &seen, now, m).await?,
        late: Late::read(engine, &seen, now.date_naive(), m).await?,
        batches: batches::rows(state, visitor, m).await?,
        service: Service::read(state, visitor, &counts, m).await,
        selection,
        frame,
    })
}
