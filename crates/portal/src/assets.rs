//! Files that the pages need, compiled in.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::Response;
use keyferry_pages::Asset;

const STYLES: &str = concat!(keyferry_pages::base_css!(), include_str!("../assets/portal.css"));

const FILES: [Asset; 3] = [
    ("portal.css", "text/css; charset=utf-8", STYLES),
    ("portal.js", "text/javascript; charset=utf-8", include_str!("../assets/portal.js")),
    ("icon.svg", "image/svg+xml", keyferry_pages::ICON),
];

/// Version of the files, so that browsers can keep them.
static VERSION: LazyLock<String> = LazyLock::new(|| keyferry_pages::version(&FILES));

/// Returns the address of a file of this version.
pub(crate) fn address(name: &str) -> String {
    format!("/me/assets/{name}?v={}", *VERSION)
}

/// `GET /me/assets/{name}`. Requires no sign-in: the files contain no data.
pub(crate) async fn file(Path(name): Path<String>) -> Response {
    keyferry_pages::file(&FILES, &name)
}
