//! Misspelt members. The PIN of an order with `enrolment_contacts` goes to the manager instead of the contacts.

use axum::body::to_bytes;
use axum::http::{Method, StatusCode};
use keyferry_domain::{Operation, Party};
use serde_json::{Value, json};

use crate::settings::UnknownMembers;
use crate::testing::world::{World, answered, order, order_with, request};

fn misspelt() -> Value {
    let contacts = json!({"emails_to": ["front-desk@contoso.example"]});
    let mut order = order_with("/enrolment_contacts", Some(contacts));
    order["yubico_shipment_request"]["recipient"]["recipient_mail"] = json!("x");
    order["yubico_shipment_request"]["shipment_items"][0]["product_colour"] = json!("x");
    order
}

/// Sends an order. Returns status, `keyferry-warning` and body.
async fn sent(world: &World, order: &Value) -> (StatusCode, Option<String>, Value) {
    let response = world.send(request(Method::POST, "/v1/fpr/shipments", order.to_string())).await;
    let warning = response.headers().get("keyferry-warning").map(|value| value.to_str().unwrap().to_owned());
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, warning, serde_json::from_slice(&body).unwrap())
}

async fn history(world: &World) -> String {
    let id = world.shipment().id();
    world.get(&format!("/v1/shipments/{id}")).await
}

#[tokio::test]
async fn order_with_unknown_members_is_accepted_and_reported_by_default() {
    let world = World::new();
    let (status, warning, body) = sent(&world, &misspelt()).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    let warning = warning.unwrap();
    let history = history(&world).await;
    for member in [
        "enrolment_contacts (did you mean enrollment_contacts?)",
        "yubico_shipment_request.recipient.recipient_mail",
        "yubico_shipment_request.shipment_items[0].product_colour",
    ] {
        assert!(warning.contains(member), "{member} is not in {warning}");
        assert!(history.contains(member), "{member} is not in {history}");
    }
    assert!(warning.starts_with("unknown members were ignored: "), "{warning}");
    assert!(!warning.contains("front-desk") && !history.contains("front-desk"), "{warning} {history}");
}

#[tokio::test]
async fn order_without_unknown_members_has_no_warning() {
    let world = World::new();
    let (status, warning, _) = sent(&world, &order()).await;
    assert_eq!((status, warning), (StatusCode::CREATED, None));
    assert!(!history(&world).await.contains("unknown members"));
}

#[tokio::test]
async fn order_with_unknown_members_is_rejected_if_so_configured() {
    let mut world = World::new();
    world.state.unknown_members = UnknownMembers::Reject;
    let order = order_with("/enrolment_contacts", Some(json!({"emails_to": ["front-desk@contoso.example"]})));
    let (status, _, body) = sent(&world, &order).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let message = "`enrolment_contacts` is not a member of this request. Did you mean `enrollment_contacts`?";
    assert_eq!(
        body,
        json!({
            "error_code": "api_error",
            "error_message": message,
            "error_data": {"error_type": "validation", "field": "enrolment_contacts"},
        })
    );
    assert!(world.store.records.lock().unwrap().all().is_empty());
}

#[tokio::test]
async fn misspelt_required_member_is_rejected_with_suggestion() {
    let mut world = World::new();
    world.state.unknown_members = UnknownMembers::Reject;
    let mut order = order_with("/pin_reqest", Some(order()["pin_request"].clone()));
    order.as_object_mut().unwrap().remove("pin_request");
    let (_, _, body) = sent(&world, &order).await;
    assert_eq!(body["error_data"]["field"], "pin_reqest");
}

#[tokio::test]
async fn refusal_reports_unknown_members_as_well() {
    let world = World::new();
    // Its cause is the misspelt member itself.
    let mut missing = order_with("/pin_reqest", Some(order()["pin_request"].clone()));
    missing.as_object_mut().unwrap().remove("pin_request");
    // Other causes: an invalid member, a limit, and an unknown user.
    let mut invalid = misspelt();
    invalid["pin_request"]["length"] = json!(1);
    let mut over_limit = misspelt();
    over_limit["yubico_shipment_request"]["recipient"]["recipient_lastname"] = json!("x".repeat(500));
    let mut unknown_user = misspelt();
    unknown_user["user_id"] = json!("nobody@contoso.example");
    let code = Some("Request_ResourceNotFound");
    let not_found = answered(Party::IdentityProvider, Operation::CreationOptions, 404, code, "Graph answered 404");
    world.outside.creation_options.fails(not_found);
    for (order, member) in [
        (missing, "pin_reqest (did you mean pin_request?)"),
        (invalid, "enrolment_contacts (did you mean enrollment_contacts?)"),
        (over_limit, "enrolment_contacts (did you mean enrollment_contacts?)"),
        (unknown_user, "enrolment_contacts (did you mean enrollment_contacts?)"),
    ] {
        let (status, warning, body) = sent(&world, &order).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(warning.as_ref().is_some_and(|warning| warning.contains(member)), "{warning:?} {body}");
    }
    assert!(world.store.records.lock().unwrap().all().is_empty());
}

#[tokio::test]
async fn unknown_members_are_ignored_silently_if_so_configured() {
    let mut world = World::new();
    world.state.unknown_members = UnknownMembers::Ignore;
    let (status, warning, _) = sent(&world, &misspelt()).await;
    assert_eq!((status, warning), (StatusCode::CREATED, None));
    assert!(!history(&world).await.contains("enrolment_contacts"));
}
