//! Access tokens of an independent provider (npm `oidc-provider`), and forgeries made with its keys by npm `jose`.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "the tests run outside of the program, with their own HTTP client")]

mod support;

use std::process::Stdio;

use keyferry_outsiders::{Background, node, start};
use keyferry_proof_support::{ADA, AUDIENCE, Answer, order_for};
use reqwest::StatusCode;
use serde_json::{Map, Value, json};
use support::{Connector, outline, settings};

const TENANT: &str = "11111111-2222-4333-8444-555555555555";
const OTHER_TENANT: &str = "99999999-2222-4333-8444-555555555555";
const APP: &str = "0c0ffee0-0000-4000-8000-000000000001";
const GRAPH: &str = "https://graph.microsoft.com";

/// Provider used as login endpoint of callers. The connector's own tokens come from the sandbox.
struct Issuer {
    process: Background,
    http: reqwest::Client,
}

impl Issuer {
    fn start() -> Option<Self> {
        let mut command = node("oidc/issuer.mjs")?;
        // The provider warns on standard error that it stores everything in memory, which is intended here.
        command.args([TENANT, APP, AUDIENCE]).stderr(Stdio::null());
        Some(Self { process: start(command), http: reqwest::Client::new() })
    }

    fn at(&self, name: &str) -> &str {
        self.process.ready[name].as_str().unwrap_or_else(|| panic!("{name} in {}", self.process.ready))
    }

    fn client(&self) -> &str {
        self.process.ready["client"]["id"].as_str().unwrap()
    }

    /// Starts a connector that allows the provider's first client.
    async fn connector(&self, more: &[(&str, &str)]) -> Connector {
        let clients = json!([self.client()]).to_string();
        let usual =
            [("KEYFERRY_TOKEN_METADATA_URL", self.at("metadata")), ("FIDO_CONNECTOR_ALLOWED_CLIENT_APPS", &clients)];
        Connector::with(&[&usual, more].concat()).await
    }

    /// Calls the provider's control API.
    async fn control(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.at("control"))).json(&body);
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.body
    }

    /// Requests a token as in the guide's section 7, for `client` or `other_client`.
    async fn token_of(&self, client: &str) -> String {
        let client = &self.process.ready[client];
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client["id"].as_str().unwrap()),
            ("client_secret", client["secret"].as_str().unwrap()),
            ("scope", &format!("{AUDIENCE}/.default")),
        ];
        let answer = Answer::of(self.http.post(self.at("token_url")).form(&form).send().await.unwrap()).await;
        answer.body["access_token"].as_str().unwrap_or_else(|| panic!("{}", answer.text)).to_owned()
    }

    async fn token(&self) -> String {
        self.token_of("client").await
    }

    /// Signs a token that the provider would not issue.
    async fn sign(&self, what: Value) -> String {
        self.control("/sign", what).await["token"].as_str().unwrap().to_owned()
    }

    /// Returns how many times the signing keys were fetched.
    async fn fetches(&self) -> u64 {
        self.control("/fetches", json!({})).await["keys"].as_u64().unwrap()
    }
}

async fn status(connector: &Connector, token: &str) -> Answer {
    let request = connector.http.get(format!("{}/v1/status", connector.api)).bearer_auth(token);
    Answer::of(request.send().await.unwrap()).await
}

async fn is_accepted(connector: &Connector, token: &str) -> bool {
    let answer = status(connector, token).await;
    if answer.status != StatusCode::OK {
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.text);
    }
    answer.status == StatusCode::OK
}

#[tokio::test]
async fn accepts_tokens_of_both_versions_for_applications_and_users() {
    let Some(issuer) = Issuer::start() else { return };
    let connector = issuer.connector(&[]).await;
    for version in ["1.0", "2.0"] {
        issuer.control("/knobs", json!({ "version": version })).await;
        let application = issuer.token().await;
        assert!(is_accepted(&connector, &application).await, "{version}");
        let body = json!({ "client_id": issuer.client(), "scope": "openid create_request" });
        let user = issuer.control("/delegated", body).await["token"].as_str().unwrap().to_owned();
        assert!(is_accepted(&connector, &user).await, "{version}, delegated");

        // The token's application is recorded as the requester of the order.
        let orders = format!("{}/v1/fpr/shipments", connector.api);
        let request = connector.http.post(&orders).bearer_auth(&application).json(&order_for(ADA));
        let order = Answer::of(request.send().await.unwrap()).await;
        assert_eq!(order.status, StatusCode::CREATED, "{version}: {}", order.text);
        let id = order.body["data"]["shipment_id"].as_str().unwrap();
        let url = format!("{}/v1/shipments/{id}", connector.api);
        let details = Answer::of(connector.http.get(url).bearer_auth(&application).send().await.unwrap()).await;
        assert_eq!(details.body["requested_by"], issuer.client(), "{version}: {}", details.text);
    }
    assert_eq!(issuer.fetches().await, 1);
}

/// By default, the metadata URL is derived from the login endpoint, as for Entra ID.
#[tokio::test]
async fn metadata_url_defaults_to_login_endpoint() {
    let Some(issuer) = Issuer::start() else { return };
    let login = [("KEYFERRY_TOKEN_METADATA_URL", ""), ("MS_LOGIN_ONLINE_ENDPOINT", issuer.at("authority"))];
    let connector = issuer.connector(&login).await;
    assert!(is_accepted(&connector, &issuer.token().await).await);
}

#[tokio::test]
async fn enforced_role_must_be_in_token_of_provider() {
    let Some(issuer) = Issuer::start() else { return };
    let connector = issuer.connector(&[("KEYFERRY_ROLES", "enforced")]).await;
    assert_eq!(status(&connector, &issuer.token().await).await.status, StatusCode::FORBIDDEN);
    for (role, expected) in [("Shipments.Read", StatusCode::FORBIDDEN), ("Keyferry.Read", StatusCode::OK)] {
        issuer.control("/knobs", json!({ "roles": [role] })).await;
        assert_eq!(status(&connector, &issuer.token().await).await.status, expected, "{role}");
    }
    // In a delegated token, roles are the user's. The application's rights are its scopes.
    for (scope, expected) in [("create_request", StatusCode::FORBIDDEN), ("openid Keyferry.Read", StatusCode::OK)] {
        let body = json!({ "client_id": issuer.client(), "scope": scope });
        let user = issuer.control("/delegated", body).await["token"].as_str().unwrap().to_owned();
        assert_eq!(status(&connector, &user).await.status, expected, "{scope}");
    }
}

/// Returns defect, request to `/sign` and expected status. The request changes claims, header or signing key.
#[rustfmt::skip]
fn defects() -> Vec<(&'static str, Value, u16)> {
    let sts = |tenant: &str| format!("https://sts.windows.net/{tenant}/");
    let claims = |claims: Value, status| (json!({ "claims": claims }), status);
    let v1 = |claims: Value, status| (json!({ "version": "1.0", "claims": claims }), status);
    let key = |key: &str| (json!({ "key": key }), 401);
    let header = |header: Value| (json!({ "header": header }), 401);
    let cases = [
        ("audience of another API", claims(json!({ "aud": "api://another.contoso.onmicrosoft.com" }), 401)),
        ("audience of Graph", v1(json!({ "aud": GRAPH }), 401)),
        ("audience with a slash more", v1(json!({ "aud": format!("{AUDIENCE}/") }), 401)),
        ("no audience", claims(json!({ "aud": null }), 401)),
        ("another issuer", claims(json!({ "iss": "https://login.example/v2.0" }), 401)),
        ("the other tenant's issuer", v1(json!({ "iss": sts(OTHER_TENANT) }), 401)),
        ("no issuer", claims(json!({ "iss": null }), 401)),
        ("another tenant", claims(json!({ "tid": OTHER_TENANT }), 401)),
        ("another tenant and its issuer", v1(json!({ "tid": OTHER_TENANT, "iss": sts(OTHER_TENANT) }), 401)),
        ("no tenant", claims(json!({ "tid": null }), 401)),
        ("another client", claims(json!({ "azp": "c11e0000-0000-4000-8000-0000000000ff" }), 403)),
        ("another client, version 1", v1(json!({ "appid": "c11e0000-0000-4000-8000-0000000000ff" }), 403)),
        ("no client, as in an ID token", claims(json!({ "azp": null }), 403)),
        (
            "a client of the other version",
            v1(json!({ "appid": null, "azp": "c11e0000-0000-4000-8000-000000000001" }), 403),
        ),
        ("expired", claims(json!({ "iat": "-7200", "nbf": "-7200", "exp": "-90" }), 401)),
        ("no expiry", claims(json!({ "exp": null }), 401)),
        ("expiry as a text", claims(json!({ "exp": "next year" }), 401)),
        ("not yet valid", claims(json!({ "nbf": "+300" }), 401)),
        ("an unknown version", claims(json!({ "ver": "3.0" }), 401)),
        ("no version", claims(json!({ "ver": null }), 401)),
        ("another scope", claims(json!({ "scp": "openid user_impersonation" }), 403)),
        ("an empty scope", claims(json!({ "scp": "" }), 403)),
        ("alg none", key("none")),
        ("no signature", key("unsigned")),
        ("HS256 with the public key's PEM", key("hmac-pem")),
        ("HS256 with the public key's PEM, trimmed", key("hmac-pem-trimmed")),
        ("HS256 with the public key's DER", key("hmac-der")),
        ("HS256 with the public key's modulus", key("hmac-modulus")),
        ("another key under the provider's key id", key("stranger")),
        ("a key that the header brings along", key("embedded")),
        ("an elliptic curve key under the provider's key id", key("ec")),
        ("claims changed after signing", key("tampered")),
        ("the right key with RS512", header(json!({ "alg": "RS512" }))),
        ("the right key with PS256", header(json!({ "alg": "PS256" }))),
        ("an unknown key id", header(json!({ "kid": "unknown" }))),
        ("a key id that is a path", header(json!({ "kid": "../../../../dev/null" }))),
        ("no key id", header(json!({ "kid": null }))),
    ];
    cases.into_iter().map(|(what, (sign, status))| (what, sign, status)).collect()
}

#[tokio::test]
async fn defective_tokens_are_rejected_without_being_repeated() {
    let Some(issuer) = Issuer::start() else { return };
    let connector = issuer.connector(&[("LOGGING_LEVEL_COM_YUBICO", "TRACE")]).await;
    let mut answers = Map::new();
    let mut forged = vec![("another client of the provider", issuer.token_of("other_client").await, 403)];
    for (what, sign, expected) in defects() {
        forged.push((what, issuer.sign(sign).await, expected));
    }
    for (what, token, expected) in &forged {
        let request = connector.http.post(format!("{}/v1/fpr/shipments", connector.api)).bearer_auth(token);
        let answer = Answer::of(request.json(&order_for(ADA)).send().await.unwrap()).await;
        assert_eq!(answer.status, *expected, "{what}: {}", answer.text);
        assert_eq!(answer.headers["content-type"], "application/json", "{what}");
        let response = format!("{:?}{}", answer.headers, answer.text);
        for part in token.split('.').filter(|part| !part.is_empty()) {
            assert!(!response.contains(part), "{what}: {response}");
        }
        if *expected == 401 {
            let challenge = answer.headers["www-authenticate"].to_str().unwrap();
            assert!(challenge.starts_with("Bearer ") && challenge.contains("error=\"invalid_token\""), "{what}");
        }
        answers.insert((*what).to_owned(), outline(&answer));
    }
    settings().bind(|| insta::assert_json_snapshot!("forged_tokens", answers));
    assert_eq!(connector.calls("graph.creation_options").await, 0);
    let log = connector.log();
    for (what, token, _) in &forged {
        for part in token.split('.').filter(|part| !part.is_empty()) {
            assert!(!log.contains(part), "{what} is in the log");
        }
    }

    // Not defects: small clock differences, and token types, for which Entra's tokens do not follow RFC 9068.
    for sign in [
        json!({}),
        json!({ "version": "1.0" }),
        json!({ "version": "1.0", "claims": { "aud": APP } }),
        json!({ "claims": { "exp": "-20" } }),
        json!({ "claims": { "nbf": "+20" } }),
        json!({ "claims": { "nbf": null } }),
        json!({ "header": { "typ": "at+jwt" } }),
        json!({ "header": { "typ": null } }),
        json!({ "claims": { "scp": "create_request" } }),
    ] {
        assert!(is_accepted(&connector, &issuer.sign(sign.clone()).await).await, "{sign}");
    }
    // The token must be in the header (RFC 6750 section 2.3 advises against the query).
    let url = format!("{}/v1/status?access_token={}", connector.api, issuer.token().await);
    assert_eq!(connector.http.get(url).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn key_rotation_is_detected_and_old_key_works_while_published() {
    for keep in [true, false] {
        let Some(issuer) = Issuer::start() else { return };
        let connector = issuer.connector(&[]).await;
        let old = issuer.token().await;
        assert!(is_accepted(&connector, &old).await);
        issuer.control("/rotate", json!({ "keep": keep })).await;
        // No token of the new key has been presented yet.
        assert!(is_accepted(&connector, &old).await);
        assert_eq!(issuer.fetches().await, 1);

        let new = issuer.token().await;
        let (a, b, c, d) = tokio::join!(
            is_accepted(&connector, &new),
            is_accepted(&connector, &new),
            is_accepted(&connector, &new),
            is_accepted(&connector, &new)
        );
        assert!(a && b && c && d);
        assert_eq!(is_accepted(&connector, &old).await, keep);
        // Unknown key ids do not cause a fetch each time.
        for number in 0..10 {
            let header = json!({ "header": { "kid": format!("made-up-{number}") } });
            assert!(!is_accepted(&connector, &issuer.sign(header).await).await);
        }
        assert_eq!(issuer.fetches().await, 2);
    }
}

#[tokio::test]
async fn unreachable_provider_at_start_is_503_until_it_responds() {
    let Some(issuer) = Issuer::start() else { return };
    let token = issuer.token().await;
    issuer.control("/down", json!({})).await;
    let connector = issuer.connector(&[]).await;
    let answer = status(&connector, &token).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
    settings().bind(|| insta::assert_json_snapshot!("provider_down", outline(&answer)));
    issuer.control("/up", json!({})).await;
    connector
        .until("acceptance of a valid token", async || status(&connector, &token).await.status == StatusCode::OK)
        .await;
}

#[tokio::test]
async fn known_keys_work_during_outage_and_unknown_key_is_503() {
    let Some(issuer) = Issuer::start() else { return };
    let connector = issuer.connector(&[]).await;
    let old = issuer.token().await;
    assert!(is_accepted(&connector, &old).await);
    issuer.control("/rotate", json!({ "keep": true })).await;
    let new = issuer.token().await;
    issuer.control("/down", json!({})).await;
    let answer = status(&connector, &new).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
    assert!(answer.headers.contains_key("retry-after") && !answer.headers.contains_key("www-authenticate"));
    assert!(is_accepted(&connector, &old).await);
    // A token that is invalid regardless of its signature is rejected without a key.
    assert!(!is_accepted(&connector, &issuer.sign(json!({ "key": "none" })).await).await);
    issuer.control("/up", json!({})).await;
    connector
        .until("acceptance of the new key", async || status(&connector, &new).await.status == StatusCode::OK)
        .await;
    assert!(is_accepted(&connector, &old).await);
}
