//! `GET` and `POST /console/people/offboard`: revokes the passkeys and cancels the orders of a person who left.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use keyferry_access::may;
use keyferry_domain::UserRef;
use keyferry_http::encode_segment;
use serde::Deserialize;
use serde_json::{Value, json};

use super::address;
use crate::frame::{Frame, Place, page};
use crate::operations::Refusal;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Submitted, Visitor};

#[derive(Template)]
#[template(path = "offboard.html")]
struct OffboardPage {
    frame: Frame,
    fields: Fields,
    person: String,
    result: Option<Outcome>,
    refusal: Option<Refusal>,
}

/// What was done.
struct Outcome {
    is_complete: bool,
    /// In English, from the engine.
    failed: Option<String>,
    rows: Vec<Row>,
}

/// What was done about a shipment.
struct Row {
    id: String,
    done: &'static str,
    failed: Option<String>,
    by_hand: Option<String>,
}

/// Fields of the form, and query of its address.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    user: String,
    reason: String,
}

impl OffboardPage {
    fn is_wrong(&self, field: &str) -> bool {
        self.refusal.as_ref().is_some_and(|refusal| refusal.field.as_deref() == Some(field))
    }
}

/// Explains what it does, and asks for the reason.
pub(crate) async fn ask(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::OffboardPerson>,
    fields: Result<Query<Fields>, QueryRejection>,
) -> Result<Response, Problem> {
    let fields = fields.map(|Query(fields)| fields).unwrap_or_default();
    visitor.require_recent(&state, &address::offboard(&fields.user))?;
    show(&visitor, fields, None, None)
}

/// Does it, as the API's operation does, and shows what is left. Sent again by a reload, it changes nothing more.
pub(crate) async fn offboard(
    State(state): State<ConsoleState>,
    Submitted(visitor, fields, ..): Submitted<may::OffboardPerson, Fields>,
) -> Result<Response, Problem> {
    visitor.require_recent(&state, &address::offboard(&fields.user))?;
    let path = format!("/v1/people/{}/offboard", encode_segment(&fields.user));
    let body = json!({ "reason": fields.reason.trim() });
    match visitor.ask(&state, Method::POST, &path, Some(body)).await {
        Ok(result) => {
            tracing::info!(caller = %visitor.principal().caller(), "operator acted: offboard");
            let result = Outcome::of(&result, &visitor.frame(Place::People));
            show(&visitor, fields, Some(result), None)
        }
        Err(refusal) => show(&visitor, fields, None, Some(refusal)),
    }
}

impl Outcome {
    fn of(result: &Value, frame: &Frame) -> Self {
        let m = frame.m.people;
        let row = |one: &Value| Row {
            id: one["id"].as_str().unwrap_or_default().to_owned(),
            done: match (one["revoked"] == json!(true), one["cancelled"] == json!(true)) {
                (true, _) => m.offboard_revoked,
                (_, true) => m.offboard_cancelled,
                _ => m.offboard_nothing,
            },
            failed: one["failed"].as_str().map(str::to_owned),
            by_hand: one["by_hand"].as_str().map(str::to_owned),
        };
        Self {
            is_complete: result["complete"] == json!(true),
            failed: result["failed"].as_str().map(str::to_owned),
            rows: result["shipments"].as_array().into_iter().flatten().map(row).collect(),
        }
    }
}

fn show(
    visitor: &Visitor,
    fields: Fields,
    result: Option<Outcome>,
    refusal: Option<Refusal>,
) -> Result<Response, Problem> {
    let frame = visitor.frame(Place::People);
    if UserRef::parse(&fields.user).is_none() {
        return Err(Problem::not_found(frame));
    }
    let status = refusal.as_ref().map_or(StatusCode::OK, |refusal| refusal.status);
    let person = address::person(&fields.user);
    Ok(page(status, &OffboardPage { frame, fields, person, result, refusal }))
}
