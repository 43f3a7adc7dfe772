//! Middleware that applies to every call of every service.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use tower_http::limit::RequestBodyLimitLayer;

use crate::ground::clock::Clock;
use crate::ground::parts::Ground;
use crate::ground::settings::Settings;
use crate::ground::shared::Shared;

/// Largest request body in bytes. No service accepts a larger one.
const BODY_LIMIT: usize = 1024 * 1024;

/// Wraps a router: limits request bodies, forbids caching, and applies the `Date` skew.
pub(crate) fn around(router: Router, ground: &Ground) -> Router {
    let dates = Dates { clock: Arc::clone(&ground.clock), settings: Arc::clone(&ground.settings) };
    router
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
        .layer(from_fn(no_caching))
        .layer(from_fn_with_state(dates, dated))
}

/// State of the `Date` middleware.
#[derive(Clone)]
struct Dates {
    clock: Arc<Clock>,
    settings: Arc<Shared<Settings>>,
}

/// Overrides the `Date` header if the setting `date_skew_seconds` is not 0. Otherwise the HTTP server sets it.
async fn dated(State(dates): State<Dates>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let skew = dates.settings.lock().date_skew_seconds;
    if skew != 0 {
        let skewed = dates.clock.tokens() + chrono::TimeDelta::seconds(skew);
        if let Ok(date) = skewed.format("%a, %d %b %Y %H:%M:%S GMT").to_string().parse() {
            response.headers_mut().insert(header::DATE, date);
        }
    }
    response
}

/// Adds `Cache-Control: no-store`: mails hold PINs, and pages change with every call.
async fn no_caching(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(no_store);
    response
}
