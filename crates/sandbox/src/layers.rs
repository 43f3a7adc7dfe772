//! What every call goes through, whatever its service.

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

/// No call of any of the services is larger.
const BODY_LIMIT: usize = 1024 * 1024;

/// Limits bodies, forbids caching, and dates answers.
pub(crate) fn around(router: Router, ground: &Ground) -> Router {
    let dates = Dates { clock: Arc::clone(&ground.clock), settings: Arc::clone(&ground.settings) };
    router
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
        .layer(from_fn(no_caching))
        .layer(from_fn_with_state(dates, dated))
}

/// What the time that answers tell is made of.
#[derive(Clone)]
struct Dates {
    clock: Arc<Clock>,
    settings: Arc<Shared<Settings>>,
}

/// The time that answers tell, where it is to be wrong; else the HTTP server tells its own.
async fn dated(State(dates): State<Dates>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let skew = dates.settings.lock().date_skew_seconds;
    if skew != 0 {
        let told = dates.clock.tokens() + chrono::TimeDelta::seconds(skew);
        if let Ok(date) = told.format("%a, %d %b %Y %H:%M:%S GMT").to_string().parse() {
            response.headers_mut().insert(header::DATE, date);
        }
    }
    response
}

/// Nothing here may be kept by a browser or proxy: mails hold PINs, pages change with every call.
async fn no_caching(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(no_store);
    response
}
