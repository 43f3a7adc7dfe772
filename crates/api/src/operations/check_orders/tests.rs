//! Tests through the router, with test doubles.

use std::sync::atomic::Ordering;

use axum::http::Method;
use keyferry_access::{Role, RolesMode};
use serde_json::{Value, json};

use crate::settings::UnknownMembers;
use crate::testing::show::show;
use crate::testing::world::{World, limits, order, order_with, request_with};

const PATH: &str = "/v1/orders/check";

async fn check(world: &World, orders: &[Value]) -> String {
    world.call(Method::POST, PATH, json!({"orders": orders}).to_string()).await
}

fn body(response: &str) -> Value {
    assert!(response.starts_with("200"), "{response}");
    serde_json::from_str(&response[response.find('{').unwrap()..]).unwrap()
}

/// One row is valid, the others are not. All invalid members of a row are reported.
#[tokio::test]
async fn reports_all_findings_of_each_row() {
    let world = World::new();
    let mut wrong = order_with("/yubico_shipment_request/recipient/recipient_email", Some(json!("adele")));
    wrong["pin_request"]["length"] = json!(3);
    wrong["yubico_shipment_request"]["mailing_address"]["city"] = json!(" ");
    wrong["yubico_shipment_request"]["shipment_items"] = json!([]);
    wrong["additonal"] = json!(true);
    let orders = [
        order(),
        wrong,
        order_with("/yubico_shipment_request/recipient/recipient_lastname", Some(json!("x".repeat(21)))),
        order_with("/user_id", None),
        json!("order"),
    ];
    insta::assert_snapshot!(check(&world, &orders).await);
    assert_eq!(world.outside.orders.load(Ordering::SeqCst), 0);
    assert!(world.store.records.lock().unwrap().all().is_empty());
}

#[tokio::test]
async fn rejects_other_bodies() {
    let world = World::new();
    let many: Vec<_> = (0..501).map(|_| json!({})).collect();
    let mut answers = Vec::new();
    for body in [json!([]), json!({}), json!({"orders": []}), json!({"orders": {}}), json!({"orders": many})] {
        answers.push(world.call(Method::POST, PATH, body.to_string()).await);
    }
    insta::assert_snapshot!(answers.join("\n\n"));
}

/// With `KEYFERRY_UNKNOWN_MEMBERS=reject`, an unknown member is an error of its row, or of the request.
#[tokio::test]
async fn unknown_members_can_be_errors() {
    let mut world = World::new();
    world.state.unknown_members = UnknownMembers::Reject;
    let mut misspelt = order();
    misspelt["additonal"] = json!(true);
    let found = body(&check(&world, &[misspelt]).await);
    assert_eq!((&found["errors"], &found["rows"][0]["findings"][0]["member"]), (&json!(1), &json!("additonal")));
    let outer = world.call(Method::POST, PATH, json!({"orders": [order()], "dry_run": true}).to_string()).await;
    assert!(outer.starts_with("400") && outer.contains("dry_run"), "{outer}");
}

/// A caller that may only order learns nothing about orders of others, and can ask about few people only.
#[tokio::test]
async fn checks_of_callers_that_may_only_order_are_limited() {
    let mut world = World::with(|settings| settings.one_open_order_per_user = true);
    world.order(&order()).await;
    world.state.authentication.roles = RolesMode::Enforced;
    world.state.limits = limits(&world, |settings, quota| settings.checks_per_caller = quota("2/hour"));
    let check_as = async |roles: &[&str], names: &[&str]| {
        let orders: Vec<_> = names.iter().map(|name| order_with("/user_id", Some(json!(name)))).collect();
        let body = json!({ "orders": orders }).to_string();
        show(world.send(request_with(roles, Method::POST, PATH, body)).await).await
    };
    let id = crate::testing::doubles::SHIPMENT;
    let adele = "adele@contoso.example";
    let first = check_as(&["Keyferry.Order"], &[adele]).await;
    assert!(first.contains("open-order") && !first.contains(id), "{first}");
    // The request exceeds the limit, so none of its rows counts.
    let refused = check_as(&["Keyferry.Order"], &["a@x.example", "b@x.example"]).await;
    assert!(refused.starts_with("429") && refused.contains("KEYFERRY_CHECKS_PER_CALLER"), "{refused}");
    assert!(check_as(&["Keyferry.Order"], &["a@x.example"]).await.starts_with("200"));
    assert!(check_as(&["Keyferry.Order"], &["a@x.example"]).await.starts_with("429"));
    let informed = check_as(&["Keyferry.Order", "Keyferry.Read"], &[adele, "b@x.example", "c@x.example"]).await;
    assert!(informed.starts_with("200") && informed.contains(id), "{informed}");
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Order) {
        assert!(check_as(&[role.as_str()], &[adele]).await.starts_with("403"), "{role:?}");
    }
}

#[tokio::test]
async fn names_what_neither_order_nor_directory_has() {
    let lacking = [order_with("/yubico_shipment_request/recipient/recipient_telephone", None)];
    let world = World::with(|settings| settings.fill_from_directory = true);
    let found = body(&check(&world, &lacking).await);
    let finding = &found["rows"][0]["findings"][0];
    assert_eq!(finding["code"], "missing-recipient-data");
    assert_eq!(finding["member"], "yubico_shipment_request.recipient.recipient_telephone");
    let found = body(&check(&World::new(), &lacking).await);
    assert_eq!(found["rows"][0]["findings"][0]["code"], "invalid-member");
}
