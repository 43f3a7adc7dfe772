//! `GET /console`.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use keyferry_access::may;
use keyferry_domain::ports::{ShipmentFilter, StoreError};

use super::attention::Cause;
use super::deadlines::{self, Period};
use super::funnel::{self, Aside, Step};
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
    steps: Vec<Step>,
    asides: Vec<Aside>,
    causes: Vec<Cause>,
    periods: Vec<Period>,
}

/// Shows where all keys are that the user may see, and what needs a human.
pub(crate) async fn overview(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::CountShipments>,
) -> Result<Response, Problem> {
    let shown = read(&state, &visitor).await;
    let shown = shown.map_err(|error| Problem::of_store(visitor.frame(Place::Overview), &error))?;
    Ok(page(StatusCode::OK, &shown))
}

async fn read(state: &ConsoleState, visitor: &Visitor) -> Result<OverviewPage, StoreError> {
    let (frame, principal) = (visitor.frame(Place::Overview), visitor.principal());
    let requested_by = (!principal.sees_all()).then(|| principal.caller().clone());
    let seen = ShipmentFilter { requested_by, ..ShipmentFilter::default() };
    let counts = state.engine.views.counts(&seen).await?;
    let causes = work::causes(&state.engine, &seen, &counts, 1).await?;
    Ok(OverviewPage {
        is_empty: counts.0.values().all(|count| *count == 0),
        steps: funnel::steps(&counts, frame.m),
        asides: funnel::asides(&counts, frame.m),
        causes: causes.iter().map(|cause| Cause::new(cause, frame.m)).collect(),
        periods: deadlines::periods(&state.engine, &seen, state.clock.now(), frame.m).await?,
        frame,
    })
}
