//! The program as an administrator runs it: `keyferry demo` on free ports, spoken to over HTTP only.

#![allow(dead_code, reason = "each test file uses its own part of the harness")]
#![allow(
    clippy::disallowed_methods,
    reason = "the tests stand outside: they have clocks and HTTP clients of their own"
)]
#![allow(missing_docs, reason = "helpers of tests")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

pub const KEYFERRY: &str = env!("CARGO_BIN_EXE_keyferry");

/// A demo that runs until it is dropped.
pub struct Demo {
    process: Child,
    pub http: reqwest::Client,
    pub world: Value,
    pub dir: TempDir,
    token: String,
}

impl Demo {
    /// Starts one whose parcels move only when stepped, with the PIN by mail.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// The same with more flags, which come last and so win.
    pub async fn with(flags: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self::in_dir(dir, flags).await
    }

    pub async fn in_dir(dir: TempDir, flags: &[&str]) -> Self {
        let mut process = Command::new(KEYFERRY)
            .args(["demo", "--json", "--parcel-seconds", "0"])
            .args([
                "--api-port",
                "0",
                "--probe-port",
                "0",
                "--sandbox-port",
                "0",
                "--smtp-port",
                "0",
                "--smtps-port",
                "0",
            ])
            .arg("--data-dir")
            .arg(dir.path().join("data"))
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(dir.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let log = || std::fs::read_to_string(dir.path().join("log")).unwrap_or_default();
        let world: Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("no announcement: {line:?}\n{}", log()));
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
        let mut demo = Self { process, http, world, dir, token: String::new() };
        demo.token = demo.new_token("client_id", "client_secret").await;
        demo
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap()
    }

    pub fn url(&self, part: &str, path: &str) -> String {
        format!("{}{path}", self.world[part].as_str().unwrap())
    }

    async fn new_token(&self, id: &str, secret: &str) -> String {
        let (id, secret) = (self.world[id].as_str().unwrap(), self.world[secret].as_str().unwrap());
        self.token_of(id, secret).await
    }

    /// An access token for the API, asked for as the guide's section 7 does.
    pub async fn token_of(&self, client_id: &str, client_secret: &str) -> String {
        let answer = self
            .http
            .post(self.world["token_url"].as_str().unwrap())
            .form(&[
                ("grant_type", "client_credentials"),
                ("client_id", client_id),
                ("client_secret", client_secret),
                ("scope", self.world["scope"].as_str().unwrap()),
            ])
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text().await.unwrap());
        answer.json::<Value>().await.unwrap()["access_token"].as_str().unwrap().to_owned()
    }

    /// A call of the API with a good token.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request = self.http.request(method, self.url("api", path)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    /// A call of the sandbox.
    pub async fn sandbox(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request = self.http.request(method, self.url("sandbox", path));
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    /// A fault in the sandbox.
    pub async fn fault(&self, fault: &Value) {
        let answer = self.sandbox(Method::POST, "/control/faults", Some(fault)).await;
        assert!(answer.status.is_success(), "{}", answer.body);
    }

    pub async fn clear_faults(&self) {
        self.sandbox(Method::DELETE, "/control/faults", None).await;
    }

    /// Orders a key for the user; the delivery service's id.
    pub async fn order(&self, user: &str) -> String {
        let answer = self.post("/v1/fpr/shipments", &order_for(user)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.body["data"]["shipment_id"].as_str().unwrap().to_owned()
    }

    /// Puts the parcel into a state.
    pub async fn parcel_to(&self, shipment: &str, state: i64) {
        let path = format!("/control/parcels/{shipment}/state");
        let answer = self.sandbox(Method::POST, &path, Some(&json!({ "state_id": state }))).await;
        assert!(answer.status.is_success(), "{}", answer.body);
    }

    /// Processes on demand and waits for it.
    pub async fn process(&self) {
        let answer = self.call(Method::POST, "/v1/operations/process-shipments", None).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
    }

    pub async fn status(&self, shipment: &str) -> Value {
        let answer = self.get(&format!("/v1/fpr/shipments/{shipment}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body
    }

    pub async fn details(&self, shipment: &str) -> Value {
        let answer = self.get(&format!("/v1/fpr/shipments/{shipment}/details")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body
    }

    /// Processes until the condition holds; the details then.
    pub async fn process_until(&self, shipment: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            self.process().await;
            let details = self.details(shipment).await;
            if holds(&details) {
                return details;
            }
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "{what} did not come about: {details:#}\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// An order for the user, shipped, registered and its PIN sent.
    pub async fn complete_order(&self, user: &str) -> String {
        let shipment = self.order(user).await;
        self.parcel_to(&shipment, 103).await;
        self.process_until(&shipment, "completion", |details| details["shipment_state"] == "complete").await;
        shipment
    }

    /// Mails that came, oldest first.
    pub async fn mails(&self) -> Vec<Value> {
        let answer = self.sandbox(Method::GET, "/mailbox/messages", None).await;
        let body = answer.body;
        let list = if body.is_array() { body } else { body["messages"].clone() };
        list.as_array().unwrap_or_else(|| panic!("{list}")).clone()
    }

    /// Methods that Graph holds for a user, asked for by an auditor and not by the connector.
    pub async fn methods(&self, user_id: &str) -> Vec<Value> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "0c0ffee0-0000-4000-8000-000000000005"),
            ("client_secret", "sandbox-auditor-secret"),
            ("scope", "https://graph.microsoft.com/.default"),
        ];
        let request = self.http.post(self.world["token_url"].as_str().unwrap()).form(&form);
        let token: Value = request.send().await.unwrap().json().await.unwrap();
        let url = self.url("sandbox", &format!("/beta/users/{user_id}/authentication/fido2Methods"));
        let request = self.http.get(url).bearer_auth(token["access_token"].as_str().unwrap());
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body["value"].as_array().unwrap().clone()
    }

    /// What the sandbox was asked, by endpoint.
    pub async fn calls(&self, endpoint: &str) -> usize {
        let answer = self.sandbox(Method::GET, "/control/calls", None).await;
        let body = answer.body;
        let list = if body.is_array() { body } else { body["calls"].clone() };
        list.as_array().unwrap().iter().filter(|call| call["endpoint"] == endpoint).count()
    }

    pub fn data_dir(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    /// Asks the process to stop as Ctrl-C does, and waits; whether it ended with 0.
    pub fn stop(&mut self) -> bool {
        interrupt(self.process.id());
        self.process.wait().unwrap().success()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

pub fn interrupt(pid: u32) {
    assert!(Command::new("kill").args(["-INT", &pid.to_string()]).status().unwrap().success());
}

/// An answer, read whole. A body that is not JSON is a JSON string.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub async fn of(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, headers, body }
    }
}

/// The guide's example of an order, with values that the delivery service takes.
pub fn order_for(user: &str) -> Value {
    json!({
        "user_id": user,
        "pin_request": { "type": "generate", "length": 8 },
        "yubico_shipment_request": {
            "reseller_organization_id": "",
            "delivery_type": 1,
            "address_validation_bypass": false,
            "recipient": {
                "recipient_company": "Contoso",
                "recipient_email": "parcel@contoso.onmicrosoft.com",
                "recipient_firstname": "Ada",
                "recipient_lastname": "Lovelace",
                "recipient_telephone": "5555555555"
            },
            "mailing_address": {
                "street_line1": "1 Analytical Way",
                "street_line2": "Apt 2",
                "city": "Palo Alto",
                "region": "CA",
                "postal_code": "94301",
                "country_code_2": "US"
            },
            "shipment_items": [
                { "product_id": 1, "inventory_product_id": 106, "product_quantity": 1, "customization_id": "CUSTID" }
            ]
        }
    })
}

pub const ADA: &str = "ada.lovelace@contoso.onmicrosoft.com";
pub const ADA_ID: &str = "a1000000-0000-4000-8000-000000000001";
pub const ALAN_ID: &str = "a1000000-0000-4000-8000-00000000000a";
pub const GRACE: &str = "grace.hopper@contoso.onmicrosoft.com";

pub fn run(args: &[&str], dir: &Path) -> std::process::Output {
    Command::new(KEYFERRY).args(args).current_dir(dir).output().unwrap()
}
