//! Test double of the identity endpoint of Azure Container Apps, according to its documentation.
//!
//! The SDK reads the endpoint from the environment. So the call is made in a child process: this program again, with
//! only the test `child_process`.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use keyferry_azure_identity::{TokenSource as _, managed_identity};
use keyferry_domain::{Clock, Timestamp};
use keyferry_http::{Client, ClientOptions};
use serde_json::{Value, json};

const NOW: i64 = 1_790_000_000;
const HEADER: &str = "canary-identity-header";
const CHILD: &str = "KEYFERRY_TEST_CHILD";

struct FixedClock;

#[async_trait]
impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(NOW, 0).unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

/// Query parameters of each call.
type Asked = Arc<Mutex<Vec<Value>>>;

async fn endpoint(State(asked): State<Asked>, Query(query): Query<Value>, headers: HeaderMap) -> Response {
    if headers.get("x-identity-header").is_none_or(|header| header != HEADER) {
        return (StatusCode::FORBIDDEN, [("x-correlation-id", "c-1")]).into_response();
    }
    let number = {
        let mut asked = asked.lock().unwrap();
        asked.push(query.clone());
        asked.len()
    };
    if query["client_id"] == "unassigned" {
        let message = format!("Unable to load the proper Managed Identity. {HEADER}");
        let body = json!({"statusCode": 400, "message": message, "correlationId": "c-2"});
        return (StatusCode::BAD_REQUEST, body.to_string()).into_response();
    }
    let token = json!({
        "access_token": format!("canary-token-{number}"), "expires_on": (NOW + 3600).to_string(),
        "resource": query["resource"], "token_type": "Bearer", "client_id": "x",
    });
    token.to_string().into_response()
}

/// Requests tokens in a child process. Returns the child's result, and the calls that the endpoint received.
async fn ask(client_id: &str, header: &str) -> (Value, Vec<Value>) {
    let asked = Asked::default();
    let router = Router::new().route("/msi/token", get(endpoint)).with_state(asked.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/msi/token", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["child_process", "--exact", "--nocapture"]).env(CHILD, client_id);
    command.env("IDENTITY_ENDPOINT", url).env("IDENTITY_HEADER", header);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let line = text.lines().find_map(|line| line.split_once("answer: ")).unwrap_or_else(|| panic!("{text}")).1;
    let asked = asked.lock().unwrap().clone();
    (serde_json::from_str(line).unwrap(), asked)
}

#[tokio::test]
async fn child_process() {
    #[expect(clippy::disallowed_methods, reason = "the parent test passes its arguments in the environment")]
    let Ok(client_id) = std::env::var(CHILD) else { return };
    let client_id = Some(client_id.as_str()).filter(|id| !id.is_empty());
    let http = Client::new(ClientOptions::default()).unwrap();
    let source = managed_identity(client_id, "https://vault.azure.net/", http, Arc::new(FixedClock));
    let mut answer = Vec::new();
    for _ in 0..2 {
        match source.token().await {
            Ok(token) => answer.push(json!(token.expose())),
            Err(failure) => answer.push(json!(format!("{failure:?}"))),
        }
    }
    if let Ok(token) = source.token().await {
        source.invalidate(&token);
        answer.push(json!(source.token().await.unwrap().expose()));
    }
    println!("answer: {}", json!({"answer": answer, "debug": format!("{source:?}")}));
}

#[tokio::test]
async fn requests_token_as_documented_and_caches_it_until_refused() {
    for (client_id, expected) in [
        ("", json!({"api-version": "2019-08-01", "resource": "https://vault.azure.net"})),
        ("id-1", json!({"api-version": "2019-08-01", "resource": "https://vault.azure.net", "client_id": "id-1"})),
    ] {
        let (answer, asked) = ask(client_id, HEADER).await;
        assert_eq!(answer["answer"], json!(["canary-token-1", "canary-token-1", "canary-token-2"]));
        assert_eq!(asked, [expected.clone(), expected]);
        assert!(!answer["debug"].to_string().contains("canary"), "{answer}");
    }
}

#[tokio::test]
async fn failure_has_remedy_but_no_secret() {
    for (client_id, header, remedy) in [
        ("unassigned", HEADER, "set AZURE_CLIENT_ID to an assigned identity"),
        ("", "another", "changes with each start"),
    ] {
        let (answer, _) = ask(client_id, header).await;
        let failure = answer["answer"][0].as_str().unwrap();
        assert!(failure.contains(remedy), "{failure}");
        assert!(!failure.contains("canary") && !failure.contains("another"), "{failure}");
    }
}
