//! Tests through the router, with test doubles.

use axum::http::{Method, StatusCode, header};
use keyferry_domain::{Failure, FailureKind, Operation, Party};
use keyferry_testkit::failures::failure as failure_of;
use serde_json::{Value, json};

use crate::testing::show::show;
use crate::testing::world::{World, order, request_of_user, request_with, shipment_path};

fn letter() -> Value {
    json!({ "address": ["Grace Hopper", "Main Street 1"] })
}

async fn world() -> World {
    let world = World::with(|settings| settings.pin_letters = true);
    world.order(&order()).await;
    world.register();
    world
}

/// Requests a letter as a user with the role.
async fn print(world: &World, body: &Value) -> axum::response::Response {
    let path = shipment_path("/pin-letter");
    world.send(request_of_user(&["Keyferry.Pin"], Method::POST, &path, body.to_string())).await
}

async fn refused(world: &World, body: &Value) -> String {
    show(print(world, body).await).await
}

fn no_manager() -> Failure {
    let kind = FailureKind::Found("no-manager");
    failure_of(Party::PinDelivery, Operation::ResolveAddressee, kind, "the user has no manager")
}

#[tokio::test]
async fn letter_is_a_pdf_file_that_no_cache_keeps() {
    let world = world().await;
    let answer = print(&world, &letter()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    for (name, value) in [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"pin-letter.pdf\""),
    ] {
        assert_eq!(answer.headers()[name], value);
    }
    let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    assert!(bytes.starts_with(b"%PDF-") && bytes.len() > 10_000);
    assert_eq!(world.shipment().state(), "complete");
}

#[tokio::test]
async fn only_a_user_with_the_role_prints_and_only_if_letters_are_on() {
    let off = World::new();
    off.order(&order()).await;
    off.register();
    let answer = refused(&off, &letter()).await;
    assert!(answer.starts_with("409") && answer.contains("KEYFERRY_PIN_LETTERS=on"), "{answer}");

    let world = world().await;
    let path = shipment_path("/pin-letter");
    let application = request_with(&["Keyferry.Pin"], Method::POST, &path, letter().to_string());
    let answer = show(world.send(application).await).await;
    assert!(answer.starts_with("403") && answer.contains("for a signed-in user only"), "{answer}");
    let other = request_of_user(&["Keyferry.Operate", "Keyferry.Admin"], Method::POST, &path, letter().to_string());
    let answer = show(world.send(other).await).await;
    assert!(answer.starts_with("403"), "{answer}");
    assert_eq!(world.shipment().state(), "ongoing");
}

#[tokio::test]
async fn what_cannot_be_printed_wastes_no_release() {
    let world = world().await;
    for (body, message) in [
        (json!({}), "address"),
        (json!({ "address": [] }), "1 to 6 lines"),
        (json!({ "address": ["a", "b", "c", "d", "e", "f", "g"] }), "1 to 6 lines, got 7"),
        (json!({ "address": [""] }), "`address[0]`"),
        (json!({ "address": ["x", "a\nb"] }), "`address[1]`"),
        (json!({ "address": ["x"], "language": "fr" }), "`language`"),
        (json!({ "address": ["x"], "reason": "" }), "`reason`"),
        (json!({ "address": ["王小明"] }), "the address contains 王 (U+738B)"),
        (json!({ "address": ["x"], "user_name": "عمر" }), "the name of the user contains ع (U+0639)"),
        (json!({ "address": ["W".repeat(60)] }), "wider than its 80 mm"),
    ] {
        let answer = refused(&world, &body).await;
        assert!(answer.starts_with("400") && answer.contains(message), "{body}: {answer}");
    }
    assert_eq!(world.shipment().state(), "ongoing");
    assert!(print(&world, &letter()).await.status().is_success());
}

/// A place without mail: no addressee is found, and a reason releases the PIN all the same.
#[tokio::test]
async fn release_without_addressee_needs_a_reason() {
    let world = world().await;
    world.outside.manager.fails(no_manager());
    let answer = refused(&world, &letter()).await;
    assert!(answer.starts_with("409") && answer.contains(r#""code": "no-addressee""#), "{answer}");
    assert!(answer.contains("Send a `reason`"), "{answer}");
    world.outside.manager.fails(no_manager());
    let mut body = letter();
    body["reason"] = json!("no mail on the ship");
    assert!(print(&world, &body).await.status().is_success());
    let history = world.get(&shipment_path("")).await;
    assert!(history.contains("no mail on the ship") && history.contains("pin_released"), "{history}");
    assert!(!history.contains("Main Street"), "the address is stored nowhere: {history}");
}
