//! Files of the pages.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::Response;
use keyferry_pages::Asset;

/// Style sheets, in the order of their rules: what all pages share, then what single pages need.
const STYLES: &str = concat!(
    keyferry_pages::base_css!(),
    include_str!("../assets/css/verbs.css"),
    include_str!("../assets/css/order.css"),
    include_str!("../assets/css/audit.css"),
    include_str!("../assets/css/health.css"),
    include_str!("../assets/css/overview.css"),
    include_str!("../assets/css/people.css"),
    include_str!("../assets/css/shipments.css"),
    include_str!("../assets/css/work.css"),
);

const FILES: [Asset; 4] = [
    ("console.css", "text/css; charset=utf-8", STYLES),
    ("console.js", "text/javascript; charset=utf-8", include_str!("../assets/console.js")),
    ("htmx.min.js", "text/javascript; charset=utf-8", include_str!("../vendor/htmx/htmx.min.js")),
    ("icon.svg", "image/svg+xml", keyferry_pages::ICON),
];

/// Version of the files, so that browsers can keep them.
static VERSION: LazyLock<String> = LazyLock::new(|| keyferry_pages::version(&FILES));

/// Returns the address of a file of this version.
pub(crate) fn address(name: &str) -> String {
    format!("/console/assets/{name}?v={}", *VERSION)
}

/// `GET /console/assets/{name}`. Requires no sign-in: the files contain no data.
pub(crate) async fn file(Path(name): Path<String>) -> Response {
    keyferry_pages::file(&FILES, &name)
}
