//! Test bench: a sandbox on free ports, and an HTTP client.
#![allow(clippy::disallowed_methods, reason = "the tests are clients of the sandbox and use their own HTTP client")]

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::ground::directory::TENANT_ID;
use crate::options::SandboxOptions;
use crate::running::RunningSandbox;
use crate::server::Sandbox;

pub(crate) const CONNECTOR: (&str, &str) = ("0c0ffee0-0000-4000-8000-000000000001", "sandbox-connector-secret");
pub(crate) const TEST_CLIENT: (&str, &str) = ("0c0ffee0-0000-4000-8000-000000000002", "sandbox-test-client-secret");
pub(crate) const GUIDE_CONNECTOR: (&str, &str) =
    ("0c0ffee0-0000-4000-8000-000000000004", "sandbox-guide-connector-secret");
pub(crate) const AUDITOR: (&str, &str) = ("0c0ffee0-0000-4000-8000-000000000005", "sandbox-auditor-secret");
pub(crate) const ADA: &str = "a1000000-0000-4000-8000-000000000001";

/// A sandbox and an HTTP client for it.
pub(crate) struct Bench {
    pub(crate) sandbox: RunningSandbox,
    pub(crate) http: Client,
}

impl Bench {
    /// Starts a sandbox on free ports.
    pub(crate) async fn start() -> Self {
        Self::with(SandboxOptions::ephemeral()).await
    }

    /// Starts a sandbox with these options.
    pub(crate) async fn with(options: SandboxOptions) -> Self {
        Self { sandbox: Sandbox::start(options).await.unwrap(), http: Client::builder().no_proxy().build().unwrap() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.base_url())
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(self.url(path))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.post(self.url(path)).json(body)
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.put(self.url(path)).json(body)
    }

    pub(crate) fn patch(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.patch(self.url(path)).json(body)
    }

    pub(crate) fn delete(&self, path: &str) -> RequestBuilder {
        self.http.delete(self.url(path))
    }

    /// Requests a token and returns the response.
    pub(crate) async fn token_answer(&self, tenant: &str, form: &[(&str, &str)]) -> Response {
        self.http.post(self.url(&format!("{tenant}/oauth2/v2.0/token"))).form(form).send().await.unwrap()
    }

    /// Returns an access token for this client.
    pub(crate) async fn token(&self, client: (&str, &str), scope: &str) -> String {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client.0),
            ("client_secret", client.1),
            ("scope", scope),
        ];
        let answer = self.token_answer(&TENANT_ID.to_string(), &form).await;
        let body: Value = answer.json().await.unwrap();
        body["access_token"].as_str().unwrap_or_else(|| panic!("no token: {body}")).to_owned()
    }

    /// Returns an access token for Graph.
    pub(crate) async fn graph_token(&self, client: (&str, &str)) -> String {
        self.token(client, "https://graph.microsoft.com/.default").await
    }

    /// Calls Graph and returns status and body.
    pub(crate) async fn graph(
        &self,
        token: &str,
        method: reqwest::Method,
        path: &str,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let request = self.http.request(method, self.url(path)).bearer_auth(token);
        read(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// Returns creation options from beta, valid for 60 minutes.
    pub(crate) async fn creation_options(&self, token: &str, user: &str) -> Value {
        let path =
            format!("beta/users/{user}/authentication/fido2Methods/creationOptions?challengeTimeoutInMinutes=60");
        let (status, body) = self.graph(token, reqwest::Method::GET, &path, None).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// Registers a passkey and returns status and body.
    pub(crate) async fn register(&self, token: &str, user: &str, body: &Value) -> (u16, Value) {
        let path = format!("beta/users/{user}/authentication/fido2Methods");
        self.graph(token, reqwest::Method::POST, &path, Some(body)).await
    }

    /// Changes the policy or the settings.
    pub(crate) async fn set(&self, what: &str, change: Value) {
        let (status, body) = read(self.put(&format!("control/{what}"), &change)).await;
        assert_eq!(status, 200, "{body}");
    }

    /// Adds a fault.
    pub(crate) async fn fault(&self, rule: Value) {
        let answer = self.post("control/faults", &rule).send().await.unwrap();
        assert!(answer.status().is_success(), "{rule}");
    }

    /// Advances both clocks.
    pub(crate) async fn pass(&self, seconds: i64) {
        let step = json!({"advance_seconds": seconds, "tokens_too": true});
        assert!(self.post("control/clock", &step).send().await.unwrap().status().is_success());
    }
}

/// Sends a request and returns status and JSON body. A body that is not JSON becomes a string.
pub(crate) async fn read(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
