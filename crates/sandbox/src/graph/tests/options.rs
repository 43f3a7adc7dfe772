use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::testing::key::{Proof, TestKey};
use crate::testing::{ADA, Bench, CONNECTOR, read};

const CALL: &str = "authentication/fido2Methods/creationOptions";

/// Returns the minutes until the challenge expires, rounded.
async fn minutes(bench: &Bench, body: &Value) -> i64 {
    let (_, clock) = read(bench.get("control/clock")).await;
    let time = |value: &Value| DateTime::parse_from_rfc3339(value.as_str().unwrap()).unwrap().with_timezone(&Utc);
    let left = time(&body["challengeTimeoutDateTime"]) - time(&clock["tokens"]);
    (left.num_seconds() + 30) / 60
}

#[tokio::test]
async fn only_beta_accepts_a_challenge_timeout() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    for (path, expected) in [
        (format!("beta/users/{ADA}/{CALL}"), 5),
        (format!("beta/users/{ADA}/{CALL}?challengeTimeoutInMinutes=60"), 60),
        (format!("beta/users/{ADA}/{CALL}(challengeTimeoutInMinutes=43200)"), 43_200),
        (format!("v1.0/users/{ADA}/{CALL}"), 5),
        (format!("v1.0/users/{ADA}/{CALL}?challengeTimeoutInMinutes=60"), 5),
    ] {
        let (status, body) = read(bench.get(&path).bearer_auth(&token)).await;
        assert_eq!(status, 200, "{path}: {body}");
        assert_eq!(minutes(&bench, &body).await, expected, "{path}");
        let deadline = body["challengeTimeoutDateTime"].as_str().unwrap();
        assert_eq!(deadline.len(), "2024-06-13T11:26:35Z".len(), "{deadline}");
        assert!(deadline.ends_with('Z'));
    }
    for wrong in
        ["?challengeTimeoutInMinutes=4", "?challengeTimeoutInMinutes=43201", "(challengeTimeoutInMinutes=soon)"]
    {
        let (status, body) = read(bench.get(&format!("beta/users/{ADA}/{CALL}{wrong}")).bearer_auth(&token)).await;
        assert_eq!((status, body["error"]["code"].as_str()), (400, Some("badRequest")), "{wrong}");
    }
}

#[tokio::test]
async fn options_have_the_captured_form() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    let body = bench.creation_options(&token, ADA).await;
    let key = &body["publicKey"];
    assert_eq!(key["rp"], json!({"id": "localhost", "name": "Microsoft"}));
    assert_eq!(key["user"]["name"], "ada.lovelace@contoso.onmicrosoft.com");
    let handle = URL_SAFE_NO_PAD.decode(key["user"]["id"].as_str().unwrap()).unwrap();
    assert_eq!((handle.len(), &handle[..3]), (51, b"OF:".as_slice()));
    assert!(key["challenge"].as_str().unwrap().len().abs_diff(6931) < 16);
    assert_eq!(key["attestation"], "direct");
    assert_eq!(key["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(key["excludeCredentials"], json!([]));

    bench.set("settings", json!({"wrap_creation_options": true, "challenge_bytes": 1000})).await;
    let wrapped = bench.creation_options(&token, ADA).await;
    assert!(wrapped["value"]["publicKey"]["challenge"].as_str().unwrap().len() < 1100);
}

#[tokio::test]
async fn excludes_registered_keys_in_the_configured_encoding() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    let options = bench.creation_options(&token, ADA).await;
    let key = TestKey::new(&options);
    let (status, _) = bench.register(&token, ADA, &key.submission(&bench, &options, Proof::Factory)).await;
    assert_eq!(status, 201);
    let plain = URL_SAFE_NO_PAD.encode(&key.id);
    let standard = plain.replace('-', "+").replace('_', "/") + "=";
    for (form, expected) in [("token", key.method_id()), ("base64", standard), ("base64url", plain)] {
        bench.set("settings", json!({"exclude_encoding": form})).await;
        let options = bench.creation_options(&token, ADA).await;
        assert_eq!(options["publicKey"]["excludeCredentials"][0]["id"], expected);
    }
}

#[tokio::test]
async fn policy_can_refuse_creation_options() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    let path = format!("beta/users/{ADA}/{CALL}");
    let ask = async || read(bench.get(&path).bearer_auth(&token)).await.0;
    bench.set("policy", json!({"isSelfServiceRegistrationAllowed": false})).await;
    assert_eq!(ask().await, 400);
    bench.set("policy", json!({"isSelfServiceRegistrationAllowed": true, "state": "disabled"})).await;
    assert_eq!(ask().await, 400);
    bench.set("policy", json!({"state": "enabled"})).await;
    assert_eq!(ask().await, 200);
}
