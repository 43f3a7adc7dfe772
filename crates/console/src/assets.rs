//! Files of the pages.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Style sheets, in the order of their rules: what all pages share, then what single pages need.
const STYLES: &str = concat!(
    include_str!("../assets/css/base.css"),
    include_str!("../assets/css/verbs.css"),
    include_str!("../assets/css/order.css"),
    include_str!("../assets/css/audit.css"),
    include_str!("../assets/css/health.css"),
    include_str!("../assets/css/overview.css"),
    include_str!("../assets/css/people.css"),
    include_str!("../assets/css/shipments.css"),
    include_str!("../assets/css/work.css"),
);

/// Name, media type and content.
const FILES: [(&str, &str, &str); 4] = [
    ("console.css", "text/css; charset=utf-8", STYLES),
    ("console.js", "text/javascript; charset=utf-8", include_str!("../assets/console.js")),
    ("htmx.min.js", "text/javascript; charset=utf-8", include_str!("../vendor/htmx/htmx.min.js")),
    ("icon.svg", "image/svg+xml", include_str!("../assets/icon.svg")),
];

/// Version of the files, so that browsers can keep them.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all: String = FILES.iter().map(|(_, _, content)| *content).collect();
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, all.as_bytes()).as_ref()[..9])
});

/// Returns the address of a file of this version.
pub(crate) fn address(name: &str) -> String {
    format!("/console/assets/{name}?v={}", *VERSION)
}

/// `GET /console/assets/{name}`. Requires no sign-in: the files contain no data.
pub(crate) async fn file(Path(name): Path<String>) -> Response {
    let Some((_, media_type, content)) = FILES.iter().find(|(known, _, _)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kept = "public, max-age=31536000, immutable";
    ([(header::CONTENT_TYPE, *media_type), (header::CACHE_CONTROL, kept)], *content).into_response()
}
