//! `GET` and `POST /console/shipments/{id}/replace`: orders a new key for the person of a shipment.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::may;
use keyferry_domain::{PhaseName, Shipment};
use keyferry_sheet::Member;
use serde_json::{Value, json};

use super::find::find;
use crate::frame::{Frame, Place, page};
use crate::operations::Refusal;
use crate::order::new_key;
use crate::order_form::{Finding, Group, Offer, Reading, Values, groups, of_sheet};
use crate::people;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Submitted, Visitor};

#[derive(Template)]
#[template(path = "replace.html")]
struct ReplacePage {
    frame: Frame,
    shipment: String,
    person: String,
    /// Address of the page of the person.
    people: String,
    is_possible: bool,
    key: String,
    reason: String,
    groups: Vec<Group>,
    findings: Vec<Finding>,
    refusal: Option<Refusal>,
}

/// What the form contains, and what was found.
struct Form {
    values: Values,
    key: String,
    reason: String,
    findings: Vec<Finding>,
    refusal: Option<Refusal>,
}

impl ReplacePage {
    fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.is_error)
    }

    fn is_reason_wrong(&self) -> bool {
        self.refusal.as_ref().is_some_and(|refusal| refusal.field.as_deref() == Some("reason"))
    }
}

/// Returns whether a shipment can be replaced. One that was not sent is cancelled instead.
pub(crate) fn is_replaceable(phase: PhaseName) -> bool {
    !matches!(phase, PhaseName::Queued | PhaseName::Submitting)
}

/// Shows the form, filled in with the old key and the data of the directory.
pub(crate) async fn ask(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::ReplaceShipment>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let details = find(&state, &visitor, &id).await?;
    let values = proposed(&state, &details.shipment).await;
    let key = new_key(&visitor.visit.session.csrf_token(), state.clock.now());
    let form = Form { values, key, reason: String::new(), findings: Vec::new(), refusal: None };
    Ok(show(&state, &visitor, &details.shipment, StatusCode::OK, form).await)
}

/// Orders the new key, as the API's operation does, and shows its shipment.
pub(crate) async fn replace(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Submitted(visitor, fields, ..): Submitted<may::ReplaceShipment, Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let details = find(&state, &visitor, &id).await?;
    let old = &details.shipment;
    let last = |wanted: &str| fields.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    let mut values = Values::of_form(&fields);
    // The person is that of the old key, whatever the form contains.
    values.put(Member::UserId, old.user().map(ToString::to_string));
    let (key, reason) = (last("key").unwrap_or_default(), last("reason").unwrap_or_default());
    let mut form = Form { values, key, reason, findings: Vec::new(), refusal: None };
    let Some(row) = form.values.read(Reading::of(&state.engine)) else { return Err(wrong_form(&visitor)) };
    if row.has_errors() {
        form.findings = row.findings.iter().map(of_sheet).collect();
        return Ok(show(&state, &visitor, old, StatusCode::UNPROCESSABLE_ENTITY, form).await);
    }
    let body = json!({ "reason": form.reason.trim(), "order": Value::Object(row.order) });
    let path = format!("/v1/shipments/{}/replace", old.id());
    match visitor.ask_once(&state, &path, body, &form.key).await {
        Ok(queued) => {
            let new = queued["id"].as_str().unwrap_or_default();
            let caller = visitor.principal().caller();
            tracing::info!(shipment = %old.id(), new, %caller, "operator ordered a key in place of another");
            Ok(Redirect::to(&format!("/console/shipments/{new}")).into_response())
        }
        Err(refusal) => {
            let member = refusal.field.as_deref().and_then(|field| Member::find(field.strip_prefix("order.")?));
            let at_field = member.map(|member| Finding {
                is_error: true,
                member: Some(member),
                code: String::new(),
                message: refusal.message.clone(),
                remedy: String::new(),
            });
            let status = refusal.status;
            form.findings = at_field.into_iter().collect();
            form.refusal = Some(refusal);
            Ok(show(&state, &visitor, old, status, form).await)
        }
    }
}

fn wrong_form(visitor: &Visitor) -> Problem {
    Problem::not_found(visitor.frame(Place::Shipments))
}

/// Returns the old key, and the recipient's data in the directory. Address and contacts of the old order are not kept.
async fn proposed(state: &ConsoleState, old: &Shipment) -> Values {
    let mut values = Values::default();
    values.put(Member::UserId, old.user().map(ToString::to_string));
    if let Some(key) = old.keys().first() {
        values.put(Member::ProductId, Some(key.product.product_id.to_string()));
        values.put(Member::InventoryProductId, Some(key.product.inventory_product_id.to_string()));
        values.put(Member::CustomizationId, Some(key.product.customization_id.clone()));
        values.put(Member::PinLength, Some(key.pin_length.get().to_string()));
    }
    values.put(Member::Reference, old.info().reference.clone());
    let Some(user) = old.user() else { return values };
    // Without an answer, the user enters the data.
    if let Ok(found) = state.engine.recipients.get(user).await
        && let Some(profile) = found.profile
    {
        values.fill(profile.recipient, profile.address);
    }
    values
}

async fn show(state: &ConsoleState, visitor: &Visitor, old: &Shipment, status: StatusCode, form: Form) -> Response {
    let Form { values, key, reason, findings, refusal } = form;
    let frame = visitor.frame(Place::Shipments);
    let offer = Offer::read(&state.engine.preflight).await;
    let person = old.user().map_or_else(|| frame.m.unknown_person.to_owned(), ToString::to_string);
    let shown = ReplacePage {
        shipment: format!("/console/shipments/{}", old.id()),
        people: people::person(&person),
        person,
        is_possible: is_replaceable(old.phase().name()),
        key,
        reason,
        groups: groups(frame.m, &values, &offer, &findings, Reading::of(&state.engine), false),
        findings,
        refusal,
        frame,
    };
    page(status, &shown)
}
