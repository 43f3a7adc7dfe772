//! Router of the API: all routes, and the layers that apply to every route.

use std::any::Any;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use crate::kit::access::authenticate;
use crate::kit::problem::{ErrorType, Problem};
use crate::operations::{get_openapi, v1};
use crate::state::ApiState;

/// Returns the API's router. Every operation under `/v1` requires an authenticated caller; `/openapi.json` does not.
pub fn router(mut state: ApiState) -> Router {
    state.status = state.status.public();
    let authentication = state.authentication.clone();
    let (v1, document) = v1().split_for_parts();
    // `route_layer` instead of `layer`: unknown paths must answer 404 without authentication. The OpenAPI document is
    // merged afterwards, so it needs no authentication either.
    v1.route_layer(from_fn_with_state(authentication, authenticate))
        .merge(get_openapi::routes(get_openapi::to_json(document)))
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .with_state(state)
        .layer(CatchPanicLayer::custom(panicked))
        // Outermost, so that it also applies to responses after a panic.
        .layer(from_fn(not_cached))
}

/// Returns the API's OpenAPI 3.1 document as indented JSON with a trailing line feed.
pub fn openapi_json() -> String {
    let (_, document) = v1().split_for_parts();
    get_openapi::to_json(document)
}

async fn unknown_path() -> Problem {
    Problem::api(
        StatusCode::NOT_FOUND,
        ErrorType::NotFound,
        "Could not find this path. See /openapi.json for all operations.",
    )
}

async fn wrong_method(request: Request) -> Problem {
    let message = format!("The method {} is not supported for this path. See the Allow header.", request.method());
    Problem::api(StatusCode::METHOD_NOT_ALLOWED, ErrorType::MethodNotAllowed, keyferry_http::clean(&message))
}

/// Answers 500 after a panic. The panic's message may contain secrets, so it is neither returned nor logged here.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("request handler panicked");
    Problem::internal().into_response()
}

/// Adds `Cache-Control: no-store`: responses change from request to request, and some contain personal data.
async fn not_cached(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
