//! All routes together, with what holds for every one of them.

use std::any::Any;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::authenticate;
use crate::problem::Problem;
use crate::{ApiState, openapi, routes};

/// The API. Everything under `/v1` asks for a caller; `/openapi.json` is open.
pub fn router(mut state: ApiState) -> Router {
    state.status = state.status.public();
    let authentication = state.authentication.clone();
    let (v1, _) = v1().split_for_parts();
    v1.route_layer(from_fn_with_state(authentication, authenticate))
        .route("/openapi.json", get(openapi::serve))
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .with_state(state)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(not_cached))
}

/// The routes that are in the document.
pub(crate) fn v1() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(routes::status::get_status))
        .routes(routes!(routes::create_shipment::create_shipment))
        .routes(routes!(routes::get_shipment::get_shipment))
        .routes(routes!(routes::get_details::get_details))
        .routes(routes!(routes::resolve_shipment::resolve_shipment))
        .routes(routes!(routes::resend_pin::get_resend_pin, routes::resend_pin::post_resend_pin))
        .routes(routes!(
            routes::process_shipments::get_process_shipments,
            routes::process_shipments::post_process_shipments
        ))
}

async fn unknown_path() -> Problem {
    Problem::api(
        StatusCode::NOT_FOUND,
        "not_found",
        "there is nothing under this path; /openapi.json tells what there is",
    )
}

async fn wrong_method(request: Request) -> Problem {
    let message = format!("the method {} is not for this path; see the Allow header", request.method());
    Problem::api(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", keyferry_http::clean(&message))
}

/// What the panic said may hold anything, so it is neither answered nor logged here.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request's handler panicked; this is a defect");
    Problem::internal().into_response()
}

/// Answers are about the moment, and some are about persons.
async fn not_cached(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
