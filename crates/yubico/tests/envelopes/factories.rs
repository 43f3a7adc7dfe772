//! Interoperability tests with independent JOSE implementations in the role of the factory.
//!
//! Each implementation opens our requests in every combination of algorithms and checks them against
//! `docs/reference/envelope.md`. It responds to each request in every combination of algorithms, and we open the
//! responses.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_yubico::{ContentEncryption, KeyManagement};
use serde_json::{Value, json};

use crate::world::{OUTSIDERS, Outsider, Prepared, World, creation_options};

fn pairs() -> impl Iterator<Item = (KeyManagement, ContentEncryption)> {
    KeyManagement::ALL.into_iter().flat_map(|alg| ContentEncryption::ALL.map(|enc| (alg, enc)))
}

/// Returns the header parameters of the responses: every pair of algorithms, without and with `apu` and `apv` (RFC 7518
/// section 4.6.1). Keyferry never sends these two, but a factory may.
fn ways() -> Vec<Value> {
    let pairs = pairs().map(|(alg, enc)| (alg.as_str(), enc.as_str()));
    pairs
        .flat_map(|(alg, enc)| {
            let plain = json!({ "alg": alg, "enc": enc });
            [plain, json!({ "alg": alg, "enc": enc, "apu": "QWxpY2U", "apv": "Qm9iLUJvYi1Cb2I" })]
        })
        .collect()
}

async fn order_and_answer((name, outsider): Outsider) {
    let Some(command) = outsider() else { return };
    let keys = keyferry_outsiders::ask(command, &json!({ "do": "keys" }));
    let mut orders = Vec::new();
    for (n, (alg, enc)) in (0..).zip(pairs()) {
        let world = World::new(&keys, alg, enc).await;
        orders.push(world.prepare(n, &creation_options(n.is_multiple_of(2)), [4, 6, 63][usize::from(n) % 3]).await);
    }
    let sealed: Vec<_> = orders
        .iter()
        .map(|order| json!({ "credential_request": order.credential_request, "pin_request": order.pin_request }))
        .collect();
    let question = json!({
        "do": "answer", "transport_keys": keys["transport_keys"], "signing_key": keys["signing_key"],
        "orders": sealed, "ways": ways(),
    });
    let answer = keyferry_outsiders::ask(outsider().unwrap(), &question);
    let answers = answer["orders"].as_array().unwrap();
    assert_eq!(answers.len(), orders.len());
    let world = World::new(&keys, KeyManagement::EcdhEs, ContentEncryption::A128Gcm).await;
    for (n, ((order, answer), pair)) in orders.iter().zip(answers).zip(pairs()).enumerate() {
        assert_eq!(answer["refused"], Value::Null, "{name} refused the requests in {pair:?}");
        check_requests(order, answer, n, pair);
        check_responses(&world, order, answer).await;
    }
}

/// Checks that the factory read what we sent.
fn check_requests(order: &Prepared, answer: &Value, n: usize, (alg, enc): (KeyManagement, ContentEncryption)) {
    for (name, kind) in [("credential_request", "credential-request"), ("pin_request", "pin-request")] {
        let mut expected = json!({
            "format": "keyferry-1", "type": kind, "request_id": order.request.to_string(),
            "response_key": order.public_jwk(),
        });
        match kind {
            "pin-request" => expected["pin"] = json!({ "type": "generate", "length": order.pin_length.get() }),
            _ => expected["creation_options"] = json!(creation_options(n.is_multiple_of(2)).public_key),
        }
        assert_eq!(answer[name]["plaintext"], expected);
        let header = &answer[name]["header"];
        assert_eq!((&header["alg"], &header["enc"]), (&json!(alg.as_str()), &json!(enc.as_str())));
        assert_eq!(header["cty"], json!(format!("application/vnd.keyferry.{kind}+json")));
        assert!(["transport-1", "transport-2"].contains(&header["kid"].as_str().unwrap()));
    }
}

/// Checks that we read what the factory sent.
async fn check_responses(world: &World, order: &Prepared, answer: &Value) {
    let responses = answer["responses"].as_array().unwrap();
    assert_eq!(responses.len(), ways().len());
    for response in responses {
        for kind in ["credential", "pin"] {
            let response = &response[format!("{kind}_response")];
            let opened = world.open(kind, order, response["jwe"].as_str().unwrap()).await;
            let opened = opened.unwrap_or_else(|failure| panic!("{}: {failure}", response["way"]));
            for (member, value) in opened.as_object().unwrap() {
                assert_eq!(value, &response["payload"][member], "{kind}, {member}");
            }
            if kind == "credential" {
                let client_data = opened["credential"]["response"]["clientDataJSON"].as_str().unwrap();
                let client_data = URL_SAFE_NO_PAD.decode(client_data).unwrap();
                let client_data: Value = serde_json::from_slice(&client_data).unwrap();
                assert_eq!(client_data["challenge"], json!(creation_options(true).challenge));
            }
        }
    }
}

#[tokio::test]
async fn npm_jose_opens_our_requests_and_we_open_its_responses() {
    order_and_answer(OUTSIDERS[0]).await;
}

#[tokio::test]
async fn jwcrypto_opens_our_requests_and_we_open_its_responses() {
    order_and_answer(OUTSIDERS[1]).await;
}

#[tokio::test]
async fn joserfc_opens_our_requests_and_we_open_its_responses() {
    order_and_answer(OUTSIDERS[2]).await;
}
