use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use keyferry_webauthn::Flags;
use serde_json::{Value, json};

use crate::testing::key::{Proof, TestKey};
use crate::testing::{ADA, Bench, CONNECTOR};

const INCOMPLETE: &str = "The request is missing a fido2AuthenticationMethod entity with a displayName and \
                          publicKeyCredential in the request body. All other properties will be ignored.";
const GRACE: &str = "a1000000-0000-4000-8000-000000000002";

/// Returns a bench, a token, creation options for Ada and a key for them.
async fn ready() -> (Bench, String, Value, TestKey) {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    let options = bench.creation_options(&token, ADA).await;
    let key = TestKey::new(&options);
    (bench, token, options, key)
}

fn refused(answer: &(u16, Value)) -> &str {
    assert_eq!((answer.0, answer.1["error"]["code"].as_str()), (400, Some("badRequest")), "{}", answer.1);
    answer.1["error"]["message"].as_str().unwrap()
}

#[tokio::test]
async fn registers_a_factory_key() {
    let (bench, token, options, key) = ready().await;
    let (status, body) = bench.register(&token, ADA, &key.submission(&bench, &options, Proof::Factory)).await;
    assert_eq!(status, 201, "{body}");
    assert_eq!(body["id"], key.method_id());
    assert_eq!(body["displayName"], "Serial: 30000001");
    assert_eq!(body["aaGuid"], key.aaguid.to_string());
    assert_eq!((&body["attestationLevel"], &body["passkeyType"]), (&json!("attested"), &json!("deviceBound")));
    assert_eq!(body["attestationCertificates"][0].as_str().unwrap().len(), 40);
    assert!(body["model"].is_string() && body["createdDateTime"].as_str().unwrap().ends_with('Z'));
    assert!(body.get("publicKeyCredential").is_none());
}

#[tokio::test]
async fn refuses_incomplete_bodies_with_the_observed_message() {
    let (bench, token, options, key) = ready().await;
    let good = key.submission(&bench, &options, Proof::Factory);
    let without = |member: &str| {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(member);
        body
    };
    let mut typed = good.clone();
    typed["@odata.type"] = json!("#microsoft.graph.fido2AuthenticationMethod");
    for body in [typed.clone(), without("displayName"), without("publicKeyCredential"), json!(good.to_string())] {
        assert_eq!(refused(&bench.register(&token, ADA, &body).await), INCOMPLETE);
    }
    let mut long = good.clone();
    long["displayName"] = json!("x".repeat(31));
    assert!(refused(&bench.register(&token, ADA, &long).await).contains("30"));
    bench.set("settings", json!({"root_odata_type_refused": false})).await;
    assert_eq!(bench.register(&token, ADA, &typed).await.0, 201);
}

#[tokio::test]
async fn accepts_standard_base64() {
    let (bench, token, options, key) = ready().await;
    let mut body = key.submission(&bench, &options, Proof::Factory);
    for member in ["clientDataJSON", "attestationObject"] {
        let text = &mut body["publicKeyCredential"]["response"][member];
        *text = json!(STANDARD.encode(URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()));
    }
    assert_eq!(bench.register(&token, ADA, &body).await.0, 201);
}

#[tokio::test]
async fn refuses_challenges_of_others_and_expired_ones() {
    let (bench, token, options, key) = ready().await;
    let body = key.submission(&bench, &options, Proof::Factory);
    assert!(refused(&bench.register(&token, GRACE, &body).await).contains("another user"));
    let mut foreign = options.clone();
    foreign["publicKey"]["challenge"] = json!("AAAA");
    let foreign = key.submission(&bench, &foreign, Proof::Factory);
    assert!(refused(&bench.register(&token, ADA, &foreign).await).contains("not issued"));
    bench.pass(61 * 60).await;
    let token = bench.graph_token(CONNECTOR).await;
    assert!(refused(&bench.register(&token, ADA, &body).await).contains("expired"));
}

#[tokio::test]
async fn refuses_used_challenges_if_single_use() {
    let (bench, token, options, key) = ready().await;
    let register =
        async |key: &TestKey| bench.register(&token, ADA, &key.submission(&bench, &options, Proof::Factory)).await;
    assert_eq!(register(&key).await.0, 201);
    assert_eq!(register(&TestKey::new(&options)).await.0, 201);
    bench.set("settings", json!({"challenge_single_use": true})).await;
    assert_eq!(register(&TestKey::new(&options)).await.0, 201);
    assert!(refused(&register(&TestKey::new(&options)).await).contains("used before"));
}

#[tokio::test]
async fn refuses_invalid_credentials() {
    let (bench, token, options, key) = ready().await;
    let present = Flags::UP.with(Flags::UV);
    let other_rp = key.submission_for(&bench, &options, Proof::Factory, "login.example", present);
    assert!(refused(&bench.register(&token, ADA, &other_rp).await).contains("origin"));
    let no_pin = key.submission_for(&bench, &options, Proof::Factory, "localhost", Flags::UP);
    assert!(refused(&bench.register(&token, ADA, &no_pin).await).contains("UV"));
    let mut other_id = key.submission(&bench, &options, Proof::Factory);
    other_id["publicKeyCredential"]["id"] = json!("AAAA");
    refused(&bench.register(&token, ADA, &other_id).await);
    let mut garbage = key.submission(&bench, &options, Proof::Factory);
    garbage["publicKeyCredential"]["response"]["attestationObject"] = json!("AAAA");
    refused(&bench.register(&token, ADA, &garbage).await);
    assert_eq!(bench.register(&token, ADA, &key.submission(&bench, &options, Proof::Factory)).await.0, 201);
}

#[tokio::test]
async fn requires_attestation_if_the_policy_enforces_it() {
    let (bench, token, options, key) = ready().await;
    for proof in [Proof::Nothing, Proof::Own] {
        refused(&bench.register(&token, ADA, &key.submission(&bench, &options, proof)).await);
    }
    bench.set("policy", json!({"isAttestationEnforced": false})).await;
    let (status, body) = bench.register(&token, ADA, &key.submission(&bench, &options, Proof::Nothing)).await;
    assert_eq!((status, body["attestationLevel"].as_str()), (201, Some("notAttested")), "{body}");
}

#[tokio::test]
async fn applies_key_restrictions() {
    let (bench, token, options, key) = ready().await;
    let body = key.submission(&bench, &options, Proof::Factory);
    let restrict =
        |kind: &str| json!({"keyRestrictions": {"isEnforced": true, "enforcementType": kind, "aaGuids": [key.aaguid]}});
    bench.set("policy", restrict("block")).await;
    assert!(refused(&bench.register(&token, ADA, &body).await).contains("AAGUID"));
    bench.set("policy", restrict("allow")).await;
    assert_eq!(bench.register(&token, ADA, &body).await.0, 201);
}

#[tokio::test]
async fn refuses_disabled_users() {
    let (bench, token, options, key) = ready().await;
    let user = format!("control/users/{ADA}");
    assert_eq!(bench.patch(&user, &json!({"accountEnabled": false})).send().await.unwrap().status(), 200);
    let body = key.submission(&bench, &options, Proof::Factory);
    assert!(refused(&bench.register(&token, ADA, &body).await).contains("disabled"));
}

#[tokio::test]
async fn refuses_duplicates_and_too_many_passkeys() {
    let (bench, token, options, key) = ready().await;
    let body = key.submission(&bench, &options, Proof::Factory);
    assert_eq!(bench.register(&token, ADA, &body).await.0, 201);
    assert_eq!(bench.register(&token, ADA, &body).await.0, 409);
    bench.set("settings", json!({"max_passkeys": 1})).await;
    let second = TestKey::new(&options).submission(&bench, &options, Proof::Factory);
    assert!(refused(&bench.register(&token, ADA, &second).await).contains("as many"));
}

#[tokio::test]
async fn returns_404_for_unknown_users() {
    let (bench, token, options, key) = ready().await;
    let body = key.submission(&bench, &options, Proof::Factory);
    assert_eq!(bench.register(&token, "nobody@contoso.onmicrosoft.com", &body).await.0, 404);
}

#[tokio::test]
async fn fail_after_registers_the_key() {
    let (bench, token, options, key) = ready().await;
    bench.fault(json!({"endpoint": "graph.register", "kind": "fail_after", "times": 1})).await;
    let path = bench.url(&format!("beta/users/{ADA}/authentication/fido2Methods"));
    let body = key.submission(&bench, &options, Proof::Factory);
    assert!(bench.http.post(path).bearer_auth(&token).json(&body).send().await.is_err());
    assert_eq!(bench.register(&token, ADA, &body).await.0, 409);
}
