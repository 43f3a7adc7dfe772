//! Accepted orders, and every way in which an order fails.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::Method;
use keyferry_access::Role;
use keyferry_domain::{FailureKind, Operation, Party};
use keyferry_engine::PrivilegedUsers;
use keyferry_testkit::failures::failure as failure_of;
use serde_json::json;

use crate::testing::show::show;
use crate::testing::world::{World, answered, limits, order, order_with, request_with};

#[tokio::test]
async fn returns_id_of_the_delivery_service() {
    insta::assert_snapshot!(World::new().order(&order()).await);
}

#[tokio::test]
async fn rejects_unknown_user() {
    let world = World::new();
    world.outside.creation_options.fails(answered(
        Party::IdentityProvider,
        Operation::CreationOptions,
        404,
        Some("Request_ResourceNotFound"),
        "Graph answered 404",
    ));
    let id = "7dc95e2f-53b1-4b0a-9b7c-0d5b7e6f2a11";
    insta::assert_snapshot!(world.order(&order_with("/user_id", Some(json!(id)))).await);
}

#[tokio::test]
async fn passes_on_refusals_of_other_services() {
    let mut answers = Vec::new();
    for (party, status, code, message) in [
        (Party::DeliveryService, 400, Some("validation_error"), "Input for Last Name exceeded limit of 20 characters"),
        (Party::DeliveryService, 400, Some("inventory_error"), "Not enough inventory"),
        (Party::DeliveryService, 401, None, "the delivery service answered 401"),
        (Party::DeliveryService, 429, None, "the delivery service answered 429"),
        (Party::DeliveryService, 403, None, "the delivery service answered 403"),
    ] {
        let world = World::new();
        world.outside.order.fails(answered(party, Operation::Order, status, code, message));
        answers.push(world.order(&order()).await);
    }
    for (party, operation, status) in [
        (Party::TokenEndpoint, Operation::AcquireToken, 401),
        (Party::IdentityProvider, Operation::CreationOptions, 400),
        (Party::IdentityProvider, Operation::CreationOptions, 403),
        (Party::IdentityProvider, Operation::CreationOptions, 503),
    ] {
        let world = World::new();
        let failure = answered(party, operation, status, Some("someCode"), "it answered no");
        world.outside.creation_options.fails(failure);
        answers.push(world.order(&order()).await);
        assert_eq!(world.outside.orders.load(Ordering::SeqCst), 0);
    }
    insta::assert_snapshot!(answers.join("\n\n"));
}

#[tokio::test]
async fn passes_on_retry_after() {
    let world = World::new();
    let mut failure = answered(Party::IdentityProvider, Operation::CreationOptions, 429, None, "Graph answered 429");
    failure.retry_after = Some(Duration::from_millis(7_500));
    world.outside.creation_options.fails(failure);
    insta::assert_snapshot!(world.order(&order()).await);
}

#[tokio::test]
async fn returns_shipment_id_after_lost_answer() {
    let world = World::new();
    let failure = failure_of(Party::DeliveryService, Operation::Order, FailureKind::TimedOut, "no answer within 75 s");
    world.outside.order.fails(failure.with_unknown_effect());
    let answer = world.order(&order()).await;
    let id = world.shipment().id().to_string();
    assert!(answer.contains(&id));
    insta::assert_snapshot!(format!("{answer}\n\n{}", world.get(&format!("/v1/fpr/shipments/{id}")).await));
}

#[tokio::test]
async fn time_budget_ends_before_or_during_the_order() {
    let before = World::new();
    before.outside.creation_options.hangs();
    let during = World::new();
    during.outside.order.hangs();
    insta::assert_snapshot!(format!("{}\n\n{}", before.order(&order()).await, during.order(&order()).await));
}

#[tokio::test]
async fn store_fails_before_or_after_the_order() {
    let before = World::new();
    before.store.down.store(true, Ordering::SeqCst);
    let after = World::new();
    after.store.read_only.store(true, Ordering::SeqCst);
    insta::assert_snapshot!(format!("{}\n\n{}", before.order(&order()).await, after.order(&order()).await));
    assert_eq!(before.outside.orders.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn crashed_task_may_have_ordered() {
    let world = World::new();
    world.outside.order.panics();
    insta::assert_snapshot!(world.order(&order()).await);
}

#[tokio::test]
async fn rejects_contacts_and_second_orders_if_not_allowed() {
    let contacts = order_with("/enrollment_contacts", Some(json!({"emails_to": ["eve@elsewhere.example"]})));
    let world = World::with(|settings| settings.one_open_order_per_user = true);
    let mut answers = vec![world.order(&contacts).await];
    world.order(&order()).await;
    answers.push(world.order(&order()).await);
    insta::assert_snapshot!(answers.join("\n\n"));
    assert_eq!(world.outside.orders.load(Ordering::SeqCst), 1);
    let additional = world.order(&order_with("/additional", Some(json!(true)))).await;
    assert!(additional.starts_with("201") && !additional.contains("keyferry-warning"), "{additional}");
}

#[tokio::test]
async fn rejects_pin_shorter_than_the_organisation_permits() {
    let world = World::with(|settings| settings.min_pin_length = 9.try_into().unwrap());
    let refused = world.order(&order()).await;
    assert!(refused.starts_with("400") && refused.contains("\"pin_request.length\""), "{refused}");
    assert!(refused.contains("PIN `length` must be at least 9 (KEYFERRY_MIN_PIN_LENGTH)"), "{refused}");
    assert_eq!(world.outside.orders.load(Ordering::SeqCst), 0);
    let longer = order_with("/pin_request/length", Some(json!(9)));
    assert!(world.order(&longer).await.starts_with("201"));
}

#[tokio::test]
async fn records_allowed_contacts() {
    let contacts = order_with("/enrollment_contacts", Some(json!({"emails_to": ["max@contoso.example"]})));
    let world = World::with(|settings| settings.contact_domains = vec!["contoso.example".into()]);
    assert!(world.order(&contacts).await.starts_with("201"));
    assert_eq!(world.shipment().enrollment_contacts()[0].as_str(), "max@contoso.example");
}

#[tokio::test]
async fn idempotency_key_returns_same_response_and_one_shipment() {
    let world = World::new();
    let first = world.order_with_key("\"key-1\"", &order()).await;
    let second = world.order_with_key("key-1", &order()).await;
    assert!(first.starts_with("201") && !first.contains("idempotency-replayed"), "{first}");
    assert_eq!(second.replace("\nidempotency-replayed: true", ""), first);
    assert!(second.contains("idempotency-replayed: true"), "{second}");
    assert_eq!(world.outside.orders.load(Ordering::SeqCst), 1);
    let other_body = world.order_with_key("key-1", &order_with("/user_id", Some(json!("ben@contoso.example")))).await;
    let bad_key = world.order_with_key("two words", &order()).await;
    insta::assert_snapshot!(format!("{other_body}\n\n{bad_key}"));
    assert_eq!(world.outside.orders.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn checks_limits_of_the_delivery_service_first() {
    let long = order_with("/yubico_shipment_request/recipient/recipient_lastname", Some(json!("x".repeat(21))));
    let world = World::new();
    // A call to the identity provider would hang.
    world.outside.creation_options.hangs();
    insta::assert_snapshot!(world.order(&long).await);
}

/// In the mode `drop-in`, too, only the role in the token counts.
#[tokio::test]
async fn only_the_role_admin_orders_for_privileged_users() {
    let world = World::with(|settings| settings.privileged_users = PrivilegedUsers::Refuse);
    let order_by = async |role: &str| {
        let request = request_with(&[role], Method::POST, "/v1/fpr/shipments", order().to_string());
        show(world.send(request).await).await
    };
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Admin) {
        let answer = order_by(role.as_str()).await;
        assert!(answer.starts_with("400"), "{role}: {answer}");
        assert_eq!(world.outside.orders.load(Ordering::SeqCst), 0, "{role}");
    }
    insta::assert_snapshot!("privileged_user", order_by("Keyferry.Order").await);
    let answer = order_by("Keyferry.Admin").await;
    assert!(answer.starts_with("201"), "{answer}");
    assert_eq!(world.outside.orders.load(Ordering::SeqCst), 1);
}

/// The identity provider's answers tell a caller who exists, so asking counts, too.
#[tokio::test]
async fn refusal_of_the_user_counts_for_the_caller_and_not_for_the_person() {
    let mut world = World::with(|settings| settings.min_pin_length = 6.try_into().unwrap());
    world.state.limits = limits(&world, |settings, quota| {
        settings.orders_per_caller = quota("3/hour");
        settings.orders_per_person = quota("1/hour");
    });
    let refuse = |status| {
        let (party, operation) = (Party::IdentityProvider, Operation::CreationOptions);
        world.outside.creation_options.fails(answered(party, operation, status, None, "it answered no"));
    };
    for (pointer, value) in [
        ("/pin_request/length", json!(4)),
        ("/enrollment_contacts", json!({"emails_to": ["it@elsewhere.example"]})),
        ("/user_id", json!("")),
    ] {
        let answer = world.order(&order_with(pointer, Some(value))).await;
        assert!(answer.starts_with("400"), "{answer}");
    }
    for _ in 0..3 {
        refuse(503);
        assert!(world.order(&order()).await.starts_with("502"), "an outage is not the caller's fault");
    }
    for _ in 0..2 {
        refuse(404);
        assert!(world.order(&order()).await.starts_with("400"));
    }
    assert!(world.order(&order()).await.starts_with("201"));
    let answer = world.order(&order_with("/user_id", Some(json!("ben@contoso.example")))).await;
    assert!(answer.starts_with("429") && answer.contains("KEYFERRY_ORDERS_PER_CALLER"), "{answer}");
}
