//! Files that pages need, compiled in.

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Style sheet that the pages of all areas share.
#[macro_export]
macro_rules! base_css {
    () => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../pages/assets/css/base.css"))
    };
}

/// Icon of all pages.
pub const ICON: &str = include_str!("../assets/icon.svg");

/// File: name, media type and content.
pub type Asset = (&'static str, &'static str, &'static str);

/// Returns a version of the files, so that browsers can keep them.
pub fn version(files: &[Asset]) -> String {
    let all: String = files.iter().map(|(_, _, content)| *content).collect();
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, all.as_bytes()).as_ref()[..9])
}

/// Returns the response with a file.
pub fn file(files: &[Asset], name: &str) -> Response {
    let Some((_, media_type, content)) = files.iter().find(|(known, _, _)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kept = "public, max-age=31536000, immutable";
    ([(header::CONTENT_TYPE, *media_type), (header::CACHE_CONTROL, kept)], *content).into_response()
}
