//! Tests through the router, with test doubles.

use std::sync::atomic::Ordering;

use axum::http::Method;
use keyferry_domain::{Failure, FailureKind, Operation, Party};
use keyferry_testkit::failures::failure as failure_of;

use crate::testing::doubles::SHIPMENT;
use crate::testing::show::show;
use crate::testing::world::{World, answered, limits, order, request_with, shipment_path};

/// The PIN delivery did not answer.
fn lost() -> Failure {
    let failure = failure_of(Party::PinDelivery, Operation::DeliverPin, FailureKind::TimedOut, "no answer");
    failure.with_unknown_effect()
}

fn resend() -> String {
    format!("/v1/operations/resend-pin/{SHIPMENT}")
}

#[tokio::test]
async fn resends_pin_by_get_and_post() {
    let world = World::new();
    world.order(&order()).await;
    world.register();
    let ours = shipment_path("/resend-pin");
    for (count, method, path) in [(1, Method::GET, &resend()), (2, Method::POST, &resend()), (3, Method::POST, &ours)] {
        assert_eq!(world.call(method, path, "").await, "204 No Content");
        assert_eq!(world.outside.mails.load(Ordering::SeqCst), count);
    }
}

#[tokio::test]
async fn rejects_resend_before_registration() {
    let world = World::new();
    world.order(&order()).await;
    insta::assert_snapshot!(world.get(&resend()).await);
}

#[tokio::test]
async fn each_failure_has_its_own_response() {
    let mut answers = Vec::new();
    let world = World::new();
    world.order(&order()).await;
    world.register();
    let ask = |status| answered(Party::DeliveryService, Operation::ShipmentStatus, status, None, "it answered no");
    for status in [404, 401, 429, 500] {
        world.outside.status.fails(ask(status));
        answers.push(world.get(&resend()).await);
    }
    let (party, operation) = (Party::PinDelivery, Operation::DeliverPin);
    world.outside.delivery.fails(answered(party, operation, 550, Some("5.1.1"), "the mail server answered 550"));
    answers.push(world.get(&resend()).await);
    world.outside.delivery.fails(lost());
    answers.push(world.get(&resend()).await);
    world.outside.manager.fails(failure_of(
        Party::PinDelivery,
        Operation::ResolveAddressee,
        FailureKind::Found("no-manager"),
        "the user has no manager",
    ));
    answers.push(world.get(&resend()).await);
    world.store.secrets.lock().unwrap().clear();
    answers.push(world.get(&resend()).await);
    insta::assert_snapshot!(answers.join("\n\n"));
    assert_eq!(world.outside.mails.load(Ordering::SeqCst), 0);
}

/// Both the PIN response alone and the whole key can be gone.
#[tokio::test]
async fn pin_response_that_is_gone_upstream_is_410() {
    let world = World::new();
    world.order(&order()).await;
    world.register();
    world.outside.pin_gone.store(true, Ordering::SeqCst);
    let answer = world.get(&resend()).await;
    assert!(answer.starts_with("410 Gone"), "{answer}");
    assert!(answer.contains(r#""error_code": "ye_error""#) && answer.contains(r#""code": "pin-missing""#), "{answer}");
    assert!(answer.contains("The PIN was not sent."), "{answer}");
    world.outside.key_gone.store(true, Ordering::SeqCst);
    let answer = world.get(&resend()).await;
    assert!(answer.starts_with("410 Gone"), "{answer}");
    assert!(answer.contains(r#""code": "responses-missing""#) && answer.contains("The PIN was not sent."), "{answer}");
    assert_eq!(world.outside.mails.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn rejects_head_without_sending_the_pin() {
    let world = World::new();
    world.order(&order()).await;
    world.register();
    let answer = world.call(Method::HEAD, &resend(), "").await;
    assert!(answer.starts_with("405") && answer.contains("allow: GET,POST"), "{answer}");
    assert_eq!(world.outside.mails.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn takes_an_optional_reason() {
    let world = World::new();
    world.order(&order()).await;
    world.register();
    assert_eq!(world.call(Method::POST, &resend(), "{}").await, "204 No Content");
    assert_eq!(world.call(Method::POST, &resend(), r#"{"reason": "lost mail"}"#).await, "204 No Content");
    for wrong in [r#"{"reason": ""}"#, r#"{"reason": 7}"#, "[]", "no JSON"] {
        let answer = world.call(Method::POST, &resend(), wrong).await;
        assert!(answer.starts_with("400 Bad Request") && answer.contains("validation"), "{wrong}: {answer}");
    }
    assert_eq!(world.outside.mails.load(Ordering::SeqCst), 2);
}

/// Allowed applications may resend only to the unchanged addressee. The role `Keyferry.Pin` and a reason lift the rule.
#[tokio::test]
async fn release_to_changed_addressee_needs_role_and_reason() {
    let world = World::new();
    world.order(&order()).await;
    world.register();
    assert_eq!(world.get(&resend()).await, "204 No Content");
    world.outside.manager_changed.store(true, Ordering::SeqCst);
    const ROLE: &str = "Only a caller with the role Keyferry.Pin";
    let reason = r#"{"reason": "new manager"}"#;
    let ask = async |roles: &[&str], method, body: &'static str| {
        show(world.send(request_with(roles, method, &resend(), body)).await).await
    };
    for (roles, method, body, next) in [
        (&[][..], Method::GET, "", ROLE),
        (&[], Method::POST, reason, ROLE),
        (&["Keyferry.Operate", "Keyferry.Admin"], Method::POST, reason, ROLE),
        (&["Keyferry.Pin"], Method::GET, "", "Send a `reason`"),
        (&["Keyferry.Pin"], Method::POST, "{}", "Send a `reason`"),
    ] {
        let answer = ask(roles, method, body).await;
        assert!(answer.starts_with("409 Conflict"), "{answer}");
        assert!(answer.contains(r#""code": "addressee-changed""#) && answer.contains(next), "{answer}");
        assert!(answer.contains("the addressee changed since the key was registered"), "{answer}");
    }
    assert_eq!(world.outside.mails.load(Ordering::SeqCst), 1);
    assert_eq!(ask(&["Keyferry.Pin"], Method::POST, reason).await, "204 No Content");
    assert_eq!(world.outside.mails.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn resend_counts_unless_nothing_was_sent() {
    let mut world = World::new();
    world.state.limits = limits(&world, |settings, quota| settings.resends_per_person = quota("2/hour"));
    world.order(&order()).await;
    world.register();
    for _ in 0..3 {
        world.outside.delivery.fails(answered(Party::PinDelivery, Operation::DeliverPin, 550, None, "rejected"));
        assert!(world.get(&resend()).await.starts_with("502"));
    }
    for _ in 0..2 {
        world.outside.delivery.fails(lost());
        let answer = world.get(&resend()).await;
        assert!(answer.starts_with("502") && answer.contains("may or may not have been sent"), "{answer}");
    }
    let answer = world.get(&resend()).await;
    assert!(answer.starts_with("429") && answer.contains("KEYFERRY_RESENDS_PER_PERSON"), "{answer}");
}
