//! `GET /console/shipments/{id}`.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use keyferry_access::{Operation, may};
use keyferry_domain::EventKind;
use serde::Deserialize;

use super::facts::{self, Fact};
use super::find::find;
use super::obstacle::ObstacleView;
use super::print::is_printable;
use super::sentence;
use super::timeline::Moment;
use super::verb::{Verb, is_replaceable};
use crate::frame::{Frame, Place, page};
use crate::problem::Problem;
use crate::shipments::tone;
use crate::state::ConsoleState;
use crate::time::Instant;
use crate::visitor::Allowed;

#[derive(Template)]
#[template(path = "shipment.html")]
struct ShipmentPage {
    frame: Frame,
    person: String,
    state: &'static str,
    tone: &'static str,
    sentence: String,
    created: Instant,
    /// That the passkey of the key was revoked, and when.
    revoked: Option<(&'static str, Instant)>,
    deadline: Option<Instant>,
    obstacle: Option<ObstacleView>,
    /// In English, from the engine.
    on_hold: Option<String>,
    facts: Vec<Fact>,
    timeline: Vec<Moment>,
    /// Actions that the user may do now.
    verbs: Vec<Verb>,
    /// Whether the user may order another key in its place.
    may_give_address: bool,
    may_replace: bool,
    /// Whether the user may print its PIN.
    may_print: bool,
    /// What was just done.
    done: Option<Verb>,
    address: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Parameters {
    /// Action from which the user comes.
    done: String,
}

/// Shows a shipment.
pub(crate) async fn shipment(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::GetDetails>,
    Path(id): Path<String>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Problem> {
    let details = find(&state, &visitor, &id).await?;
    let frame = visitor.frame(Place::Shipments);
    let (shipment, m) = (&details.shipment, frame.m);
    tracing::info!(shipment = %shipment.id(), caller = %visitor.principal().caller(), "operator read a shipment");
    let person = shipment.user().map_or_else(|| m.unknown_person.to_owned(), ToString::to_string);
    let phase = shipment.phase().name();
    let shown = ShipmentPage {
        state: (m.phase)(phase),
        tone: tone(phase),
        sentence: (m.sentence)(&person, &sentence::of(shipment, m)),
        created: shipment.created_at().into(),
        revoked: shipment.key_revoked_at().map(|at| ((m.event)(EventKind::Revoked), at.into())),
        deadline: shipment.deadline().map(Instant::from),
        obstacle: ObstacleView::of(shipment, m),
        on_hold: details.on_hold_reason,
        facts: facts::of(shipment, m),
        timeline: details.events.iter().rev().map(|event| Moment::new(event, m)).collect(),
        verbs: Verb::ALL.into_iter().filter(|verb| visitor.may(verb.operation()) && verb.fits(shipment)).collect(),
        may_give_address: visitor.may(Operation::GiveAddress) && shipment.awaits_address(),
        may_replace: visitor.may(Operation::ReplaceShipment) && is_replaceable(phase),
        may_print: is_printable(&state, &visitor, shipment),
        done: Verb::parse(&parameters.unwrap_or_default().0.done),
        address: format!("/console/shipments/{}", shipment.id()),
        person,
        frame,
    };
    Ok(page(StatusCode::OK, &shown))
}
