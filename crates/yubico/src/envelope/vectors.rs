//! Test vectors `docs/reference/envelope-vectors.json`: the four envelopes of one order with all keys, for implementers
//! of `docs/reference/envelope.md`.

use std::path::Path;

use keyferry_domain::{PinLength, Sealer as _, SecretBytes, ShipmentId};
use keyferry_jose::{PrivateKey, PublicKey, SigningKey, jwe};
use serde_json::{Value, json};

use crate::testing::World;
use crate::testing::factory::Factory;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/envelope-vectors.json");

fn secret_jwk(key: &PrivateKey) -> Value {
    serde_json::from_slice(&key.to_secret_bytes().unwrap()).unwrap()
}

fn private_key(jwk: &Value) -> PrivateKey {
    PrivateKey::from_secret_bytes(jwk.to_string().as_bytes()).unwrap()
}

/// Returns new content for the file. Each call uses new keys, so the content always differs.
async fn make() -> Value {
    let world = World::new().await;
    let prepared = world.prepare(1).await;
    let response_key: Value = serde_json::from_slice(prepared.response_key.expose()).unwrap();
    let sealed = &prepared.sealed;
    let (header, credential_request) = world.factory.open(&sealed.credential_requests[0]);
    let (pin_header, pin_request) = world.factory.open(&sealed.pin_request);
    let used = [header.kid, pin_header.kid];
    let transport_keys = world.factory.transport_keys.iter().filter(|key| used.iter().any(|kid| kid == key.kid()));
    let credential = world.factory.credential_response(&sealed.credential_requests[0]);
    let pin = world.factory.pin_response(&sealed.pin_request);
    json!({
        "note": "Test vectors of the envelope page, format keyferry-1. All keys are throw-away test keys. The \
                 credential inside is a placeholder: envelopes do not depend on it.",
        "transport_keys": transport_keys.map(secret_jwk).collect::<Vec<_>>(),
        "signing_key": world.factory.signing_key.public_key().to_json(),
        "response_key": response_key,
        "credential_request": { "plaintext": credential_request, "jwe": sealed.credential_requests[0] },
        "pin_request": { "plaintext": pin_request, "jwe": sealed.pin_request },
        "credential_response": {
            "payload": credential.payload, "jwe": credential.sealed_by(&world.factory.signing_key),
        },
        "pin_response": { "payload": pin.payload, "jwe": pin.sealed_by(&world.factory.signing_key) },
    })
}

#[expect(clippy::disallowed_methods, reason = "a switch of the tests is not a setting of the program")]
async fn vectors() -> Value {
    // An existing file is never replaced: implementers rely on the published vectors.
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|value| value == "1") && !Path::new(FILE).exists() {
        std::fs::write(FILE, format!("{:#}\n", make().await)).unwrap();
    }
    serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap()
}

#[tokio::test]
async fn published_requests_open_with_published_transport_keys() {
    let vectors = vectors().await;
    for name in ["credential_request", "pin_request"] {
        let envelope = vectors[name]["jwe"].as_str().unwrap();
        let kid = jwe::peek_header(envelope, &jwe::Policy::default()).unwrap().kid;
        let keys = vectors["transport_keys"].as_array().unwrap();
        let key = keys.iter().find(|key| key["kid"] == kid.as_str()).map(private_key).unwrap();
        let opened = jwe::decrypt(envelope, &key, &jwe::Policy::default()).unwrap();
        let plaintext: Value = serde_json::from_slice(&opened.plaintext).unwrap();
        assert_eq!(plaintext, vectors[name]["plaintext"], "{name}");
        let response_key = private_key(&vectors["response_key"]);
        assert_eq!(plaintext["response_key"], response_key.public_key().to_json(), "{name}");
    }
}

#[tokio::test]
async fn published_responses_open_as_responses_to_published_requests() {
    let vectors = vectors().await;
    let world = World::new().await;
    let signing_key = PublicKey::from_json(&vectors["signing_key"]).unwrap();
    world.service.shared.signing.publish(json!({ "keys": [signing_key.to_json()] }));
    let response_key = || SecretBytes::new(vectors["response_key"].to_string().into_bytes());
    let request = vectors["pin_request"]["plaintext"]["request_id"].as_str().and_then(ShipmentId::parse).unwrap();
    let envelope = |name: &str| vectors[name]["jwe"].as_str().unwrap().to_owned();

    let credential =
        world.delivery.open_credential(request, &response_key(), &envelope("credential_response")).await.unwrap();
    let payload = &vectors["credential_response"]["payload"];
    assert_eq!(Value::Object(credential.registration_response), payload["credential"]);
    assert_eq!(credential.serial.as_str(), payload["serial_number"].as_str().unwrap());

    let length = PinLength::try_from(6).unwrap();
    let pin = world.delivery.open_pin(request, &response_key(), &envelope("pin_response"), length).await.unwrap();
    assert_eq!(pin.pin.expose(), vectors["pin_response"]["payload"]["pin"].as_str().unwrap());
}

#[tokio::test]
async fn published_responses_do_not_verify_with_another_signing_key() {
    let vectors = vectors().await;
    let world = World::new().await;
    let kid = vectors["signing_key"]["kid"].as_str().unwrap();
    let other = SigningKey::generate(kid).unwrap();
    world.service.shared.signing.publish(json!({ "keys": [other.public_key().to_json()] }));
    let request = vectors["pin_request"]["plaintext"]["request_id"].as_str().and_then(ShipmentId::parse).unwrap();
    let response_key = SecretBytes::new(vectors["response_key"].to_string().into_bytes());
    let envelope = vectors["credential_response"]["jwe"].as_str().unwrap();
    let failure = world.delivery.open_credential(request, &response_key, envelope).await.unwrap_err();
    assert_eq!(failure.code(), Some("bad-signature"));
    // The signing key of the test factory differs from the published one, too.
    assert_ne!(Factory::new().signing_key.public_key().to_json(), vectors["signing_key"]);
}
