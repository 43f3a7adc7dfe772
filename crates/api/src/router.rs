//! Router of the API: all routes, and the layers that apply to every route.

use std::any::Any;
use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use crate::kit::access::authenticate;
use crate::kit::problem::{ErrorType, Problem};
use crate::operations::{get_docs, get_openapi, v1};
use crate::state::ApiState;

/// Longest duration of a request: the largest time budget of an order (`KEYFERRY_CREATE_BUDGET_SECONDS`), and 30 s each
/// for the body and for the caller's token.
const LONGEST: Duration = Duration::from_secs(180);

/// Routes below `/v1` and the OpenAPI document, which are the same for every router. Building them takes long, because
/// each route describes itself.
static V1: LazyLock<(Router<ApiState>, String)> = LazyLock::new(|| {
    let (routes, document) = v1().split_for_parts();
    (routes, get_openapi::to_json(document))
});

/// Returns the API's router. Every operation under `/v1` requires an authenticated caller; `/openapi.json` and `/docs`
/// do not.
pub fn router(state: ApiState) -> Router {
    let authentication = state.authentication.clone();
    let (v1, document) = V1.clone();
    // `route_layer` instead of `layer`: unknown paths must answer 404 without authentication. The OpenAPI document is
    // merged afterwards, so it needs no authentication either.
    let routes = v1
        .route_layer(from_fn_with_state(authentication, authenticate))
        .merge(get_docs::routes())
        .merge(get_openapi::routes(document));
    layered(routes, state)
}

/// Returns the operations under `/v1` for requests that this process makes itself: the caller is the
/// [`Principal`](keyferry_access::Principal) in the extensions of the request. A request without one is rejected.
pub fn operations(state: ApiState) -> Router {
    layered(V1.0.clone(), state)
}

fn layered(routes: Router<ApiState>, mut state: ApiState) -> Router {
    state.status = state.status.public();
    routes
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .with_state(state)
        .layer(from_fn(|request, next| limit_time(LONGEST, request, next)))
        .layer(CatchPanicLayer::custom(panicked))
        // Outermost, so that it also applies to responses after a panic.
        .layer(from_fn(add_security_headers))
}

/// Returns the API's OpenAPI 3.1 document as indented JSON with a trailing line feed.
pub fn openapi_json() -> String {
    V1.1.clone()
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

/// Returns the response to a request of a client that has too many in progress. The server sends it before routing.
pub fn too_many_requests() -> Response {
    let message = "Too many requests from this client address are in progress. Wait for their responses, then try \
                   again.";
    Problem::api(StatusCode::SERVICE_UNAVAILABLE, ErrorType::Unavailable, message)
        .with_retry_after(Duration::from_secs(1))
        .into_response()
}

/// Ends a request that takes longer than any operation may take, so that no defect and no dependency keeps its
/// connection forever. Like a caller that disconnects, this does not stop an order in progress.
async fn limit_time(limit: Duration, request: Request, next: Next) -> Response {
    let may_order = request.method() == Method::POST;
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let message = format!("The request took longer than {} s.", limit.as_secs());
            Problem::api(StatusCode::GATEWAY_TIMEOUT, ErrorType::Timeout, message)
                .with(|data| data.order_may_exist = may_order.then_some(true))
                .into_response()
        }
    }
}

/// Answers 500 after a panic. The panic's message may contain secrets, so it is neither returned nor logged here.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("request handler panicked");
    Problem::internal().into_response()
}

/// Headers of every response that does not set them itself, as the files of `/docs` do. Not cached: responses change
/// from request to request, and some contain personal data. Browsers neither guess another media type, nor run or frame
/// a response. HSTS is left to the proxy that terminates TLS: RFC 6797 section 7.2 forbids it over plain HTTP.
const SECURITY_HEADERS: [(HeaderName, HeaderValue); 3] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

async fn add_security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in SECURITY_HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::any;
    use tower::ServiceExt as _;

    use super::*;
    use crate::testing::show::show;

    #[tokio::test]
    async fn request_that_takes_too_long_is_ended() {
        let routes = Router::new()
            .route("/", any(std::future::pending::<()>))
            .layer(from_fn(|request, next| limit_time(Duration::from_millis(1), request, next)))
            .layer(from_fn(add_security_headers));
        for (method, may_exist) in [(Method::GET, false), (Method::POST, true)] {
            let request = Request::builder().method(method).uri("/").body(Body::empty()).unwrap();
            let answer = show(routes.clone().oneshot(request).await.unwrap()).await;
            assert!(answer.starts_with("504") && answer.contains("timeout"), "{answer}");
            assert_eq!(answer.contains("order_may_exist"), may_exist, "{answer}");
        }
    }
}
