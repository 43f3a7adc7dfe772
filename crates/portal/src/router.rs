//! Router of the pages for people: all routes, and the layers that apply to every route.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use keyferry_pages::{add_headers, panicked};
use tower_http::catch_panic::CatchPanicLayer;

use crate::frame::Frame;
use crate::notice::Notice;
use crate::state::PortalState;
use crate::visitor::Visitor;
use crate::{address, assets, object, pass, pin, sign_in};

/// Longest duration of a request: a PIN is fetched from the delivery service, or a pass made by the identity provider.
const LONGEST: Duration = Duration::from_secs(60);

/// Largest body of a form, in bytes.
const LARGEST_FORM: usize = 16 * 1024;

/// Returns the routes, all under `/me`. They are merged with those of the API.
pub fn router(state: PortalState) -> Router {
    Router::new()
        .route("/me", get(start))
        .route("/me/", get(async || Redirect::permanent("/me")))
        .route("/me/pin/{token}", get(pin::ask).post(pin::show))
        .route("/me/pin-closed", get(pin::closed))
        .route("/me/pass/{token}", get(pass::ask).post(pass::show))
        .route("/me/pass-closed", get(pass::closed))
        .route("/me/address/{token}", get(address::ask).post(address::give))
        .route("/me/object/{token}", get(object::ask).post(object::object))
        .route("/me/sign-in", get(sign_in::begin))
        .route("/me/callback", get(sign_in::callback))
        .route("/me/sign-out", post(sign_in::sign_out))
        .route("/me/signed-out", get(sign_in::signed_out))
        .route("/me/assets/{name}", get(assets::file))
        .route("/me/{*rest}", get(unknown_page))
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(from_fn(limit_time))
        .layer(CatchPanicLayer::custom(panicked))
        // Outermost, so that it also applies to responses after a panic.
        .layer(from_fn(add_headers))
        .with_state(state)
}

/// `GET /me`: nothing waits here; each page has a link of its own.
async fn start(visitor: Visitor) -> Notice {
    Notice::new(visitor.frame(), StatusCode::OK, &visitor.m.start)
}

async fn unknown_page(visitor: Visitor) -> Notice {
    Notice::new(visitor.frame(), StatusCode::NOT_FOUND, &visitor.m.not_found)
}

async fn wrong_method(headers: HeaderMap) -> Notice {
    let frame = Frame::signed_out(&headers);
    let texts = &frame.m.not_found;
    Notice::new(frame, StatusCode::METHOD_NOT_ALLOWED, texts)
}

async fn limit_time(request: Request, next: Next) -> Response {
    let frame = Frame::signed_out(request.headers());
    match tokio::time::timeout(LONGEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Notice::unavailable(frame).into_response(),
    }
}
