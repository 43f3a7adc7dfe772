//! Indented JSON for people who call the demo by curl.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::Value;

/// Answers of the API are smaller, in bytes.
const LARGEST: usize = 16 * 1024 * 1024;

/// Indents JSON answers to curl. Other clients get the bytes that a deployment sends.
pub(super) async fn for_terminals(request: Request, next: Next) -> Response {
    let curl = is_curl(request.headers());
    let response = next.run(request).await;
    let json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if curl && json { indented(response).await } else { response }
}

fn is_curl(headers: &HeaderMap) -> bool {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    agent.is_some_and(|agent| agent.starts_with("curl/"))
}

async fn indented(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return Response::from_parts(parts, Body::empty());
    };
    let pretty =
        serde_json::from_slice::<Value>(&body).ok().and_then(|value| serde_json::to_string_pretty(&value).ok());
    let Some(pretty) = pretty else { return Response::from_parts(parts, Body::from(body)) };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(pretty + "\n"))
}

#[cfg(test)]
mod tests {
    use axum::Json;
    use axum::Router;
    use axum::http::Request;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use serde_json::json;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn only_curl_gets_indented_json() {
        let app = Router::new()
            .route("/json", get(async || Json(json!({ "a": { "b": 1 } }))))
            .route("/text", get(async || "{\"a\":1}"))
            .layer(from_fn(for_terminals));
        for (path, agent, expected) in [
            ("/json", "curl/8.5.0", "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n"),
            ("/json", "python-requests/2", "{\"a\":{\"b\":1}}"),
            ("/text", "curl/8.5.0", "{\"a\":1}"),
        ] {
            let request = Request::builder().uri(path).header("user-agent", agent).body(Body::empty()).unwrap();
            let response = app.clone().oneshot(request).await.unwrap();
            let body = to_bytes(response.into_body(), 1000).await.unwrap();
            assert_eq!(body, expected, "{path} {agent}");
        }
    }
}
