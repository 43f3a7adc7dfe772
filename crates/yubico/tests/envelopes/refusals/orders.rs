//! Valid responses to another order, and replayed responses.

use chrono::TimeDelta;
use keyferry_yubico::RejectionCode;
use serde_json::json;

use super::{rules, scene::scene};
use crate::world::{Prepared, World};

rules! {
    response_to_another_order_is_rejected_in_this_orders_envelope:
        "answer to another order in this order's envelope" => WrongRequest;
}

const KINDS: [&str; 2] = ["credential", "pin"];

async fn code(world: &World, kind: &str, order: &Prepared, envelope: &str) -> String {
    let failure = world.open(kind, order, envelope).await.unwrap_err();
    failure.code().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn rejects_responses_exchanged_between_shipments() {
    let Some(scene) = scene().await else { return };
    let world = scene.world().await;
    for kind in KINDS {
        for (order, other) in [(0, 1), (1, 0)] {
            let code = code(&world, kind, &scene.orders[order], &scene.sound[other][kind]).await;
            assert_eq!(code, RejectionCode::WrongResponseKey.as_str(), "{kind}");
        }
    }
}

#[tokio::test]
async fn rejects_pin_and_credential_response_exchanged_within_a_shipment() {
    let Some(scene) = scene().await else { return };
    let world = scene.world().await;
    for (kind, other) in [("credential", "pin"), ("pin", "credential")] {
        let code = code(&world, kind, &scene.orders[0], &scene.sound[0][other]).await;
        assert_eq!(code, RejectionCode::WrongType.as_str(), "{kind}");
    }
}

/// The response to an earlier order of the same user is rejected, even if the receiver still has its response key.
#[tokio::test]
async fn rejects_replayed_response() {
    let Some(scene) = scene().await else { return };
    let world = scene.world().await;
    let [old, new] = &scene.orders;
    let mixed_up = Prepared {
        request: new.request,
        response_key: old.response_key.clone(),
        credential_request: String::new(),
        pin_request: String::new(),
        pin_length: new.pin_length,
    };
    for kind in KINDS {
        let replayed = &scene.sound[0][kind];
        assert_eq!(code(&world, kind, new, replayed).await, RejectionCode::WrongResponseKey.as_str());
        assert_eq!(code(&world, kind, &mixed_up, replayed).await, RejectionCode::WrongRequest.as_str());
    }
}

/// A response signed with a withdrawn key is rejected as soon as the published keys are fetched again.
#[tokio::test]
async fn rejects_response_signed_with_withdrawn_key() {
    let Some(scene) = scene().await else { return };
    let world = scene.world().await;
    for kind in KINDS {
        world.open(kind, &scene.orders[0], &scene.sound[0][kind]).await.unwrap();
    }
    world.publish_signing_keys(json!({ "keys": [scene.keys["jwks_sign"]["keys"][1]] }));
    world.clock.advance(TimeDelta::minutes(10));
    for kind in KINDS {
        let code = code(&world, kind, &scene.orders[0], &scene.sound[0][kind]).await;
        assert_eq!(code, RejectionCode::UnknownSigningKey.as_str(), "{kind}");
    }
}
