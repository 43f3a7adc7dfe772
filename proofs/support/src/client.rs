//! Client for the API and the sandbox.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::{AUDIENCE, AUDITOR, GRAPH, TEST_CLIENT, order_for};

/// Client with a valid access token for the API, and with access to the sandbox's control API.
pub struct Client {
    pub http: reqwest::Client,
    pub api: String,
    pub world: String,
    pub token: String,
    pub log: PathBuf,
}

impl Client {
    pub async fn new(api: String, world: String, log: PathBuf) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
        let mut client = Self { http, api, world, token: String::new(), log };
        client.token = client.token_of(TEST_CLIENT, AUDIENCE).await;
        client
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Requests an access token as in section 7 of the guide.
    pub async fn ask_for_token(&self, (id, secret): (&str, &str), audience: &str) -> Answer {
        let url = format!("{}/contoso.onmicrosoft.com/oauth2/v2.0/token", self.world);
        let scope = format!("{audience}/.default");
        let form =
            [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret), ("scope", &scope)];
        Answer::of(self.http.post(url).form(&form).send().await.unwrap()).await
    }

    pub async fn token_of(&self, client: (&str, &str), audience: &str) -> String {
        let answer = self.ask_for_token(client, audience).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body["access_token"].as_str().unwrap().to_owned()
    }

    /// Builds a request to the API with a valid access token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.api)).bearer_auth(&self.token)
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request = self.request(method, path);
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

    /// Posts an order.
    pub async fn create(&self, order: &Value) -> Answer {
        self.post("/v1/fpr/shipments", order).await
    }

    /// Posts an order with an idempotency key.
    pub async fn create_once(&self, key: &str, order: &Value) -> Answer {
        let request = self.request(Method::POST, "/v1/fpr/shipments").header("idempotency-key", key).json(order);
        Answer::of(request.send().await.unwrap()).await
    }

    /// Calls the sandbox.
    pub async fn sandbox(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.world));
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    /// Calls the sandbox's control API. Panics if the call fails.
    pub async fn control(&self, method: Method, path: &str, body: &Value) -> Value {
        let answer = self.sandbox(method, &format!("/control{path}"), Some(body)).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        answer.body
    }

    /// Adds a fault to the sandbox.
    pub async fn fault(&self, fault: &Value) {
        self.control(Method::POST, "/faults", fault).await;
    }

    pub async fn clear_faults(&self) {
        self.sandbox(Method::DELETE, "/control/faults", None).await;
    }

    /// Waits until a fault on the endpoint was applied.
    pub async fn struck(&self, endpoint: &str) {
        self.until(&format!("a fault on {endpoint}"), async || {
            let faults = self.sandbox(Method::GET, "/control/faults", None).await.body;
            faults.as_array().unwrap().iter().any(|one| one["endpoint"] == endpoint && one["struck"] != 0)
        })
        .await;
    }

    /// Waits until a condition holds. Panics after 30 seconds.
    pub async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let start = Instant::now();
        while !holds().await {
            assert!(start.elapsed() < Duration::from_secs(30), "timed out waiting for {what}:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Orders a key for the user. Returns the delivery service's id.
    pub async fn order(&self, user: &str) -> String {
        let answer = self.create(&order_for(user)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.body["data"]["shipment_id"].as_str().unwrap().to_owned()
    }

    /// Returns the parcels at the delivery service.
    pub async fn parcels(&self) -> Vec<Value> {
        self.sandbox(Method::GET, "/control/parcels", None).await.body.as_array().unwrap().clone()
    }

    /// Sets the state of the parcel.
    pub async fn parcel_to(&self, shipment: &str, state: i64) {
        self.control(Method::POST, &format!("/parcels/{shipment}/state"), &json!({ "state_id": state })).await;
    }

    /// Processes shipments on demand and waits until the run ends.
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
        let answer = self.get(&format!("/v1/shipments/{shipment}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body
    }

    /// Processes shipments until the condition holds. Returns the details. Panics after 30 seconds.
    pub async fn process_until(&self, shipment: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            self.process().await;
            let details = self.details(shipment).await;
            if holds(&details) {
                return details;
            }
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "timed out waiting for {what}: {details:#}\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Orders a key for the user, and completes the shipment. Returns the delivery service's id.
    pub async fn complete_order(&self, user: &str) -> String {
        let shipment = self.order(user).await;
        self.complete(&shipment).await;
        shipment
    }

    /// Ships the parcel and processes the shipment until it is complete.
    pub async fn complete(&self, shipment: &str) {
        self.parcel_to(shipment, 103).await;
        self.process_until(shipment, "completion", |details| details["shipment_state"] == "complete").await;
    }

    /// Returns received mails, oldest first.
    pub async fn mails(&self) -> Vec<Value> {
        let body = self.sandbox(Method::GET, "/mailbox/messages", None).await.body;
        let list = if body.is_array() { body } else { body["messages"].clone() };
        list.as_array().unwrap_or_else(|| panic!("{list}")).clone()
    }

    /// Calls Graph with the credentials of an auditor, not of the connector.
    pub async fn graph(&self, path: &str) -> Value {
        let token = self.token_of(AUDITOR, GRAPH).await;
        let answer = self.http.get(format!("{}{path}", self.world)).bearer_auth(token).send().await.unwrap();
        let answer = Answer::of(answer).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body
    }

    /// Returns the FIDO2 methods of a user in Graph.
    pub async fn methods(&self, user_id: &str) -> Vec<Value> {
        let answer = self.graph(&format!("/beta/users/{user_id}/authentication/fido2Methods")).await;
        answer["value"].as_array().unwrap().clone()
    }

    /// Returns the number of calls at an endpoint of the sandbox.
    pub async fn calls(&self, endpoint: &str) -> usize {
        let calls = self.sandbox(Method::GET, "/control/calls", None).await.body;
        calls.as_array().unwrap().iter().filter(|call| call["endpoint"] == endpoint).count()
    }
}

/// A response, read completely. A body that is not JSON becomes a JSON string; `text` is the unparsed body.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
    pub text: String,
}

impl Answer {
    pub async fn of(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.clone()));
        Self { status, headers, body, text }
    }
}
