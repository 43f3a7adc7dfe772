//! Tests of requesting a shipment's status.

use keyferry_domain::{DeliveryId, DeliveryService as _, Effect, FailureKind, Operation, Party};
use serde_json::json;

use crate::testing::World;
use crate::testing::service::{Fault, SHIPMENT};

#[tokio::test]
async fn returns_state_items_and_correlation_id() {
    let world = World::new().await;
    let shipment = json!({
        "shipment_id": SHIPMENT,
        "shipment_state": { "shipment_state_id": 103 },
        "shipment_items": [{ "product_data": [{
            "serial_number": "3632071", "firmware_version": "5.7.4",
            "fido_pin_response": "p", "fido_credential_responses": ["c"],
        }] }],
    });
    world.service.shared.shipments.lock().unwrap().insert(SHIPMENT.into(), shipment);
    let status = world.delivery.status(&DeliveryId::new(SHIPMENT)).await.unwrap();
    assert_eq!(status.state.id, Some(103));
    assert_eq!(status.items[0].hardware.serial.as_str(), "3632071");
    assert_eq!(status.correlation.len(), 36);
}

#[tokio::test]
async fn unknown_shipment_is_404() {
    let world = World::new().await;
    let failure = world.delivery.status(&DeliveryId::new("gone")).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Answered { status: 404, code: Some("not_found".into()) });
    assert_eq!((failure.party, failure.operation), (Party::DeliveryService, Operation::ShipmentStatus));
}

#[tokio::test]
async fn id_cannot_change_the_path() {
    let world = World::new().await;
    let failure = world.delivery.status(&DeliveryId::new("../x?y#z/é")).await.unwrap_err();
    assert_eq!(failure.status(), Some(404));
    assert_eq!(*world.service.shared.paths.lock().unwrap(), ["/v1/fpr/shipments/..%2Fx%3Fy%23z%2F%C3%A9"]);
    for bad in ["", ".", ".."] {
        let failure = world.delivery.status(&DeliveryId::new(bad)).await.unwrap_err();
        assert_eq!(failure.code(), Some("unusable-shipment-id"));
    }
}

#[tokio::test]
async fn malformed_response_does_not_leak_values() {
    for body in [
        "<html>hello</html>",
        r#"{"shipment_items":"hello"}"#,
        r#"{"shipment_items":[{"product_data":[{"fido_pin_response":"hello"}]}]}"#,
        r#"{"shipment_items":[{"product_data":[{"serial_number":["hello"]}]}]}"#,
    ] {
        let world = World::new().await;
        world.service.fail(Fault::Answer(200, body));
        let failure = world.delivery.status(&DeliveryId::new(SHIPMENT)).await.unwrap_err();
        assert_eq!((&failure.kind, failure.effect), (&FailureKind::InvalidResponse, Effect::None));
        assert!(!failure.to_string().contains("hello"), "{failure}");
    }
}

#[tokio::test]
async fn failed_status_request_never_has_an_effect() {
    for status in [302, 408, 429, 500, 503] {
        let world = World::new().await;
        world.service.fail(Fault::Answer(status, ""));
        let failure = world.delivery.status(&DeliveryId::new(SHIPMENT)).await.unwrap_err();
        assert_eq!((failure.status(), failure.effect), (Some(status), Effect::None));
    }
}
