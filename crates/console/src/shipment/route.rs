//! `GET /console/shipments/{id}`.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::facts::{self, Fact};
use super::obstacle::ObstacleView;
use super::sentence;
use super::timeline::Moment;
use crate::frame::{Frame, Place, page};
use crate::problem::Problem;
use crate::shipments::tone;
use crate::state::ConsoleState;
use crate::time::Instant;
use crate::visitor::{Allowed, may};

/// Longest id, in characters. As in the API.
const LONGEST_ID: usize = 200;

#[derive(Template)]
#[template(path = "shipment.html")]
struct ShipmentPage {
    frame: Frame,
    person: String,
    state: &'static str,
    tone: &'static str,
    sentence: String,
    created: Instant,
    deadline: Option<Instant>,
    obstacle: Option<ObstacleView>,
    /// In English, from the engine.
    on_hold: Option<String>,
    facts: Vec<Fact>,
    timeline: Vec<Moment>,
}

/// Shows a shipment. One that the user may not see does not exist for the user.
pub(crate) async fn shipment(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::GetDetails>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let frame = visitor.frame(Place::Shipments);
    if id.chars().count() > LONGEST_ID || id.chars().any(char::is_control) {
        return Err(Problem::shipment_not_found(frame));
    }
    let details = match state.engine.views.details(&id).await {
        Ok(details) => details,
        Err(error) => return Err(Problem::of_store(frame, &error)),
    };
    let visible = details.filter(|details| visitor.principal().sees(details.shipment.requested_by()));
    let Some(details) = visible else { return Err(Problem::shipment_not_found(frame)) };
    let (shipment, m) = (&details.shipment, frame.m);
    tracing::info!(shipment = %shipment.id(), caller = %visitor.principal().caller(), "operator read a shipment");
    let person = shipment.user().map_or_else(|| m.unknown_person.to_owned(), ToString::to_string);
    let phase = shipment.phase().name();
    let shown = ShipmentPage {
        state: (m.phase)(phase),
        tone: tone(phase),
        sentence: (m.sentence)(&person, &sentence::of(shipment, m)),
        created: shipment.created_at().into(),
        deadline: shipment.deadline().map(Instant::from),
        obstacle: ObstacleView::of(shipment, m),
        on_hold: details.on_hold_reason,
        facts: facts::of(shipment, m),
        timeline: details.events.iter().rev().map(|event| Moment::new(event, m)).collect(),
        person,
        frame,
    };
    Ok(page(StatusCode::OK, &shown))
}
