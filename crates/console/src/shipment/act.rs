//! `GET` and `POST /console/shipments/{id}/{verb}`: the form of an action, and the action.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::{AuthError, may};
use serde::Deserialize;

use super::find::find;
use super::verb::{Given, Verb};
use crate::frame::{Frame, Place, page};
use crate::operations::Refusal;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Posted, Visitor};

#[derive(Template)]
#[template(path = "verb.html")]
struct VerbPage {
    frame: Frame,
    verb: Verb,
    person: String,
    /// Address of the shipment.
    shipment: String,
    is_possible: bool,
    needs_reason: bool,
    is_override: bool,
    fields: Fields,
    refusal: Option<Refusal>,
}

/// Fields of the form.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    reason: String,
    delivery_id: String,
    /// Not empty if the PIN is to be released against a rule.
    release: String,
}

impl VerbPage {
    fn is_wrong(&self, field: &str) -> bool {
        self.refusal.as_ref().is_some_and(|refusal| refusal.field.as_deref() == Some(field))
    }
}

/// Shows what the action does, and asks for the reason.
pub(crate) async fn ask(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::GetDetails>,
    Path((id, verb)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let verb = permitted(&visitor, &verb)?;
    if verb.is_final() {
        visitor.require_recent(&state, &format!("/console/shipments/{id}/{}", verb.as_str()))?;
    }
    show(&state, &visitor, &id, verb, Fields::default(), None).await
}

/// Does it, as the API's operation does, and returns to the shipment.
pub(crate) async fn act(
    State(state): State<ConsoleState>,
    Path((id, verb)): Path<(String, String)>,
    Posted(visitor, fields): Posted<Fields>,
) -> Result<Response, Problem> {
    let verb = permitted(&visitor, &verb)?;
    let details = find(&state, &visitor, &id).await?;
    let id = details.shipment.id().to_string();
    if verb.is_final() {
        visitor.require_recent(&state, &format!("/console/shipments/{id}/{}", verb.as_str()))?;
    }
    let is_override = !fields.release.is_empty();
    let reason = if verb.needs_reason(is_override) { fields.reason.trim() } else { "" };
    let made = details.shipment.phase().fulfilled().and_then(|fulfilled| fulfilled.keys.first());
    let serial = made.map(|key| key.serial.as_str()).unwrap_or_default();
    let (path, body) = verb.request(&id, &Given { reason, delivery_id: fields.delivery_id.trim(), serial });
    match visitor.ask(&state, Method::POST, &path, Some(body)).await {
        Ok(_) => {
            let (caller, action) = (visitor.principal().caller(), verb.as_str());
            tracing::info!(shipment = id, %caller, action, "operator acted");
            Ok(Redirect::to(&format!("/console/shipments/{id}?done={}", verb.as_str())).into_response())
        }
        Err(refusal) => show(&state, &visitor, &id, verb, fields, Some(refusal)).await,
    }
}

/// Returns the action of this name, if the user may do it.
fn permitted(visitor: &Visitor, verb: &str) -> Result<Verb, Problem> {
    let verb = Verb::parse(verb).ok_or_else(|| Problem::not_found(visitor.frame(Place::Elsewhere)))?;
    let permitted = visitor.principal().permits(verb.operation());
    permitted.map_err(|error: AuthError| Problem::of_access(visitor.frame(Place::Elsewhere), &error))?;
    Ok(verb)
}

async fn show(
    state: &ConsoleState,
    visitor: &Visitor,
    id: &str,
    verb: Verb,
    fields: Fields,
    refusal: Option<Refusal>,
) -> Result<Response, Problem> {
    let details = find(state, visitor, id).await?;
    let shipment = &details.shipment;
    let frame = visitor.frame(Place::Shipments);
    let status = refusal.as_ref().map_or(StatusCode::OK, |refusal| refusal.status);
    // A release rule refused: only then a reason is of use.
    let refused_by_rule = verb == Verb::ResendPin
        && refusal.as_ref().is_some_and(|it| it.status == StatusCode::CONFLICT && it.data["code"].is_string());
    let is_override = refused_by_rule || !fields.release.is_empty();
    let shown = VerbPage {
        verb,
        person: shipment.user().map_or_else(|| frame.m.unknown_person.to_owned(), ToString::to_string),
        shipment: format!("/console/shipments/{}", shipment.id()),
        is_possible: verb.fits(shipment) || refusal.is_some(),
        needs_reason: verb.needs_reason(is_override),
        is_override,
        fields,
        refusal,
        frame,
    };
    Ok(page(status, &shown))
}
