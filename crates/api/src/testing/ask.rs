//! Requests for property tests, and assertions for every response.

use std::sync::LazyLock;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, HeaderValue, Method};
use proptest::prelude::*;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::world::{World, request};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().enable_all().build().unwrap());

/// Sends a request and returns status and body, or `None` when path or headers cannot be sent.
pub(crate) fn ask(
    world: &World,
    method: Method,
    path: &str,
    headers: &[(&str, &[u8])],
    body: Vec<u8>,
) -> Option<(u16, Value)> {
    path.parse::<axum::http::Uri>().ok()?;
    let mut request = request(method, path, Body::from(body));
    for (name, value) in headers {
        let value = HeaderValue::from_bytes(value).ok()?;
        request.headers_mut().insert(name.parse::<HeaderName>().unwrap(), value);
    }
    RUNTIME.block_on(async {
        let answer = world.send(request).await;
        let status = answer.status().as_u16();
        let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        Some((status, serde_json::from_slice(&bytes).unwrap_or_default()))
    })
}

pub(crate) fn assert_documented(status: u16, body: &Value) -> Result<(), TestCaseError> {
    prop_assert!(status < 500, "{} {}", status, body);
    if status >= 400 {
        prop_assert!(body["error_code"].is_string() && body["error_message"].is_string(), "{} {}", status, body);
        let shown = body["error_message"].as_str().unwrap();
        prop_assert!(!shown.chars().any(char::is_control) && shown.chars().count() < 2_000, "{:?}", shown);
    }
    Ok(())
}
