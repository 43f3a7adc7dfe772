//! `GET` and `POST /console/shipments/actions`.

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::may;
use serde::Deserialize;

use super::super::conditions::Notice;
use super::super::paths::{ACTIONS, LIST};
use super::check::{grouped, perform, refused};
use super::outcomes::{Done, Outcomes};
use super::preview::{Mistake, show};
use super::selection::Selection;
use crate::frame::Place;
use crate::problem::Problem;
use crate::shipment::Verb;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Submitted, Visitor};

/// Fields of the confirmation.
#[derive(Deserialize)]
pub(crate) struct Fields {
    /// Query string of the dry run.
    #[serde(default)]
    selection: String,
    #[serde(default)]
    reason: String,
    /// Number that the dry run showed.
    #[serde(default)]
    shown: String,
    /// Number that the user confirms.
    #[serde(default)]
    confirm: String,
    #[serde(default)]
    token: String,
}

/// Shows the dry run of an action. Changes nothing.
pub(crate) async fn ask(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::ActOnShipments>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (selection, is_long) = Selection::read(query.as_deref().unwrap_or_default());
    let verb = match permitted(&state, &visitor, &selection)? {
        Ok(verb) => verb,
        Err(back) => return Ok(back.into_response()),
    };
    if is_long {
        return Ok(Redirect::to(&selection.address()).into_response());
    }
    show(&state, &visitor, verb, &selection, String::new(), None).await
}

/// Does it to the confirmed number of shipments, and leads to the result.
pub(crate) async fn act(
    State(state): State<ConsoleState>,
    Extension(outcomes): Extension<Outcomes>,
    Submitted(visitor, fields, ..): Submitted<may::ActOnShipments, Fields>,
) -> Result<Response, Problem> {
    let (selection, _) = Selection::read(&fields.selection);
    let verb = match permitted(&state, &visitor, &selection)? {
        Ok(verb) => verb,
        Err(back) => return Ok(back.into_response()),
    };
    let reason = fields.reason.trim().to_owned();
    let refuse = async |mistake| show(&state, &visitor, verb, &selection, reason.clone(), Some(mistake)).await;
    if reason.is_empty() {
        return refuse(Mistake::NoReason).await;
    }
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let Some(confirmed) = number(&fields.confirm).filter(|confirmed| number(&fields.shown) == Some(*confirmed)) else {
        return refuse(Mistake::WrongNumber).await;
    };
    let address = format!("{ACTIONS}/{}", fields.token);
    let user = &visitor.visit.user.object_id;
    let Some(running) = outcomes.begin(&fields.token, user) else {
        // The form was sent before: its result is shown, or that there is none.
        return Ok(Redirect::to(&address).into_response());
    };
    match perform(&state, &visitor, verb, &selection, &reason, confirmed).await {
        Ok(result) => {
            let number = |name: &str| result[name].as_u64().unwrap_or_default();
            let (done, left) = (number("done"), number("left"));
            let refused = grouped(refused(&result["refused"]));
            let list = selection.conditions.address(LIST);
            running.finish(Done { verb, done, left, refused, list, again: selection.address() });
            Ok(Redirect::to(&address).into_response())
        }
        Err(refusal) if refusal.status == StatusCode::CONFLICT && refusal.field.as_deref() == Some("confirm") => {
            refuse(Mistake::Changed).await
        }
        Err(refusal) => refuse(Mistake::Refused(refusal)).await,
    }
}

/// Returns the action, if the user may do it to many shipments now, or where a form without choice leads back to.
fn permitted(
    state: &ConsoleState,
    visitor: &Visitor,
    selection: &Selection,
) -> Result<Result<Verb, Redirect>, Problem> {
    let frame = || visitor.frame(Place::Shipments);
    let back = |notice| Redirect::to(&selection.conditions.noticed(LIST, notice));
    let Some(verb) = selection.verb else { return Ok(Err(back(Notice::NoAction))) };
    visitor.principal().permits(verb.operation()).map_err(|error| Problem::of_access(frame(), &error))?;
    if selection.ids.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Err(back(Notice::NoneTicked)));
    }
    // The list explains what is wrong with the conditions.
    if selection.ids.is_none() && selection.conditions.listing(visitor.principal(), frame().m).is_err() {
        return Ok(Err(Redirect::to(&selection.conditions.address(LIST))));
    }
    if verb.is_final() {
        visitor.require_recent(state, &selection.address())?;
    }
    Ok(Ok(verb))
}
