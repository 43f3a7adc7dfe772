//! Tests of opening valid responses and valid responses to another order.

use keyferry_domain::{FailureKind, Operation, Party, Sealer as _, SecretBytes};
use keyferry_jose::{ContentEncryption, KeyManagement, SigningKey};
use serde_json::json;

use crate::testing::factory::PIN;
use crate::testing::{World, fakes};

#[tokio::test]
async fn opens_credential_response() {
    let world = World::new().await;
    let prepared = world.prepare(1).await;
    let reply = world.factory.credential_response(&prepared.sealed.credential_requests[0]);
    let envelope = reply.sealed_by(&world.factory.signing_key);
    let opened = world.delivery.open_credential(fakes::shipment(1), &prepared.response_key, &envelope).await.unwrap();
    assert_eq!(opened.serial.as_str(), "3632071");
    assert_eq!(opened.firmware.as_deref(), Some("5.7.4"));
    assert_eq!(json!(opened.registration_response), reply.payload["credential"]);
}

#[tokio::test]
async fn opens_pin_response_repeatedly() {
    let world = World::new().await;
    let prepared = world.prepare(1).await;
    let reply = world.factory.pin_response(&prepared.sealed.pin_request);
    let envelope = reply.sealed_by(&world.factory.signing_key);
    for _ in 0..2 {
        let opened =
            world.delivery.open_pin(fakes::shipment(1), &prepared.response_key, &envelope, fakes::six()).await.unwrap();
        assert_eq!(opened.pin.expose(), PIN);
        assert_eq!(opened.serial.as_str(), "3632071");
        assert!(opened.change_on_first_use);
    }
    assert_eq!(world.service.shared.signing.fetched(), 1);
}

#[tokio::test]
async fn opens_response_with_any_accepted_algorithm() {
    let world = World::with(|settings| {
        settings.accepted_algs = vec![KeyManagement::EcdhEs];
        settings.accepted_encs = vec![ContentEncryption::A192Gcm];
    })
    .await;
    let prepared = world.prepare(1).await;
    let mut reply = world.factory.pin_response(&prepared.sealed.pin_request);
    (reply.alg, reply.enc) = (KeyManagement::EcdhEs, ContentEncryption::A192Gcm);
    let good = reply.sealed_by(&world.factory.signing_key);
    let open = async |envelope: &str| {
        world.delivery.open_pin(fakes::shipment(1), &prepared.response_key, envelope, fakes::six()).await
    };
    assert!(open(&good).await.is_ok());
    reply.enc = ContentEncryption::A256Gcm;
    let failure = open(&reply.sealed_by(&world.factory.signing_key)).await.err().unwrap();
    assert_eq!(failure.code(), Some("algorithm-not-allowed"));
}

#[tokio::test]
async fn rejects_responses_swapped_between_two_orders() {
    let world = World::new().await;
    let (one, two) = (world.prepare(1).await, world.prepare(2).await);
    let signer = &world.factory.signing_key;
    let for_two = world.factory.credential_response(&two.sealed.credential_requests[0]).sealed_by(signer);
    let failure = world.delivery.open_credential(fakes::shipment(1), &one.response_key, &for_two).await.unwrap_err();
    assert_eq!(failure.code(), Some("wrong-response-key"));
    let pin_for_two = world.factory.pin_response(&two.sealed.pin_request).sealed_by(signer);
    let failure =
        world.delivery.open_pin(fakes::shipment(1), &one.response_key, &pin_for_two, fakes::six()).await.err().unwrap();
    assert_eq!(failure.code(), Some("wrong-response-key"));

    // Encrypted to the right key, but the content responds to the other order.
    let mut misplaced = world.factory.credential_response(&two.sealed.credential_requests[0]);
    misplaced.response_key = world.factory.credential_response(&one.sealed.credential_requests[0]).response_key;
    let misplaced = misplaced.sealed_by(signer);
    let failure = world.delivery.open_credential(fakes::shipment(1), &one.response_key, &misplaced).await.unwrap_err();
    assert_eq!(failure.code(), Some("wrong-request"));
}

#[tokio::test]
async fn fetches_keys_again_for_unknown_signing_key() {
    let world = World::new().await;
    let prepared = world.prepare(1).await;
    let new = SigningKey::generate("APCS-Tsgnkey-2").unwrap();
    let reply = world.factory.credential_response(&prepared.sealed.credential_requests[0]);
    let open = async |envelope: String| {
        world.delivery.open_credential(fakes::shipment(1), &prepared.response_key, &envelope).await
    };
    open(reply.sealed_by(&world.factory.signing_key)).await.unwrap();
    world.service.shared.signing.publish(json!({ "keys": [new.public_key().to_json()] }));

    world.clock.advance(29);
    assert_eq!(open(reply.sealed_by(&new)).await.unwrap_err().code(), Some("unknown-signing-key"));
    assert_eq!(world.service.shared.signing.fetched(), 1);
    world.clock.advance(1);
    open(reply.sealed_by(&new)).await.unwrap();
    assert_eq!(world.service.shared.signing.fetched(), 2);
}

#[tokio::test]
async fn unavailable_signing_keys_are_a_failure_of_the_delivery_service() {
    let world = World::new().await;
    let prepared = world.prepare(1).await;
    world.service.shared.signing.publish(json!(null));
    let reply = world.factory.credential_response(&prepared.sealed.credential_requests[0]);
    let envelope = reply.sealed_by(&world.factory.signing_key);
    let failure =
        world.delivery.open_credential(fakes::shipment(1), &prepared.response_key, &envelope).await.unwrap_err();
    assert_eq!((failure.party, failure.operation), (Party::DeliveryService, Operation::SigningKeys));
    assert_eq!(failure.status(), Some(503));
}

#[tokio::test]
async fn invalid_stored_response_key_has_its_own_code() {
    let world = World::new().await;
    let prepared = world.prepare(1).await;
    let d = serde_json::from_slice::<serde_json::Value>(prepared.response_key.expose()).unwrap()["d"].to_string();
    let half = SecretBytes::new(prepared.response_key.expose()[..prepared.response_key.len() - 1].to_vec());
    let failure = world.delivery.open_credential(fakes::shipment(1), &half, "a.b.c.d.e").await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Found("response-key-gone"));
    assert!(!format!("{failure:?}").contains(d.trim_matches('"')));
}
