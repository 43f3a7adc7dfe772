//! Authentication of the app registration without a client secret, against a token endpoint that verifies claims and
//! signature.

#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

mod support;

use std::sync::Arc;

use keyferry_proof_support::{ADA, Sandbox, order_for};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, date_time_ymd};
use reqwest::Method;
use serde_json::{Value, json};
use support::{Connector, KEYFERRY};
use tempfile::TempDir;

const APP: &str = "/apps/0c0ffee0-0000-4000-8000-000000000001";

/// Returns a certificate that is valid until the end of this year, and its private key, as PEM.
fn certificate(year: i32) -> (String, String) {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let mut params = CertificateParams::default();
    params.not_after = date_time_ymd(year, 12, 31);
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

async fn control(sandbox: &Sandbox, path: &str, body: &Value) {
    let url = format!("{}/control{path}", sandbox.base);
    let answer = reqwest::Client::new().patch(url).json(body).send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
}

struct Place {
    sandbox: Arc<Sandbox>,
    dir: Arc<TempDir>,
}

impl Place {
    fn new() -> Self {
        Self { sandbox: Arc::new(Sandbox::start(KEYFERRY)), dir: Arc::new(tempfile::tempdir().unwrap()) }
    }

    fn write(&self, name: &str, content: &str) -> String {
        let file = self.dir.path().join(name);
        std::fs::write(&file, content).unwrap();
        file.to_str().unwrap().to_owned()
    }

    async fn connector(&self, settings: &[(&str, &str)]) -> Connector {
        let none = [("ENTRA_FIDO_API_CLIENT_SECRET", "")];
        Connector::at(self.sandbox.clone(), self.dir.clone(), &[&none, settings].concat()).await
    }
}

#[tokio::test]
async fn certificate_works_and_can_be_replaced_without_restart() {
    let place = Place::new();
    let (first, key) = certificate(2999);
    control(&place.sandbox, APP, &json!({ "certificates": [first], "secrets": [] })).await;
    let file = place.write("certificate.pem", &format!("{first}{key}"));
    let settings = [("KEYFERRY_ENTRA_CREDENTIAL", "certificate"), ("KEYFERRY_CLIENT_CERTIFICATE_FILE", file.as_str())];
    let connector = place.connector(&settings).await;
    connector.complete_order(ADA).await;
    assert!(connector.get("/v1/status").await.body.get("KEYFERRY_CREDENTIALS_ENDING_SOON").is_none());

    let (second, key) = certificate(2998);
    place.write("certificate.pem", &format!("{second}{key}"));
    control(&place.sandbox, APP, &json!({ "certificates": [second] })).await;
    // Graph no longer knows the signing key of the current token, so the connector requests a new token.
    for _ in 0..2 {
        connector.control(Method::POST, "/keys-rotate", &json!({ "what": "token_signing" })).await;
    }
    assert_eq!(connector.create(&order_for(ADA)).await.status, 201);
}

#[tokio::test]
async fn unknown_certificate_is_reported_with_code_of_entra() {
    let place = Place::new();
    let (pem, key) = certificate(2999);
    let settings =
        [("KEYFERRY_ENTRA_CREDENTIAL", "certificate"), ("KEYFERRY_CLIENT_CERTIFICATE", &*format!("{pem}{key}"))];
    let connector = place.connector(&settings).await;
    let refused = connector.create(&order_for(ADA)).await;
    assert_eq!((refused.status.as_u16(), &refused.body["error_data"]["code"]), (502, &json!("AADSTS700027")));
    assert!(!connector.log().contains("PRIVATE KEY"));
}

#[tokio::test]
async fn workload_identity_token_works() {
    // The sandbox itself is the issuer: the token of its managed identity is written to a file, as a cluster would do.
    let place = Place::new();
    let identity = "0c0ffee0-0000-4000-8000-000000000006";
    let url = format!(
        "{}/msi/token?api-version=2019-08-01&resource=api://AzureADTokenExchange&client_id={identity}",
        place.sandbox.base
    );
    let request = reqwest::Client::new().get(url).header("x-identity-header", "sandbox-identity-header");
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    let credential = json!({
        "issuer": format!("{}/11111111-2222-4333-8444-555555555555/v2.0", place.sandbox.base),
        "subject": "5e000000-0000-4000-8000-000000000006", "audience": "api://AzureADTokenExchange",
    });
    control(&place.sandbox, APP, &json!({ "federated_credentials": [credential], "secrets": [] })).await;
    let file = place.write("token", "");
    let settings = [("KEYFERRY_ENTRA_CREDENTIAL", "workload-identity"), ("AZURE_FEDERATED_TOKEN_FILE", file.as_str())];
    let connector = place.connector(&settings).await;
    let refused = connector.create(&order_for(ADA)).await;
    let body = refused.body.to_string();
    assert!(body.contains("AZURE_FEDERATED_TOKEN_FILE") && body.contains("is empty"), "{body}");

    place.write("token", &format!("{}\n", answer["access_token"].as_str().unwrap()));
    connector.complete_order(ADA).await;
}

#[tokio::test]
async fn expiring_certificate_is_shown_in_status() {
    let place = Place::new();
    let (pem, key) = certificate(2000);
    control(&place.sandbox, APP, &json!({ "certificates": [pem] })).await;
    let file = place.write("certificate.pem", &format!("{pem}{key}"));
    let settings = [("KEYFERRY_ENTRA_CREDENTIAL", "certificate"), ("KEYFERRY_CLIENT_CERTIFICATE_FILE", file.as_str())];
    let connector = place.connector(&settings).await;
    let refused = connector.create(&order_for(ADA)).await;
    assert!(refused.body.to_string().contains("expired at 2000-12-31"), "{}", refused.body);
    let status = connector.get("/v1/status").await.body;
    assert_eq!(status["KEYFERRY_CREDENTIALS_ENDING_SOON"], "KEYFERRY_CLIENT_CERTIFICATE until 2000-12-31T00:00:00Z");
    assert!(connector.log().contains("app credential expires soon"));
}
