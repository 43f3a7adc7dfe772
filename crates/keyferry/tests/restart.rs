//! `keyferry serve` and `keyferry sandbox` as two processes: what a stop, a kill and a restart leave behind.

#![allow(missing_docs, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "the tests stand outside")]

mod support;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{ADA, ADA_ID, ALAN_ID, KEYFERRY, interrupt, order_for};

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

struct Sandbox {
    base: String,
    _process: Process,
}

fn sandbox() -> Sandbox {
    let mut process = Command::new(KEYFERRY)
        .args(["sandbox", "--json", "--parcel-seconds", "0"])
        .args(["--sandbox-port", "0", "--smtp-port", "0", "--smtps-port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let world: Value = serde_json::from_str(&line).unwrap();
    Sandbox { base: world["sandbox"].as_str().unwrap().to_owned(), _process: Process(process) }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The connector, set as an administrator sets it: by environment variables with the guide's names.
async fn serve(dir: &Path, sandbox: &Sandbox, port: u16, probe_port: u16) -> Process {
    serve_as(dir, sandbox, port, probe_port, ("0c0ffee0-0000-4000-8000-000000000001", "sandbox-connector-secret")).await
}

async fn serve_as(
    dir: &Path,
    sandbox: &Sandbox,
    port: u16,
    probe_port: u16,
    (client_id, client_secret): (&str, &str),
) -> Process {
    let base = &sandbox.base;
    let root = reqwest::get(format!("{base}/control/attestation-root.pem")).await.unwrap().text().await.unwrap();
    std::fs::write(dir.join("root.pem"), root).unwrap();
    std::fs::write(dir.join("token"), "sandbox-delivery-token\n").unwrap();
    let log = std::fs::OpenOptions::new().create(true).append(true).open(dir.join("log")).unwrap();
    let process = Command::new(KEYFERRY)
        .args(["serve", "--api-port", &port.to_string(), "--probe-port", &probe_port.to_string()])
        .env_clear()
        .env("AZURE_TENANT_ID", "11111111-2222-4333-8444-555555555555")
        .env("ENTRA_FIDO_API_CLIENT_ID", client_id)
        .env("ENTRA_FIDO_API_CLIENT_SECRET", client_secret)
        .env("MS_LOGIN_ONLINE_ENDPOINT", base)
        .env("MS_GRAPH_ENDPOINT", base)
        .env("YE_API_BASE_URL", format!("{base}/delivery/v1"))
        .env("YE_JWKS_SIGN_ENDPOINT", format!("{base}/.well-known/yubico-sign.jwks"))
        .env("YE_JWKS_TRANSPORT_ENDPOINT", format!("{base}/.well-known/yubico-transport-keys.jwks"))
        .env("YED_API_TOKEN_FILE", dir.join("token"))
        .env("FIDO_CONNECTOR_ALLOWED_AUDIENCES", "[\"api://fido-connector-api.contoso.onmicrosoft.com\"]")
        .env("FIDO_CONNECTOR_ALLOWED_CLIENT_APPS", "[\"0c0ffee0-0000-4000-8000-000000000002\"]")
        .env("SEND_PIN_URL", format!("{base}/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke?api-version=2016-10-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=sandbox-logic-app-signature"))
        .env("KEYFERRY_TRUST_ANCHORS", dir.join("root.pem"))
        .env("KEYFERRY_GRAPH_REQUESTS_PER_10_SECONDS", "0")
        .env("KEYFERRY_DATA_DIR", dir.join("data"))
        .env("KEYFERRY_CREATE_BUDGET_SECONDS", "5")
        .env("CRON_PROCESS_SHIPMENT_SCHEDULE", "-")
        .stderr(log)
        .spawn()
        .unwrap();
    let process = Process(process);
    let start = Instant::now();
    while !ready(probe_port).await {
        let log = std::fs::read_to_string(dir.join("log")).unwrap();
        assert!(start.elapsed() < Duration::from_secs(30), "not ready: {log}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    process
}

async fn ready(port: u16) -> bool {
    reqwest::get(format!("http://127.0.0.1:{port}/readyz")).await.is_ok_and(|answer| answer.status() == StatusCode::OK)
}

struct Caller {
    http: reqwest::Client,
    api: String,
    token: String,
}

impl Caller {
    async fn new(sandbox: &Sandbox, port: u16) -> Self {
        let http = reqwest::Client::new();
        let url = format!("{}/contoso.onmicrosoft.com/oauth2/v2.0/token", sandbox.base);
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "0c0ffee0-0000-4000-8000-000000000002"),
            ("client_secret", "sandbox-test-client-secret"),
            ("scope", "api://fido-connector-api.contoso.onmicrosoft.com/.default"),
        ];
        let answer: Value = http.post(url).form(&form).send().await.unwrap().json().await.unwrap();
        let token = answer["access_token"].as_str().unwrap().to_owned();
        Self { http, api: format!("http://127.0.0.1:{port}"), token }
    }

    async fn get(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.api)).bearer_auth(&self.token);
        let answer = request.send().await.unwrap();
        if answer.status() == StatusCode::NO_CONTENT { Value::Null } else { answer.json().await.unwrap() }
    }
}

async fn control(sandbox: &Sandbox, path: &str, body: &Value) {
    let answer = reqwest::Client::new().post(format!("{}{path}", sandbox.base)).json(body).send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
}

async fn parcels(sandbox: &Sandbox) -> Vec<Value> {
    let body: Value = reqwest::get(format!("{}/control/parcels", sandbox.base)).await.unwrap().json().await.unwrap();
    body.as_array().or_else(|| body["parcels"].as_array()).unwrap().clone()
}

#[tokio::test]
async fn a_shipment_outlives_a_stop_and_secrets_are_not_in_the_clear() {
    let sandbox = sandbox();
    let dir = tempfile::tempdir().unwrap();
    let (port, probe_port) = (free_port(), free_port());
    let mut connector = serve(dir.path(), &sandbox, port, probe_port).await;
    let caller = Caller::new(&sandbox, port).await;
    let request = caller.http.post(format!("{}/v1/fpr/shipments", caller.api)).bearer_auth(&caller.token);
    let answer: Value = request.json(&order_for(ADA)).send().await.unwrap().json().await.unwrap();
    let shipment = answer["data"]["shipment_id"].as_str().unwrap().to_owned();

    interrupt(connector.0.id());
    assert!(connector.0.wait().unwrap().success(), "it ends with 0 when it is asked to");
    let _connector = serve(dir.path(), &sandbox, port, probe_port).await;
    control(&sandbox, &format!("/control/parcels/{shipment}/state"), &json!({ "state_id": 103 })).await;
    caller.get("/v1/operations/process-shipments").await;
    let status = caller.get(&format!("/v1/fpr/shipments/{shipment}")).await;
    assert_eq!(status, json!({ "shipment_id": shipment, "shipment_state": "complete" }));

    let status = caller.get("/v1/status").await;
    let sent_to = status["EMAIL_API_SEND_ENDPOINT"].as_str().unwrap();
    assert!(sent_to.contains("/workflows/") && !sent_to.contains("sig"), "{sent_to}");
    let log = std::fs::read_to_string(dir.path().join("log")).unwrap();
    for secret in ["sandbox-connector-secret", "sandbox-delivery-token", "sandbox-logic-app-signature", &caller.token] {
        assert!(!log.contains(secret) && !status.to_string().contains(secret), "{secret}");
        for file in std::fs::read_dir(dir.path().join("data")).unwrap() {
            let content = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!content.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret}");
        }
    }
}

#[tokio::test]
async fn a_connector_killed_while_it_orders_neither_forgets_nor_repeats() {
    let sandbox = sandbox();
    let dir = tempfile::tempdir().unwrap();
    let (port, probe_port) = (free_port(), free_port());
    let connector = serve(dir.path(), &sandbox, port, probe_port).await;
    let caller = Caller::new(&sandbox, port).await;
    // The order is taken, and its answer is on its way for long enough.
    let fault = json!({ "endpoint": "delivery.order", "kind": "delay", "delay_ms": 5000, "times": 1 });
    control(&sandbox, "/control/faults", &fault).await;
    let request = caller
        .http
        .post(format!("{}/v1/fpr/shipments", caller.api))
        .bearer_auth(&caller.token)
        .header("idempotency-key", "order-1")
        .json(&order_for(ADA));
    let under_way = tokio::spawn(request.send());
    tokio::time::sleep(Duration::from_millis(1500)).await;
    drop(connector);
    assert!(under_way.await.unwrap().is_err(), "the caller's connection broke with the connector");

    let _connector = serve(dir.path(), &sandbox, port, probe_port).await;
    caller.get("/v1/operations/process-shipments").await;
    let request = caller
        .http
        .post(format!("{}/v1/fpr/shipments", caller.api))
        .bearer_auth(&caller.token)
        .header("idempotency-key", "order-1")
        .json(&order_for(ADA));
    let answer = request.timeout(Duration::from_secs(60)).send().await.unwrap();
    // The first request is not known to be over yet, or known to be in doubt; it is never sent anew.
    assert!(matches!(answer.status().as_u16(), 409 | 502), "{}", answer.text().await.unwrap());
    assert!(parcels(&sandbox).await.len() <= 1);
}

#[tokio::test]
async fn a_rotated_api_token_needs_no_restart() {
    let sandbox = sandbox();
    let dir = tempfile::tempdir().unwrap();
    let (port, probe_port) = (free_port(), free_port());
    let _connector = serve(dir.path(), &sandbox, port, probe_port).await;
    let caller = Caller::new(&sandbox, port).await;
    let put = reqwest::Client::new().put(format!("{}/control/settings", sandbox.base));
    let answer = put.json(&json!({ "delivery_token": "sandbox-delivery-token-2" })).send().await.unwrap();
    assert!(answer.status().is_success());
    let order = || async {
        let request = caller.http.post(format!("{}/v1/fpr/shipments", caller.api)).bearer_auth(&caller.token);
        request.json(&order_for(ADA)).send().await.unwrap().status()
    };
    assert_eq!(order().await, StatusCode::UNAUTHORIZED);
    std::fs::write(dir.path().join("token"), "sandbox-delivery-token-2").unwrap();
    assert_eq!(order().await, StatusCode::CREATED);
    assert_eq!(parcels(&sandbox).await.len(), 1);
}

/// The guide's own permission reads neither users nor managers: names are compared by the user handle, and the Logic App
/// looks the manager up.
#[tokio::test]
async fn with_the_guides_single_permission_a_name_given_to_somebody_else_is_an_obstacle() {
    let sandbox = sandbox();
    let dir = tempfile::tempdir().unwrap();
    let (port, probe_port) = (free_port(), free_port());
    let guide_only = ("0c0ffee0-0000-4000-8000-000000000004", "sandbox-guide-connector-secret");
    let _connector = serve_as(dir.path(), &sandbox, port, probe_port, guide_only).await;
    let caller = Caller::new(&sandbox, port).await;
    let order = |user: &'static str| {
        let request = caller.http.post(format!("{}/v1/fpr/shipments", caller.api)).bearer_auth(&caller.token);
        let request = request.json(&order_for(user));
        async move {
            let answer: Value = request.send().await.unwrap().json().await.unwrap();
            answer["data"]["shipment_id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
        }
    };
    let (adas, juergens) = (order(ADA).await, order("jürgen.weiß@contoso.onmicrosoft.com").await);
    control(&sandbox, "/control/users/swap-upn", &json!({ "from": ADA_ID, "to": ALAN_ID })).await;
    for shipment in [&adas, &juergens] {
        control(&sandbox, &format!("/control/parcels/{shipment}/state"), &json!({ "state_id": 103 })).await;
    }
    caller.get("/v1/operations/process-shipments").await;
    let details = caller.get(&format!("/v1/fpr/shipments/{adas}/details")).await;
    assert_eq!(
        (&details["phase"], &details["obstacle"]["class"]),
        (&json!("fulfilled"), &json!("final")),
        "{details:#}"
    );
    let status = caller.get(&format!("/v1/fpr/shipments/{juergens}")).await;
    assert_eq!(status, json!({ "shipment_id": juergens, "shipment_state": "complete" }));
}
