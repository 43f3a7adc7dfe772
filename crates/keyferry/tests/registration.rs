//! Verifies the registration sent to Graph with two independent relying parties, python-fido2 and
//! @simplewebauthn/server. Their only input is what Graph requested and the root certificate of the factory's keys.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
#![allow(missing_docs, reason = "tests")]

#[path = "support/registrations.rs"]
mod registrations;
mod support;

use std::process::Command;
use std::sync::Arc;

use keyferry_outsiders::{ask, node, python};
use keyferry_proof_support::{ADA, ADA_ID, Sandbox};
use keyferry_webauthn::Base64Url;
use registrations::Wire;
use reqwest::Method;
use serde_json::{Value, json};
use support::{Connector, KEYFERRY};

/// Challenge of the sign-in.
const SIGN_IN_CHALLENGE: &str = "c2lnbi1pbi1zaWduLWluLXNpZ24taW4tc2lnbi1pbi0";

/// A registered and used key as a relying party sees it, and its properties according to Graph and the factory.
struct Registered {
    ceremony: Value,
    method: Value,
    factory_key: Value,
}

impl Registered {
    async fn new() -> Self {
        let sandbox = Arc::new(Sandbox::start(KEYFERRY));
        let wire = Wire::to(&sandbox.base).await;
        let settings = [("MS_GRAPH_ENDPOINT", wire.base.as_str())];
        let connector = Connector::at(sandbox, Arc::new(tempfile::tempdir().unwrap()), &settings).await;
        let shipment = connector.complete_order(ADA).await;
        let [method] = connector.methods(ADA_ID).await.try_into().unwrap();

        let details = connector.details(&shipment).await;
        let serial = details["keys"][0]["serial_number"].as_str().unwrap();
        let key = connector.sandbox(Method::GET, &format!("/control/keys/{serial}?reveal=pin"), None).await.body;
        let options = wire.creation_options();
        let rp_id = options["rp"]["id"].as_str().unwrap();
        // Without `allowCredentials`: the key finds its discoverable credential.
        let request = json!({"pin": key["pin"], "options": {"challenge": SIGN_IN_CHALLENGE, "rpId": rp_id}});
        let sign_in = connector.control(Method::POST, &format!("/keys/{serial}/assertion"), &request).await;
        let root = connector.sandbox(Method::GET, "/control/attestation-root.pem", None).await.text;

        let origin = format!("https://{rp_id}");
        let ceremony = json!({
            "rp_id": rp_id,
            "origin": origin,
            "challenge": options["challenge"],
            "roots": [root],
            "registration": complete_response(&wire.registration()),
            "sign_in": {"origin": origin, "challenge": SIGN_IN_CHALLENGE, "response": sign_in},
        });
        Self { ceremony, method, factory_key: key }
    }
}

/// Adds the constant members of `RegistrationResponseJSON` that Graph's request omits.
fn complete_response(body: &Value) -> Value {
    let mut credential = body["publicKeyCredential"].clone();
    credential["rawId"] = credential["id"].clone();
    credential["type"] = json!("public-key");
    credential
}

type Change = fn(&mut Value);

fn flip(member: &mut Value, at: impl FnOnce(&[u8]) -> usize) {
    let mut bytes = Base64Url::decode("member", member.as_str().unwrap()).unwrap();
    let at = at(&bytes.0);
    bytes.0[at] ^= 1;
    *member = json!(bytes);
}

/// Changes that each break the valid ceremony in one place.
const DEFECTS: [(&str, Change); 10] = [
    ("a bit of the public key", |one| {
        flip(&mut one["registration"]["response"]["attestationObject"], |object| object.len() - 40);
    }),
    ("a bit of the attestation signature", |one| {
        // The signature's DER follows the CBOR of its name: 0x63 "sig", then 0x58 and a length.
        flip(&mut one["registration"]["response"]["attestationObject"], |object| {
            object.windows(4).position(|window| window == b"\x63sig").unwrap() + 6 + 20
        });
    }),
    ("a bit of the client data's challenge", |one| {
        flip(&mut one["registration"]["response"]["clientDataJSON"], |json| json.len() / 2);
    }),
    ("another challenge", |one| one["challenge"] = json!(SIGN_IN_CHALLENGE)),
    ("another origin", |one| one["origin"] = json!("https://example.com")),
    ("another relying party", |one| one["rp_id"] = json!("example.com")),
    ("the vendor's root", |one| {
        one["roots"] = json!([include_str!("../../../trust-anchors/yubico-ca-1.pem")]);
    }),
    ("a bit of the sign-in's signature", |one| {
        flip(&mut one["sign_in"]["response"]["response"]["signature"], |signature| signature.len() - 1);
    }),
    ("a bit of the sign-in's counter", |one| {
        flip(&mut one["sign_in"]["response"]["response"]["authenticatorData"], |data| data.len() - 1);
    }),
    ("another challenge of the sign-in", |one| one["sign_in"]["challenge"] = one["challenge"].clone()),
];

async fn check(relying_party: Command, reports_certificates: bool) {
    let key = Registered::new().await;
    let mut questions = vec![key.ceremony.clone()];
    for (_, change) in DEFECTS {
        let mut broken = key.ceremony.clone();
        change(&mut broken);
        questions.push(broken);
    }
    let answers = ask(relying_party, &json!(questions));
    let [found, refused @ ..] = answers.as_array().unwrap().as_slice() else { panic!("{answers}") };

    assert_eq!(found["format"], "packed", "{found}");
    // The relying party reads the same values that Graph shows and that the factory wrote to the key.
    assert_eq!((&found["aaguid"], &found["aaguid"]), (&key.method["aaGuid"], &key.factory_key["aaguid"]));
    assert_eq!(found["credential_id"], key.ceremony["registration"]["id"]);
    assert_eq!(found["credential_id"], key.ceremony["sign_in"]["response"]["id"]);
    assert!(found["public_key"].is_string() && found["sign_count"] == 0, "{found}");
    if reports_certificates {
        let certificates = found["certificates"].as_array().unwrap();
        let model = key.factory_key["aaguid"].as_str().unwrap();
        assert!(certificates.len() == 2 && certificates[0].as_str().unwrap().contains(model), "{certificates:?}");
    }

    assert_eq!(refused.len(), DEFECTS.len());
    for ((what, _), answer) in DEFECTS.iter().zip(refused) {
        assert!(answer["refused"].is_string(), "{what}: {answer}");
    }
}

#[tokio::test]
async fn python_fido2_accepts_registration() {
    let Some(script) = python("webauthn/relying_party.py") else { return };
    check(script, true).await;
}

#[tokio::test]
async fn simplewebauthn_accepts_registration() {
    let Some(script) = node("webauthn/relying_party.mjs") else { return };
    check(script, false).await;
}
