//! `GET` and `POST /console/shipments/{id}/address`: an operator gives the address in place of the person.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::may;
use keyferry_domain::RecipientDraft;
use keyferry_sheet::Member;
use serde_json::{Map, Value, json};

use super::find::find;
use crate::frame::{Frame, Place, page};
use crate::operations::Refusal;
use crate::order_form::{Finding, Group, Offer, Values, address_groups};
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::{Allowed, Submitted, Visitor};

#[derive(Template)]
#[template(path = "address.html")]
struct AddressPage {
    frame: Frame,
    person: String,
    /// Address of the shipment.
    shipment: String,
    is_possible: bool,
    groups: Vec<Group>,
    refusal: Option<Refusal>,
}

/// Members of a request that are data of the recipient.
const RECIPIENT: &str = "recipient_";

/// Shows the form.
pub(crate) async fn ask_address(
    State(state): State<ConsoleState>,
    Allowed(visitor, ..): Allowed<may::GiveAddress>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    show(&state, &visitor, &id, &Values::default(), None).await
}

/// Gives the address, as the API's operation does, and returns to the shipment.
pub(crate) async fn give_address(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Submitted(visitor, fields, ..): Submitted<may::GiveAddress, Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let details = find(&state, &visitor, &id).await?;
    let id = details.shipment.id().to_string();
    let values = Values::of_form(&fields);
    match visitor.ask(&state, Method::PUT, &format!("/v1/shipments/{id}/address"), Some(body(&values))).await {
        Ok(_) => {
            tracing::info!(shipment = id, caller = %visitor.principal().caller(), "operator gave an address");
            Ok(Redirect::to(&format!("/console/shipments/{id}")).into_response())
        }
        Err(refusal) => show(&state, &visitor, &id, &values, Some(refusal)).await,
    }
}

/// Returns the body of the operation.
fn body(values: &Values) -> Value {
    let mut parts = [Map::new(), Map::new()];
    for (name, value) in values.iter() {
        parts[usize::from(!name.starts_with(RECIPIENT))].insert(name.to_owned(), Value::from(value));
    }
    let [recipient, address] = parts;
    json!({ "recipient": recipient, "mailing_address": address })
}

async fn show(
    state: &ConsoleState,
    visitor: &Visitor,
    id: &str,
    values: &Values,
    refusal: Option<Refusal>,
) -> Result<Response, Problem> {
    let details = find(state, visitor, id).await?;
    let shipment = &details.shipment;
    let frame = visitor.frame(Place::Shipments);
    let offer = Offer::read(&state.engine.preflight).await;
    let waiting = state.engine.addresses.look_as_operator(&shipment.id().to_string()).await;
    let recipient = waiting.as_ref().map_or_else(|_| RecipientDraft::default(), |waiting| waiting.recipient.clone());
    let findings: Vec<_> = refusal.iter().filter_map(of_refusal).collect();
    let shown = AddressPage {
        person: shipment.user().map_or_else(|| frame.m.unknown_person.to_owned(), ToString::to_string),
        shipment: format!("/console/shipments/{}", shipment.id()),
        is_possible: waiting.is_ok(),
        groups: address_groups(frame.m, values, &offer, &findings, &recipient),
        frame,
        refusal,
    };
    Ok(page(shown.refusal.as_ref().map_or(StatusCode::OK, |refusal| refusal.status), &shown))
}

/// Returns the finding about a field, if the operation named one.
fn of_refusal(refusal: &Refusal) -> Option<Finding> {
    let member = refusal.field.as_deref().and_then(Member::find)?;
    Some(Finding {
        is_error: true,
        member: Some(member),
        code: String::new(),
        message: refusal.message.clone(),
        remedy: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_has_what_was_entered_in_its_two_parts() {
        let fields = [("city", "London"), ("recipient_telephone", "7"), ("csrf", "x")];
        let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let expected = json!({ "recipient": { "recipient_telephone": "7" }, "mailing_address": { "city": "London" } });
        assert_eq!(body(&Values::of_form(&fields)), expected);
    }
}
