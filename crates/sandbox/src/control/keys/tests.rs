use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_webauthn::Flags;
use keyferry_webauthn::builder::NewAssertion;
use serde_json::{Value, json};

use crate::testing::requester::Requester;
use crate::testing::{ADA, Bench, CONNECTOR, read};

/// Returns serial number and PIN of a key that is registered for Ada.
async fn registered(bench: &Bench, customization_id: &'static str) -> (String, String) {
    let token = bench.graph_token(CONNECTOR).await;
    let options = bench.creation_options(&token, ADA).await;
    let creation_options = options["publicKey"].clone();
    let requester = Requester { creation_options, customization_id, ..Requester::new(bench) };
    let id = requester.order_and_ship().await;
    let (credential, pin) = requester.responses(&id).await;
    let made = &credential["credential"];
    let submission = json!({"displayName": "Key", "publicKeyCredential": {
        "id": made["id"],
        "response": {
            "clientDataJSON": made["response"]["clientDataJSON"],
            "attestationObject": made["response"]["attestationObject"],
        },
    }});
    let (status, body) = bench.register(&token, ADA, &submission).await;
    assert_eq!(status, 201, "{body}");
    let text = |name: &str| pin[name].as_str().unwrap().to_owned();
    (text("serial_number"), text("pin"))
}

async fn plug_in(bench: &Bench, serial: &str, pin: &str) -> (u16, Value) {
    read(bench.post(&format!("control/keys/{serial}/plug-in"), &json!({ "pin": pin }))).await
}

async fn assertion(bench: &Bench, serial: &str, pin: &str) -> (u16, Value) {
    let (_, options) = read(bench.post("signin/options", &json!({}))).await;
    let body = json!({ "pin": pin, "options": options });
    read(bench.post(&format!("control/keys/{serial}/assertion"), &body)).await
}

/// Signs in with the exported credential only.
async fn sign_in(bench: &Bench, credential: &Value, sign_count: u32, flags: Flags) -> (u16, Value) {
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(credential[name].as_str().unwrap()).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &bytes("privateKey")).unwrap();
    let (_, options) = read(bench.post("signin/options", &json!({}))).await;
    let assertion = NewAssertion {
        rp_id: credential["rpId"].as_str().unwrap(),
        challenge: options["challenge"].as_str().unwrap(),
        origin: "https://localhost",
        credential_id: &bytes("credentialId"),
        key: &key,
        flags,
        sign_count,
        user_handle: Some(&bytes("userHandle")),
    };
    read(bench.post("signin/verify", &json!(assertion.make().unwrap()))).await
}

#[tokio::test]
async fn exported_credential_signs_in_and_keeps_the_counter() {
    let bench = Bench::start().await;
    let (serial, pin) = registered(&bench, "CUSTID").await;
    let (status, first) = assertion(&bench, &serial, &pin).await;
    assert_eq!(status, 200, "{first}");
    assert_eq!(read(bench.post("signin/verify", &first)).await.0, 200);

    let (status, plugged) = plug_in(&bench, &serial, &pin).await;
    let [credential] = plugged["credentials"].as_array().unwrap().as_slice() else { panic!("{status}") };
    assert_eq!((&credential["signCount"], &credential["isResidentCredential"]), (&json!(1), &json!(true)));
    let verified = Flags::UP.with(Flags::UV);
    let (status, who) = sign_in(&bench, credential, 7, verified).await;
    assert_eq!((status, &who["upn"]), (200, &json!("ada.lovelace@contoso.onmicrosoft.com")));
    let (status, refused) = sign_in(&bench, credential, 8, Flags::UP).await;
    assert!(status == 403 && refused["reason"].as_str().unwrap().contains("user verification"), "{refused}");

    // Its counter is reported back, so the key is not taken for a clone.
    let (_, next) = assertion(&bench, &serial, &pin).await;
    let (status, who) = read(bench.post("signin/verify", &next)).await;
    assert_eq!(status, 200, "{who}");
    assert_eq!(plug_in(&bench, &serial, &pin).await.1["credentials"][0]["signCount"], 8);
}

#[tokio::test]
async fn exports_credentials_only_with_the_pin() {
    let bench = Bench::start().await;
    let (serial, pin) = registered(&bench, "ONETIM").await;
    let path = format!("control/keys/{serial}");
    let wrong = json!({ "error": "pin_incorrect", "retries_left": 7 });
    assert_eq!(plug_in(&bench, &serial, "0001").await, (403, wrong));
    assert_eq!(read(bench.get(&path)).await.1["retries_left"], 7);
    assert_eq!(plug_in(&bench, &serial, &pin).await, (403, json!({ "error": "pin_change_required" })));
    let change = json!({ "old": pin, "new": "a new one" });
    assert_eq!(read(bench.post(&format!("{path}/pin"), &change)).await.0, 200);
    assert_eq!(plug_in(&bench, &serial, &pin).await.1["error"], "pin_incorrect");
    assert_eq!(plug_in(&bench, &serial, "a new one").await.0, 200);
    for body in [json!({}), json!({ "pin": 1234 })] {
        assert_eq!(read(bench.post(&format!("{path}/plug-in"), &body)).await.0, 400);
    }
    assert_eq!(plug_in(&bench, "1", &pin).await, (404, json!({ "error": "unknown_key" })));
}

#[tokio::test]
async fn no_other_response_contains_a_private_key() {
    let bench = Bench::start().await;
    let (serial, pin) = registered(&bench, "CUSTID").await;
    let (_, plugged) = plug_in(&bench, &serial, &pin).await;
    let private_key = plugged["credentials"][0]["privateKey"].as_str().unwrap();
    for path in ["control/keys", &format!("control/keys/{serial}?reveal=pin"), "control/parcels", "control/calls"] {
        let text = bench.get(path).send().await.unwrap().text().await.unwrap();
        assert!(!text.contains(private_key) && !text.contains("privateKey"), "{path}");
    }
}
