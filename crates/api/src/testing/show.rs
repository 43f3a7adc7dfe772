//! Responses in the form of the snapshots: status, selected headers, and body.

use std::fmt::Write as _;

use axum::body::to_bytes;
use axum::http::{HeaderName, header};
use axum::response::Response;

const SHOWN: [HeaderName; 5] = [
    header::ALLOW,
    header::CONTENT_TYPE,
    HeaderName::from_static("idempotency-replayed"),
    header::RETRY_AFTER,
    header::WWW_AUTHENTICATE,
];

pub(crate) async fn show(response: Response) -> String {
    let mut text = response.status().to_string();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        let values: Vec<_> = response.headers().get_all(&name).iter().collect();
        assert_eq!(values, [value], "{name}");
    }
    for name in SHOWN {
        for value in response.headers().get_all(&name) {
            write!(text, "\n{name}: {}", value.to_str().unwrap()).unwrap();
        }
    }
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(!String::from_utf8_lossy(&body).contains(super::doubles::PIN), "the response contains a PIN");
    match serde_json::from_slice::<serde_json::Value>(&body) {
        Ok(json) => write!(text, "\n{}", serde_json::to_string_pretty(&json).unwrap()).unwrap(),
        Err(_) => write!(text, "\n{}", String::from_utf8(body.to_vec()).unwrap()).unwrap(),
    }
    text.trim_end().to_owned()
}
