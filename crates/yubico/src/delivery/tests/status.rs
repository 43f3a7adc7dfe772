//! Tests of requesting a shipment's status.

use keyferry_domain::ports::{DeliveryStatus, PreparedOrder};
use keyferry_domain::{
    DeliveryId, DeliveryService as _, Effect, FailureClass, FailureKind, Operation, Party, Sealer as _,
};
use serde_json::json;

use crate::testing::service::{Fault, SHIPMENT};
use crate::testing::{World, fakes};

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

/// Stores the status of a finished key whose responses belong to the order `n`. Returns the keys of the order.
async fn ship(world: &World, n: u8, delivery_id: &str, named: Option<&str>) -> PreparedOrder {
    let prepared = world.prepare(n).await;
    let (factory, signer) = (&world.factory, &world.factory.signing_key);
    let mut shipment = json!({
        "shipment_state": { "shipment_state_id": 103 },
        "shipment_items": [{ "product_data": [{
            "serial_number": format!("363207{n}"), "firmware_version": "5.7.4",
            "fido_pin_response": factory.pin_response(&prepared.sealed.pin_request).sealed_by(signer),
            "fido_credential_responses":
                [factory.credential_response(&prepared.sealed.credential_requests[0]).sealed_by(signer)],
        }] }],
    });
    if let Some(named) = named {
        shipment["shipment_id"] = json!(named);
    }
    world.service.shared.shipments.lock().unwrap().insert(delivery_id.into(), shipment);
    prepared
}

#[tokio::test]
async fn exchanged_statuses_are_rejected_by_their_ids() {
    let world = World::new().await;
    ship(&world, 1, "first", Some("second")).await;
    ship(&world, 2, "second", Some("first")).await;
    for id in ["first", "second"] {
        let failure = world.delivery.status(&DeliveryId::new(id)).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Found("response-of-another-shipment"));
        assert_eq!((failure.class(), failure.effect), (FailureClass::InvalidResponse, Effect::None));
        assert!(failure.correlation.is_some() && failure.message.contains(id), "{failure}");
        assert!(failure.remedy().contains("proxy"), "{}", failure.remedy());
    }
}

/// Without ids, the sealed responses still name their orders.
#[tokio::test]
async fn exchanged_statuses_without_ids_cannot_be_opened() {
    let world = World::new().await;
    let second = ship(&world, 2, "first", None).await;
    let first = ship(&world, 1, "second", None).await;
    for (n, id, prepared) in [(1, "first", first), (2, "second", second)] {
        let (request, key) = (fakes::shipment(n), &prepared.response_key);
        let status = world.delivery.status(&DeliveryId::new(id)).await.unwrap();
        let item = &status.items[0];
        let credential = world.delivery.open_credential(request, key, &item.credential_responses[0]).await.unwrap_err();
        assert_eq!(credential.code(), Some("wrong-response-key"));
        let pin = world.delivery.open_pin(request, key, item.pin_response.as_ref().unwrap(), fakes::six()).await;
        assert_eq!(pin.err().unwrap().code(), Some("wrong-response-key"));
    }
}

#[tokio::test]
async fn unreadable_information_does_not_stop_a_shipment() {
    let world = World::new().await;
    ship(&world, 1, SHIPMENT, Some(SHIPMENT)).await;
    let asked = DeliveryId::new(SHIPMENT);
    let expected = world.delivery.status(&asked).await.unwrap();
    {
        let mut shipments = world.service.shared.shipments.lock().unwrap();
        let shipment = shipments.get_mut(SHIPMENT).unwrap();
        shipment["carrier"] = json!({ "name": "FEDEX" });
        shipment["tracking_number"] = json!(["7946", "7947"]);
        shipment["shipment_state"]["message"] = json!({ "en": "Shipped" });
    }
    let status = world.delivery.status(&asked).await.unwrap();
    assert_eq!(DeliveryStatus { correlation: expected.correlation.clone(), ..status }, expected);
}

#[tokio::test]
async fn malformed_response_does_not_leak_values() {
    for body in [
        "<html>hello</html>",
        r#"{"shipment_items":"hello"}"#,
        r#"{"shipment_items":[{"product_data":[{"fido_pin_response":"hello"}]}]}"#,
        r#"{"shipment_items":[{"product_data":[{"serial_number":["hello"]}]}]}"#,
        r#"{"shipment_state":{"shipment_state_id":"hello"}}"#,
        r#"{"shipment_id":["hello"]}"#,
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
