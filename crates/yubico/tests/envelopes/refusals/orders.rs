//! Sound responses in the wrong place or at the wrong time.

use chrono::TimeDelta;
use keyferry_yubico::RefusalCode;
use serde_json::json;

use super::{rules, scene::scene};
use crate::world::{Prepared, World};

rules! {
    the_answer_to_another_order_is_refused_even_in_this_orders_envelope:
        "answer to another order in this order's envelope" => WrongRequest;
}

const KINDS: [&str; 2] = ["credential", "pin"];

async fn code(world: &World, kind: &str, order: &Prepared, envelope: &str) -> String {
    let failure = world.open(kind, order, envelope).await.unwrap_err();
    failure.code().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn two_responses_exchanged_between_shipments_are_refused() {
    let Some(scene) = scene().await else { return };
    let world = scene.world().await;
    for kind in KINDS {
        for (order, other) in [(0, 1), (1, 0)] {
            let code = code(&world, kind, &scene.orders[order], &scene.sound[other][kind]).await;
            assert_eq!(code, RefusalCode::WrongResponseKey.as_str(), "{kind}");
        }
    }
}

#[tokio::test]
async fn the_two_responses_of_a_shipment_exchanged_are_refused() {
    let Some(scene) = scene().await else { return };
    let world = scene.world().await;
    for (kind, other) in [("credential", "pin"), ("pin", "credential")] {
        let code = code(&world, kind, &scene.orders[0], &scene.sound[0][other]).await;
        assert_eq!(code, RefusalCode::WrongType.as_str(), "{kind}");
    }
}

/// The same person's earlier order, even to a receiver that had kept its response key.
#[tokio::test]
async fn a_replay_of_an_old_response_is_refused() {
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
        assert_eq!(code(&world, kind, new, replayed).await, RefusalCode::WrongResponseKey.as_str());
        assert_eq!(code(&world, kind, &mixed_up, replayed).await, RefusalCode::WrongRequest.as_str());
    }
}

/// Signed by a key that was sound and is withdrawn: refused as soon as the published keys are asked for again.
#[tokio::test]
async fn an_old_response_is_refused_when_its_signing_key_was_withdrawn() {
    let Some(scene) = scene().await else { return };
    let world = scene.world().await;
    for kind in KINDS {
        world.open(kind, &scene.orders[0], &scene.sound[0][kind]).await.unwrap();
    }
    world.publish_signing_keys(json!({ "keys": [scene.keys["jwks_sign"]["keys"][1]] }));
    world.clock.advance(TimeDelta::minutes(10));
    for kind in KINDS {
        let code = code(&world, kind, &scene.orders[0], &scene.sound[0][kind]).await;
        assert_eq!(code, RefusalCode::UnknownSigningKey.as_str(), "{kind}");
    }
}
