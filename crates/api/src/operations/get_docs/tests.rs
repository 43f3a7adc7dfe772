//! The page loads nothing from elsewhere, and its files are those of the package.

use std::io::Read as _;

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use flate2::read::GzDecoder;
use serde_json::Value;

use super::route::{SCRIPT, STYLE};
use crate::testing::world::World;

const README: &str = include_str!("../../../vendor/swagger-ui/README.md");
const COMPONENT: &str = include_str!("../../../vendor/swagger-ui/component.json");

fn decompressed(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut text).unwrap();
    text
}

/// Returns headers and body of a response to a request without a token.
async fn fetch(path: &str, encoding: Option<&str>) -> (StatusCode, axum::http::HeaderMap, Vec<u8>) {
    let mut request = Request::builder().uri(path);
    if let Some(encoding) = encoding {
        request = request.header(header::ACCEPT_ENCODING, encoding);
    }
    let (parts, body) = World::new().send(request.body(Body::empty()).unwrap()).await.into_parts();
    (parts.status, parts.headers, axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec())
}

#[test]
fn vendored_files_have_the_documented_checksums() {
    for (name, file) in [("swagger-ui-bundle.js", SCRIPT), ("swagger-ui.css", STYLE)] {
        let hash: String =
            digest(&SHA256, &decompressed(file)).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(README.contains(&format!("| `{name}` | `{hash}` |")), "{name}: {hash}");
    }
    let component: Value = serde_json::from_str(COMPONENT).unwrap();
    assert!(README.contains(&format!("version {}, licence Apache-2.0", component["version"].as_str().unwrap())));
}

#[tokio::test]
async fn page_needs_no_token_and_allows_only_its_own_files() {
    let (status, headers, page) = fetch("/docs", None).await;
    assert_eq!(status, StatusCode::OK);
    let page = String::from_utf8(page).unwrap();
    let component: Value = serde_json::from_str(COMPONENT).unwrap();
    assert!(page.contains(&format!("swagger-ui-bundle.js?{}", component["version"].as_str().unwrap())), "{page}");
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
    assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    for part in page.split(['"', '\'']).filter(|part| part.starts_with("docs/")) {
        let (status, ..) = fetch(&format!("/{part}"), Some("gzip")).await;
        assert_eq!(status, StatusCode::OK, "{part}");
    }
    assert!(!page.contains("://"), "{page}");
    let (status, headers, _) = fetch("/docs/", None).await;
    assert_eq!((status, headers[header::LOCATION].to_str().unwrap()), (StatusCode::PERMANENT_REDIRECT, "../docs"));
}

#[tokio::test]
async fn files_are_sent_compressed_where_accepted() {
    for path in ["/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css"] {
        let (.., plain) = fetch(path, None).await;
        for (encoding, compressed) in [
            (Some("gzip, deflate, br"), true),
            (Some("br;q=1, GZIP;q=0.5"), true),
            (Some("gzip;q=0"), false),
            (Some("gzip; q=0.0, br"), false),
            (Some("br"), false),
            (None, false),
        ] {
            let (status, headers, body) = fetch(path, encoding).await;
            assert_eq!((status, &headers[header::VARY]), (StatusCode::OK, &"accept-encoding".parse().unwrap()));
            assert_eq!(headers.get(header::CONTENT_ENCODING).is_some(), compressed, "{encoding:?}");
            assert!(plain == if compressed { decompressed(&body) } else { body }, "{encoding:?}");
        }
    }
}

#[tokio::test]
async fn licences_accompany_the_files() {
    let (status, _, text) = fetch("/docs/LICENSE.txt", None).await;
    let text = String::from_utf8(text).unwrap();
    assert_eq!(status, StatusCode::OK);
    for part in ["SmartBear Software", "Apache License", "DOMPurify", "@license React"] {
        assert!(text.contains(part), "{part}");
    }
}
