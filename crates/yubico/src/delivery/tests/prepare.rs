//! Tests of sealing: the test factory opens the requests.

use std::collections::HashSet;

use keyferry_domain::ports::Preparation;
use keyferry_domain::{FailureKind, Operation, Party, Sealer as _};
use keyferry_jose::{ContentEncryption, KeyManagement, PrivateKey};
use serde_json::{Value, json};

use crate::testing::{World, fakes};

#[tokio::test]
async fn credential_request_matches_the_reference() {
    let world = World::new().await;
    let prepared = world.prepare(1).await;
    let (header, request) = world.factory.open(&prepared.sealed.credential_requests[0]);
    assert_eq!(header.cty.as_deref(), Some("application/vnd.keyferry.credential-request+json"));
    assert_eq!((header.alg, header.enc), (KeyManagement::EcdhEsA256Kw, ContentEncryption::A256Gcm));
    let response_key = PrivateKey::from_secret_bytes(prepared.response_key.expose()).unwrap();
    let expected = json!({
        "format": "keyferry-1",
        "type": "credential-request",
        "request_id": fakes::shipment(1).to_string(),
        "response_key": response_key.public_key().to_json(),
        "creation_options": fakes::creation_options().public_key,
    });
    assert_eq!(request, expected);
    assert_eq!(request["response_key"]["use"], "enc");
}

#[tokio::test]
async fn pin_request_matches_the_reference() {
    let world = World::new().await;
    let prepared = world.prepare(1).await;
    let (header, request) = world.factory.open(&prepared.sealed.pin_request);
    assert_eq!(header.cty.as_deref(), Some("application/vnd.keyferry.pin-request+json"));
    let (_, credential) = world.factory.open(&prepared.sealed.credential_requests[0]);
    let expected = json!({
        "format": "keyferry-1",
        "type": "pin-request",
        "request_id": fakes::shipment(1).to_string(),
        "response_key": credential["response_key"],
        "pin": { "type": "generate", "length": 6 },
    });
    assert_eq!(request, expected);
}

#[tokio::test]
async fn orders_have_distinct_response_keys_and_use_all_transport_keys() {
    let world = World::new().await;
    let mut transport = HashSet::new();
    let mut response = HashSet::new();
    for n in 0..24 {
        let prepared = world.prepare(n).await;
        let (header, request) = world.factory.open(&prepared.sealed.pin_request);
        transport.insert(header.kid);
        response.insert(request["response_key"]["kid"].as_str().unwrap().to_owned());
    }
    assert_eq!((transport.len(), response.len()), (3, 24));
    assert_eq!(world.service.shared.transport.fetched(), 1);
}

#[tokio::test]
async fn private_response_key_is_neither_shown_nor_sent() {
    let world = World::new().await;
    let prepared = world.prepare(1).await;
    let secret: Value = serde_json::from_slice(prepared.response_key.expose()).unwrap();
    let d = secret["d"].as_str().unwrap();
    assert!(!format!("{prepared:?}").contains(d));
    for request in [&prepared.sealed.pin_request, &prepared.sealed.credential_requests[0]] {
        let (_, request) = world.factory.open(request);
        assert!(!request.to_string().contains(d));
    }
}

#[tokio::test]
async fn algorithms_are_configurable() {
    let world = World::with(|settings| {
        settings.alg = KeyManagement::EcdhEs;
        settings.enc = ContentEncryption::A128Gcm;
    })
    .await;
    let (header, _) = world.factory.open(&world.prepare(1).await.sealed.pin_request);
    assert_eq!((header.alg, header.enc), (KeyManagement::EcdhEs, ContentEncryption::A128Gcm));
}

#[tokio::test]
async fn every_credential_has_its_own_request() {
    let world = World::new().await;
    let (one, mut two) = (fakes::creation_options(), fakes::creation_options());
    two.challenge = "two".into();
    two.public_key["challenge"] = json!("two");
    let preparation =
        Preparation { request: fakes::shipment(1), creation_options: vec![&one, &two], pin_length: fakes::six() };
    let prepared = world.delivery.prepare(&preparation).await.unwrap();
    let challenges: Vec<_> = prepared
        .sealed
        .credential_requests
        .iter()
        .map(|request| world.factory.open(request).1["creation_options"]["challenge"].clone())
        .collect();
    assert_eq!(challenges, [json!(one.challenge), json!("two")]);
}

#[tokio::test]
async fn rejects_incomplete_and_oversized_creation_options() {
    let world = World::new().await;
    let mut options = fakes::creation_options();
    options.public_key.remove("rp");
    let mut preparation =
        Preparation { request: fakes::shipment(1), creation_options: vec![&options], pin_length: fakes::six() };
    let failure = world.delivery.prepare(&preparation).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    assert_eq!((failure.party, failure.operation), (Party::IdentityProvider, Operation::CreationOptions));

    let mut large = fakes::creation_options();
    large.public_key["extensions"] = json!({ "x": "x".repeat(128 * 1024) });
    preparation.creation_options = vec![&large];
    let failure = world.delivery.prepare(&preparation).await.unwrap_err();
    assert_eq!(failure.code(), Some("request-too-large"));
}
