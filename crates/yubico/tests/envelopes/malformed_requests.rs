//! Tests that every independent implementation rejects malformed requests. Without them, its acceptance of our requests
//! would prove nothing.

use keyferry_jose::{ContentEncryption, EncryptionKey, KeyManagement, PublicKey, jwe};
use serde_json::{Value, json};

use crate::world::{OUTSIDERS, World, creation_options};

/// A request before it is sealed.
#[derive(Clone)]
struct Request {
    json: Value,
    /// Inserted before the JSON.
    mark: &'static str,
    /// Inserted after the opening brace of the JSON.
    first: &'static str,
    cty: &'static str,
}

type Spoil = fn(&mut Request);

/// Name of the defect, whether it is in the credential request (`true`) or in the PIN request, and the change.
const MALFORMED: &[(&str, bool, Spoil)] = &[
    ("no format", true, |request| drop(request.json.as_object_mut().unwrap().remove("format"))),
    ("another format", false, |request| request.json["format"] = json!("keyferry-2")),
    ("another type", true, |request| request.json["type"] = json!("pin-request")),
    ("type in another case", false, |request| request.json["type"] = json!("PIN-request")),
    ("request_id in upper case", true, |request| {
        request.json["request_id"] = json!(request.json["request_id"].as_str().unwrap().to_uppercase());
    }),
    ("another request_id", false, |request| {
        request.json["request_id"] = json!("019e7044-8be8-7101-8101-010101010101");
    }),
    ("private half of the response key", true, |request| request.json["response_key"]["d"] = json!("AAAA")),
    ("no use of the response key", true, |request| {
        drop(request.json["response_key"].as_object_mut().unwrap().remove("use"));
    }),
    ("response key off the curve", true, |request| {
        request.json["response_key"]["y"] = request.json["response_key"]["x"].clone();
    }),
    ("another response key", false, |request| request.json["response_key"]["kid"] = json!("other")),
    ("no challenge", true, |request| {
        drop(request.json["creation_options"].as_object_mut().unwrap().remove("challenge"));
    }),
    ("no name of the relying party", true, |request| request.json["creation_options"]["rp"]["name"] = json!("")),
    ("user handle in base64", true, |request| request.json["creation_options"]["user"]["id"] = json!("T0Y6+/8=")),
    ("no algorithms", true, |request| request.json["creation_options"]["pubKeyCredParams"] = json!([])),
    ("an unknown member", true, |request| request.json["creation_options"]["timeout"] = json!(60_000)),
    ("PIN too short", false, |request| request.json["pin"]["length"] = json!(3)),
    ("PIN too long", false, |request| request.json["pin"]["length"] = json!(64)),
    ("length as text", false, |request| request.json["pin"]["length"] = json!("6")),
    ("another PIN type", false, |request| request.json["pin"]["type"] = json!("fixed")),
    ("cty of the other request", true, |request| request.cty = "application/vnd.keyferry.pin-request+json"),
    ("byte-order mark", false, |request| request.mark = "\u{feff}"),
];

fn sealed(request: &Request, key: &EncryptionKey) -> String {
    let json = request.json.to_string().replacen('{', &format!("{{{}", request.first), 1);
    let plaintext = format!("{}{json}", request.mark);
    let (alg, enc) = (KeyManagement::EcdhEsA256Kw, ContentEncryption::A256Gcm);
    jwe::encrypt(plaintext.as_bytes(), key, alg, enc, Some(request.cty)).unwrap()
}

#[tokio::test]
async fn every_implementation_rejects_malformed_requests() {
    for (name, outsider) in OUTSIDERS {
        let Some(command) = outsider() else { continue };
        let keys = keyferry_outsiders::ask(command, &json!({ "do": "keys" }));
        let world = World::new(&keys, KeyManagement::EcdhEs, ContentEncryption::A128Gcm).await;
        let order = world.prepare(1, &creation_options(true), 6).await;
        let request = |kind: &str, json: Value| {
            let mut whole = json!({
                "format": "keyferry-1", "type": kind, "request_id": order.request.to_string(),
                "response_key": order.public_jwk(),
            });
            whole.as_object_mut().unwrap().extend(json.as_object().unwrap().clone());
            whole
        };
        let credential = Request {
            json: request("credential-request", json!({ "creation_options": creation_options(true).public_key })),
            mark: "",
            first: "",
            cty: "application/vnd.keyferry.credential-request+json",
        };
        let pin = Request {
            json: request("pin-request", json!({ "pin": { "type": "generate", "length": 6 } })),
            cty: "application/vnd.keyferry.pin-request+json",
            ..credential.clone()
        };
        let mut cases = MALFORMED.to_vec();
        // JavaScript's JSON parser does not report duplicate members.
        if name != "npm jose" {
            cases.push(("a member twice", true, |request| request.first = r#""type":"credential-request","#));
        }
        cases.push(("valid", true, |_| ()));
        let key = PublicKey::from_json(&keys["jwks_transport"]["keys"][0]).unwrap().try_into().unwrap();
        let orders: Vec<_> = cases
            .iter()
            .map(|(_, in_credential, spoil)| {
                let (mut credential, mut pin) = (credential.clone(), pin.clone());
                spoil(if *in_credential { &mut credential } else { &mut pin });
                json!({ "credential_request": sealed(&credential, &key), "pin_request": sealed(&pin, &key) })
            })
            .collect();
        let question = json!({
            "do": "answer", "transport_keys": keys["transport_keys"], "signing_key": keys["signing_key"],
            "orders": orders, "ways": [],
        });
        let answer = keyferry_outsiders::ask(outsider().unwrap(), &question);
        for ((case, ..), answer) in cases.iter().zip(answer["orders"].as_array().unwrap()) {
            assert_eq!(answer["refused"].is_string(), *case != "valid", "{name}, {case}: {}", answer["refused"]);
        }
    }
}
