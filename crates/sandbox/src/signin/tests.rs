use keyferry_webauthn::Flags;
use serde_json::{Value, json};

use crate::testing::key::{Proof, TestKey};
use crate::testing::{ADA, Bench, CONNECTOR, read};

const ORIGIN: &str = "https://localhost";

/// Returns a bench and a key that is registered for Ada.
async fn ready() -> (Bench, TestKey) {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    let options = bench.creation_options(&token, ADA).await;
    let key = TestKey::new(&options);
    let (status, body) = bench.register(&token, ADA, &key.submission(&bench, &options, Proof::Factory)).await;
    assert_eq!(status, 201, "{body}");
    (bench, key)
}

async fn begin(bench: &Bench) -> Value {
    let (status, options) = read(bench.post("signin/options", &json!({}))).await;
    assert_eq!(
        (status, options["rpId"].as_str(), options["userVerification"].as_str()),
        (200, Some("localhost"), Some("required"))
    );
    options
}

async fn verify(bench: &Bench, assertion: &Value) -> (u16, Value) {
    read(bench.post("signin/verify", assertion)).await
}

fn verified() -> Flags {
    Flags::UP.with(Flags::UV)
}

async fn reason(bench: &Bench, assertion: &Value) -> String {
    let (status, body) = verify(bench, assertion).await;
    assert_eq!(status, 403, "{body}");
    body["reason"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn registered_key_signs_in_from_both_origins() {
    let (bench, key) = ready().await;
    let page = format!("http://localhost:{}", bench.sandbox.addresses().http.port());
    for (count, origin) in [(1, ORIGIN), (2, page.as_str())] {
        let options = begin(&bench).await;
        let (status, body) = verify(&bench, &key.assertion(&options, origin, verified(), count)).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(
            (&body["user"], &body["upn"]),
            (&json!("Ada Lovelace"), &json!("ada.lovelace@contoso.onmicrosoft.com"))
        );
        assert_eq!(body["method_id"], key.method_id());
    }
}

#[tokio::test]
async fn refuses_used_unknown_and_expired_challenges() {
    let (bench, key) = ready().await;
    let options = begin(&bench).await;
    let answer = key.assertion(&options, ORIGIN, verified(), 1);
    assert_eq!(verify(&bench, &answer).await.0, 200);
    assert!(reason(&bench, &answer).await.contains("already used"));
    let made_up = json!({"challenge": "AAAA"});
    assert!(reason(&bench, &key.assertion(&made_up, ORIGIN, verified(), 2)).await.contains("unknown"));
    let late = begin(&bench).await;
    bench.pass(301).await;
    assert!(reason(&bench, &key.assertion(&late, ORIGIN, verified(), 2)).await.contains("expired"));
}

#[tokio::test]
async fn refuses_invalid_assertions() {
    let (bench, key) = ready().await;
    let options = begin(&bench).await;
    assert!(reason(&bench, &key.assertion(&options, "https://evil.example", verified(), 1)).await.contains("origin"));
    let options = begin(&bench).await;
    assert!(reason(&bench, &key.assertion(&options, ORIGIN, Flags::UP, 1)).await.contains("UV"));
    let options = begin(&bench).await;
    let mut forged = key.assertion(&options, ORIGIN, verified(), 1);
    forged["response"]["signature"] = json!("MAYCAQECAQE");
    assert!(reason(&bench, &forged).await.contains("signature"));
    let options = begin(&bench).await;
    let mut anonymous = key.assertion(&options, ORIGIN, verified(), 1);
    anonymous["response"].as_object_mut().unwrap().remove("userHandle");
    assert!(reason(&bench, &anonymous).await.contains("no user handle"));
}

#[tokio::test]
async fn refuses_counter_that_does_not_increase() {
    let (bench, key) = ready().await;
    let options = begin(&bench).await;
    assert_eq!(verify(&bench, &key.assertion(&options, ORIGIN, verified(), 5)).await.0, 200);
    let options = begin(&bench).await;
    assert!(reason(&bench, &key.assertion(&options, ORIGIN, verified(), 5)).await.contains("cloned"));
}

#[tokio::test]
async fn refuses_deleted_key_disabled_user_and_blocked_model() {
    let (bench, key) = ready().await;
    let attempt = async || {
        let options = begin(&bench).await;
        reason(&bench, &key.assertion(&options, ORIGIN, verified(), 1)).await
    };
    bench.patch(&format!("control/users/{ADA}"), &json!({"accountEnabled": false})).send().await.unwrap();
    assert!(attempt().await.contains("disabled"));
    bench.patch(&format!("control/users/{ADA}"), &json!({"accountEnabled": true})).send().await.unwrap();
    let block = json!({"isEnforced": true, "enforcementType": "block", "aaGuids": [key.aaguid]});
    bench.set("policy", json!({"keyRestrictions": block})).await;
    assert!(attempt().await.contains("AAGUID"));
    bench.set("policy", json!({"keyRestrictions": {"isEnforced": false}})).await;
    bench.delete(&format!("control/methods/{ADA}/{}", key.method_id())).send().await.unwrap();
    assert!(attempt().await.contains("deleted"));
}

#[tokio::test]
async fn does_not_check_attestation_at_sign_in() {
    let bench = Bench::start().await;
    bench.set("policy", json!({"isAttestationEnforced": false})).await;
    let token = bench.graph_token(CONNECTOR).await;
    let options = bench.creation_options(&token, ADA).await;
    let key = TestKey::new(&options);
    assert_eq!(bench.register(&token, ADA, &key.submission(&bench, &options, Proof::Nothing)).await.0, 201);
    bench.set("policy", json!({"isAttestationEnforced": true})).await;
    let options = begin(&bench).await;
    assert_eq!(verify(&bench, &key.assertion(&options, ORIGIN, verified(), 1)).await.0, 200);
}
