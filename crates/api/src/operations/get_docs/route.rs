//! Routes of the page. Like the document that it shows, they require no authentication and are not part of it.

use std::io::Read as _;

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use flate2::read::GzDecoder;

use crate::kit::problem::Problem;

/// Version of Swagger UI, so that browsers fetch a new one.
const VERSION: &str = "5.35.0";

const PAGE: &str = include_str!("page.html");
const START: &str = include_str!("start.js");

/// Files of Swagger UI, compressed with gzip.
pub(super) const SCRIPT: &[u8] = include_bytes!("../../../vendor/swagger-ui/swagger-ui-bundle.js.gz");
pub(super) const STYLE: &[u8] = include_bytes!("../../../vendor/swagger-ui/swagger-ui.css.gz");

/// Licences of Swagger UI and of the packages that it contains, which must accompany it.
const LICENSES: &str = concat!(
    include_str!("../../../vendor/swagger-ui/NOTICE"),
    "\n",
    include_str!("../../../vendor/swagger-ui/LICENSE"),
    "\n",
    include_str!("../../../vendor/swagger-ui/swagger-ui-bundle.js.LICENSE.txt"),
);

/// What the page may load: only files of this connector. Pictures in the style sheet are `data:` URLs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Returns the routes of the page and its files. All URLs in the page are relative, for proxies that add a path.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/docs", get(page))
        .route("/docs/", get(async || Redirect::permanent("../docs")))
        .route("/docs/start.js", get(async || ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], START)))
        .route("/docs/LICENSE.txt", get(async || ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], LICENSES)))
        .route(
            "/docs/swagger-ui-bundle.js",
            get(async |headers| file(SCRIPT, "text/javascript; charset=utf-8", &headers)),
        )
        .route("/docs/swagger-ui.css", get(async |headers| file(STYLE, "text/css; charset=utf-8", &headers)))
}

async fn page() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, POLICY)];
    (headers, PAGE.replace("VERSION", VERSION))
}

/// Returns a file as it is stored if the client accepts gzip, else decompressed.
fn file(compressed: &'static [u8], media_type: &'static str, request: &HeaderMap) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // The page names the version in the URL.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=604800"));
    if accepts_gzip(request) {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        return (headers, compressed).into_response();
    }
    let mut bytes = Vec::new();
    match GzDecoder::new(compressed).read_to_end(&mut bytes) {
        Ok(_) => (headers, bytes).into_response(),
        // Cannot happen with the files of the repository: a test decompresses them.
        Err(_) => Problem::internal().into_response(),
    }
}

/// Returns whether `Accept-Encoding` names gzip, and not with a weight of 0 (RFC 9110 section 12.5.3).
fn accepts_gzip(request: &HeaderMap) -> bool {
    let values = request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let refused = parts.filter_map(|part| part.strip_prefix("q=")).any(|weight| weight.parse() == Ok(0.0));
        named && !refused
    })
}
