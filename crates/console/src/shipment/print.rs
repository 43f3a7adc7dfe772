//! `GET` and `POST /console/shipments/{id}/print-pin`: the form of a letter with the PIN, and the letter.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use keyferry_access::{AuthError, Operation, may};
use keyferry_domain::Shipment;
use serde::Deserialize;
use serde_json::json;

use super::find::find;
use crate::frame::{Frame, Place, page};
use crate::operations::Refusal;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Posted, Visitor};

#[derive(Template)]
#[template(path = "print_pin.html")]
struct PrintPage {
    frame: Frame,
    person: String,
    /// Address of the shipment.
    shipment: String,
    is_possible: bool,
    is_override: bool,
    fields: Fields,
    refusal: Option<Refusal>,
}

/// Fields of the form.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    /// Name and address, one line each.
    address: String,
    user_name: String,
    language: String,
    reason: String,
    /// Not empty if the PIN is to be released against a rule.
    release: String,
}

impl PrintPage {
    fn is_wrong(&self, field: &str) -> bool {
        self.refusal.as_ref().and_then(|refusal| refusal.field.as_deref()).is_some_and(|it| it.starts_with(field))
    }

    fn is_german(&self) -> bool {
        match self.fields.language.as_str() {
            "" => self.frame.m.tag == "de",
            language => language == "de",
        }
    }
}

/// Returns whether the user may print the PIN of a shipment now.
pub(super) fn is_printable(state: &ConsoleState, visitor: &Visitor, shipment: &Shipment) -> bool {
    let is_registered = shipment.phase().registered().is_some() && shipment.key_revoked_at().is_none();
    is_registered
        && shipment.withdrawal().is_none()
        && visitor.may(Operation::PrintPin)
        && state.engine.operator.prints_pins()
}

/// Shows what a letter is, and asks for the address.
pub(crate) async fn ask_letter(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::GetDetails>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    permitted(&visitor)?;
    visitor.require_recent(&state, &format!("/console/shipments/{id}/print-pin"))?;
    show(&state, &visitor, &id, Fields::default(), None).await
}

/// Returns the letter. Nothing of it is kept here.
pub(crate) async fn letter(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted(visitor, fields): Posted<Fields>,
) -> Result<Response, Problem> {
    permitted(&visitor)?;
    let details = find(&state, &visitor, &id).await?;
    let id = details.shipment.id().to_string();
    visitor.require_recent(&state, &format!("/console/shipments/{id}/print-pin"))?;
    let lines: Vec<_> = fields.address.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut body = json!({ "address": lines });
    for (member, value) in [("user_name", fields.user_name.trim()), ("language", fields.language.trim())] {
        if !value.is_empty() {
            body[member] = value.into();
        }
    }
    if !fields.release.is_empty() {
        body["reason"] = fields.reason.trim().into();
    }
    match visitor.file(&state, &format!("/v1/shipments/{id}/pin-letter"), body).await {
        Ok(letter) => {
            tracing::info!(shipment = id, caller = %visitor.principal().caller(), "operator printed letter with PIN");
            Ok(letter)
        }
        Err(refusal) => show(&state, &visitor, &id, fields, Some(refusal)).await,
    }
}

fn permitted(visitor: &Visitor) -> Result<(), Problem> {
    let permitted = visitor.principal().permits(Operation::PrintPin);
    permitted.map_err(|error: AuthError| Problem::of_access(visitor.frame(Place::Elsewhere), &error))
}

async fn show(
    state: &ConsoleState,
    visitor: &Visitor,
    id: &str,
    fields: Fields,
    refusal: Option<Refusal>,
) -> Result<Response, Problem> {
    let details = find(state, visitor, id).await?;
    let shipment = &details.shipment;
    let frame = visitor.frame(Place::Shipments);
    let status = refusal.as_ref().map_or(StatusCode::OK, |refusal| refusal.status);
    // A release rule refused: only then a reason is of use.
    let refused_by_rule =
        refusal.as_ref().is_some_and(|it| it.status == StatusCode::CONFLICT && it.data["code"].is_string());
    let shown = PrintPage {
        person: shipment.user().map_or_else(|| frame.m.unknown_person.to_owned(), ToString::to_string),
        shipment: format!("/console/shipments/{}", shipment.id()),
        is_possible: is_printable(state, visitor, shipment) || refusal.is_some(),
        is_override: refused_by_rule || !fields.release.is_empty(),
        fields,
        refusal,
        frame,
    };
    Ok(page(status, &shown))
}
