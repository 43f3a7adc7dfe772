//! Tests of the deletion of an order.

use keyferry_domain::ports::Deletion;
use keyferry_domain::{DeliveryId, DeliveryService as _, FailureClass, Operation};
use serde_json::json;

use crate::testing::World;
use crate::testing::service::{Fault, SHIPMENT};

fn id() -> DeliveryId {
    DeliveryId::new(SHIPMENT)
}

#[tokio::test]
async fn deletes_order_with_one_call() {
    let world = World::new().await;
    world.service.shared.shipments.lock().unwrap().insert(SHIPMENT.into(), json!({}));
    assert_eq!(world.delivery.cancel(&id()).await, Ok(Deletion::Accepted));
    assert!(world.service.shared.shipments.lock().unwrap().is_empty());
    assert_eq!(*world.service.shared.paths.lock().unwrap(), [format!("DELETE /v1/fpr/shipments/{SHIPMENT}")]);
}

/// A service without the call refuses it, which is not a failure of the connector.
#[tokio::test]
async fn refusal_is_a_decision() {
    for status in [400, 403, 404, 405, 409, 410, 422, 501] {
        let world = World::new().await;
        world.service.fail(Fault::Answer(status, r#"{"message": "it is too late"}"#));
        let reason = "the delivery service refused: it is too late".to_owned();
        assert_eq!(world.delivery.cancel(&id()).await, Ok(Deletion::NotPossible { reason }), "{status}");
    }
}

#[tokio::test]
async fn no_decision_is_a_failure() {
    for (status, class) in [
        (401, FailureClass::AppCredentialRefused),
        (429, FailureClass::Throttled),
        (500, FailureClass::Unavailable),
        (503, FailureClass::Unavailable),
        (302, FailureClass::Unexpected),
    ] {
        let world = World::new().await;
        world.service.fail(Fault::Answer(status, ""));
        let failure = world.delivery.cancel(&id()).await.unwrap_err();
        assert_eq!((failure.operation, failure.class()), (Operation::CancelShipment, class), "{status}");
    }
    let world = World::new().await;
    assert_eq!(world.delivery.cancel(&DeliveryId::new("..")).await.unwrap_err().code(), Some("unusable-shipment-id"));
}

#[tokio::test]
async fn setting_switches_the_call_off() {
    let world = World::with(|settings| settings.delete_cancelled = false).await;
    let reason = "KEYFERRY_DELETE_CANCELLED_ORDERS is false".to_owned();
    assert_eq!(world.delivery.cancel(&id()).await, Ok(Deletion::NotPossible { reason }));
    assert!(world.service.shared.paths.lock().unwrap().is_empty());
}
