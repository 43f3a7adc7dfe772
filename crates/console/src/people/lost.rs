//! `GET` and `POST /console/people/lost-key`: removes the passkey of a lost key, and orders the next one.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use keyferry_access::{Role, may};
use keyferry_domain::{UserRef, WithdrawalStep};
use keyferry_engine::PassRule;
use keyferry_http::encode_segment;
use serde::Deserialize;
use serde_json::{Value, json};

use super::address;
use crate::frame::{Frame, Place, page};
use crate::operations::Refusal;
use crate::problem::Problem;
use crate::shipment::find;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Submitted, Visitor};

/// Value of the field `next` that orders the same product, to an address that the form does not contain.
const LIKE: &str = "like";

#[derive(Template)]
#[template(path = "lost_key.html")]
struct LostKeyPage {
    frame: Frame,
    fields: Fields,
    person: String,
    serial: Option<String>,
    /// Whether the address of the next key can be read from the directory, or the person gives it.
    fills: bool,
    /// Whether a temporary access pass can be requested.
    offers_pass: bool,
    result: Option<Outcome>,
    refusal: Option<Refusal>,
}

/// What was done.
struct Outcome {
    steps: Vec<&'static str>,
    left: Option<String>,
    is_repeated: bool,
    replacement: Option<String>,
}

/// Fields of the form, and query of its address. The form names the shipment, so that a form that is sent twice reports
/// the same key.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    user: String,
    shipment: String,
    reason: String,
    next: String,
    /// Not empty if a temporary access pass is requested.
    access_pass: String,
}

impl LostKeyPage {
    fn is_wrong(&self, field: &str) -> bool {
        self.refusal.as_ref().is_some_and(|refusal| refusal.field.as_deref() == Some(field))
    }

    fn is_next(&self, value: &str) -> bool {
        match self.fields.next.as_str() {
            "" => (value == LIKE) == self.fills,
            next => next == value,
        }
    }

    /// Returns the address of the form that orders the next key to another address.
    fn elsewhere(&self) -> String {
        format!("/console/shipments/{}/replace?lost=on", encode_segment(&self.fields.shipment))
    }
}

/// Explains what it does, and asks for the reason and the next key.
pub(crate) async fn ask(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::LoseKey>,
    fields: Result<Query<Fields>, QueryRejection>,
) -> Result<Response, Problem> {
    let fields = fields.map(|Query(fields)| fields).unwrap_or_default();
    visitor.require_recent(&state, &address::lost_key(&fields.user, &fields.shipment))?;
    show(&state, &visitor, fields, None, None).await
}

/// Does it, as the API's operation does, and shows the steps. Sent again by a reload, it orders nothing more.
pub(crate) async fn lose(
    State(state): State<ConsoleState>,
    Submitted(visitor, fields, ..): Submitted<may::LoseKey, Fields>,
) -> Result<Response, Problem> {
    visitor.require_recent(&state, &address::lost_key(&fields.user, &fields.shipment))?;
    let path = format!("/v1/people/{}/lost-key", encode_segment(&fields.user));
    let replace = fields.next == LIKE;
    let mut body = json!({ "reason": fields.reason.trim(), "shipment": fields.shipment, "replace": replace });
    if !fields.access_pass.is_empty() {
        body["access_pass"] = json!(true);
    }
    match visitor.ask(&state, Method::POST, &path, Some(body)).await {
        Ok(result) => {
            tracing::info!(caller = %visitor.principal().caller(), "operator acted: lost key");
            let result = Outcome::of(&result, &visitor.frame(Place::People));
            show(&state, &visitor, fields, Some(result), None).await
        }
        Err(refusal) => show(&state, &visitor, fields, None, Some(refusal)).await,
    }
}

impl Outcome {
    fn of(result: &Value, frame: &Frame) -> Self {
        let act = &result["withdrawal"];
        let step = |one: &Value| {
            let found = WithdrawalStep::ALL.into_iter().find(|step| one["step"] == step.as_str())?;
            Some((frame.m.people.withdrawal_step)(found, one["done"] == json!(true)))
        };
        Self {
            steps: act["steps"].as_array().into_iter().flatten().filter_map(step).collect(),
            left: result["left"].as_str().map(str::to_owned),
            is_repeated: result["repeated"] == json!(true),
            replacement: act["replacement"].as_str().map(|id| format!("/console/shipments/{id}")),
        }
    }
}

async fn show(
    state: &ConsoleState,
    visitor: &Visitor,
    fields: Fields,
    result: Option<Outcome>,
    refusal: Option<Refusal>,
) -> Result<Response, Problem> {
    let frame = visitor.frame(Place::People);
    if UserRef::parse(&fields.user).is_none() {
        return Err(Problem::not_found(frame));
    }
    let details = find(state, visitor, &fields.shipment).await?;
    let made = details.shipment.phase().fulfilled().and_then(|fulfilled| fulfilled.keys.first());
    let serial = made.map(|key| key.serial.to_string());
    let status = refusal.as_ref().map_or(StatusCode::OK, |refusal| refusal.status);
    let person = address::person(&fields.user);
    let fills = state.engine.orders.completion().is_possible();
    let offers_pass = state.engine.pass_pages.rule() != PassRule::Off && visitor.principal().has(Role::Pin);
    Ok(page(status, &LostKeyPage { frame, fields, person, serial, fills, offers_pass, result, refusal }))
}
