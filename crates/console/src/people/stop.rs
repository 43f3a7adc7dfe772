//! `GET` and `POST /console/people/stop`: cancels the person's orders whose key is not registered.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::{Operation, may};
use keyferry_domain::UserRef;
use serde::Deserialize;
use serde_json::json;

use super::address;
use super::view::{shipments, stoppable};
use crate::frame::{Frame, Place, page};
use crate::operations::Refusal;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Submitted, Visitor};

#[derive(Template)]
#[template(path = "stop.html")]
struct StopPage {
    frame: Frame,
    fields: Fields,
    person: String,
    /// Number of orders that can be stopped now.
    open: u64,
    /// Whether it is another number than the user confirmed.
    is_changed: bool,
    refusal: Option<Refusal>,
}

/// Fields of the form, and query of its address.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    user: String,
    reason: String,
    /// Number of orders that the user saw.
    confirm: u64,
}

impl StopPage {
    fn is_wrong(&self, field: &str) -> bool {
        self.refusal.as_ref().is_some_and(|refusal| refusal.field.as_deref() == Some(field))
    }
}

/// Shows how many orders it stops, and asks for the reason.
pub(crate) async fn ask(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::ActOnShipments>,
    fields: Result<Query<Fields>, QueryRejection>,
) -> Result<Response, Problem> {
    let fields = fields.map(|Query(fields)| fields).unwrap_or_default();
    may_cancel(&visitor)?;
    visitor.require_recent(&state, &address::stop(&fields.user))?;
    let ids = open(&state, &visitor, &fields.user).await?;
    Ok(show(&visitor, fields, ids.len(), false, None))
}

/// Cancels the orders, if their number is still the one that the user saw. Otherwise shows the new number.
pub(crate) async fn stop(
    State(state): State<ConsoleState>,
    Submitted(visitor, fields, ..): Submitted<may::ActOnShipments, Fields>,
) -> Result<Response, Problem> {
    may_cancel(&visitor)?;
    visitor.require_recent(&state, &address::stop(&fields.user))?;
    let ids = open(&state, &visitor, &fields.user).await?;
    let number = ids.len();
    if number as u64 != fields.confirm {
        return Ok(show(&visitor, fields, number, true, None));
    }
    let body = json!({ "action": "cancel", "reason": fields.reason.trim(), "ids": ids, "confirm": number });
    match visitor.ask(&state, Method::POST, "/v1/shipments/actions", Some(body)).await {
        Ok(result) => {
            tracing::info!(caller = %visitor.principal().caller(), number, "operator acted: stop");
            let is_all = result["done"].as_u64() == Some(fields.confirm);
            let done = if is_all { "stopped" } else { "partly" };
            Ok(Redirect::to(&address::done(&fields.user, done)).into_response())
        }
        Err(refusal) if refusal.field.as_deref() == Some("confirm") => {
            let number = open(&state, &visitor, &fields.user).await?.len();
            Ok(show(&visitor, fields, number, true, None))
        }
        Err(refusal) => Ok(show(&visitor, fields, number, false, Some(refusal))),
    }
}

fn may_cancel(visitor: &Visitor) -> Result<(), Problem> {
    let permitted = visitor.principal().permits(Operation::CancelShipment);
    permitted.map_err(|error| Problem::of_access(visitor.frame(Place::People), &error))
}

async fn open(state: &ConsoleState, visitor: &Visitor, user: &str) -> Result<Vec<String>, Problem> {
    let Some(user) = UserRef::parse(user) else { return Err(Problem::not_found(visitor.frame(Place::People))) };
    let found = shipments(state, visitor, &user).await;
    let found = found.map_err(|error| Problem::of_store(visitor.frame(Place::People), &error))?;
    Ok(stoppable(&found.items))
}

fn show(visitor: &Visitor, mut fields: Fields, open: usize, is_changed: bool, refusal: Option<Refusal>) -> Response {
    let status = match &refusal {
        Some(refusal) => refusal.status,
        None if is_changed => StatusCode::CONFLICT,
        None => StatusCode::OK,
    };
    let open = open as u64;
    fields.confirm = open;
    let person = address::person(&fields.user);
    page(status, &StopPage { frame: visitor.frame(Place::People), fields, person, open, is_changed, refusal })
}
