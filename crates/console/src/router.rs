//! Router of the console: all routes, and the layers that apply to every route.

use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::HeaderMap;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use keyferry_pages::{add_headers, panicked};
use tower_http::catch_panic::CatchPanicLayer;

use crate::frame::{Frame, Place};
use crate::messages::Language;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::Visitor;
use crate::{assets, audit, batches, health, order, overview, people, reconcile, shipment, shipments, sign_in, work};

/// Longest duration of a request: longer than that of an operation, so that the page shows what the operation returned.
const LONGEST: Duration = Duration::from_secs(190);

/// Largest body of a form, in bytes.
const LARGEST_FORM: usize = 64 * 1024;

/// Returns the routes of the console, all under `/console`. They are merged with those of the API.
pub fn router(state: ConsoleState) -> Router {
    Router::new()
        .route("/console", get(overview::overview))
        .route("/console/", get(async || Redirect::permanent("/console")))
        .route("/console/shipments", get(shipments::list))
        .route("/console/shipments.csv", get(shipments::export))
        .route("/console/shipments/actions", get(shipments::ask).post(shipments::act))
        .route("/console/shipments/actions/{token}", get(shipments::result))
        .route("/console/shipments/views", post(shipments::save))
        .route("/console/shipments/views/delete", post(shipments::delete))
        .route("/console/shipments/{id}", get(shipment::shipment))
        .route("/console/shipments/{id}/replace", get(order::ask_replacement).post(order::replace))
        .route("/console/shipments/{id}/address", get(shipment::ask_address).post(shipment::give_address))
        .route("/console/shipments/{id}/print-pin", get(shipment::ask_letter).post(shipment::letter))
        .route("/console/shipments/{id}/{verb}", get(shipment::ask).post(shipment::act))
        .route("/console/order", get(order::ask).post(order::work))
        .route("/console/batches", get(batches::list))
        .route("/console/batches/new", get(batches::form).post(batches::upload))
        .route("/console/batches/template.csv", get(batches::template))
        .route("/console/batches/{id}", get(batches::batch))
        .route("/console/batches/{id}/events", get(batches::events))
        .route("/console/batches/{id}/result.csv", get(batches::result))
        .route("/console/batches/{id}/rows/{row}", get(batches::row).post(batches::save))
        .route("/console/batches/{id}/{act}", get(batches::ask).post(batches::act))
        .route("/console/people", get(people::people))
        .route("/console/people/revoke", get(people::ask_revoke).post(people::revoke))
        .route("/console/people/stop", get(people::ask_stop).post(people::stop))
        .route("/console/people/lost-key", get(people::ask_lost_key).post(people::lose_key))
        .route("/console/people/offboard", get(people::ask_offboard).post(people::offboard))
        .route("/console/work", get(work::work))
        .route("/console/try-again", post(work::again))
        .route("/console/health", get(health::health))
        .route("/console/health/check", post(health::examine))
        .route("/console/health/webhooks/{id}", get(health::webhook))
        .route("/console/health/webhooks/{id}/replay", get(health::ask_replay).post(health::replay))
        .route("/console/reconcile", get(reconcile::reconcile).post(reconcile::start))
        .route("/console/audit", get(audit::audit))
        .route("/console/audit.csv", get(audit::csv))
        .route("/console/audit.jsonl", get(audit::json_lines))
        .route("/console/audit/chain.jsonl", get(audit::export_chain))
        .route("/console/audit/verify", post(audit::verify))
        .route("/console/sign-in", get(sign_in::begin))
        .route("/console/callback", get(sign_in::callback))
        .route("/console/sign-out", post(sign_in::sign_out))
        .route("/console/signed-out", get(sign_in::signed_out))
        .route("/console/assets/{name}", get(assets::file))
        .route("/console/{*rest}", get(unknown_page))
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(Extension(shipments::Outcomes::default()))
        .layer(from_fn(limit_time))
        .layer(CatchPanicLayer::custom(panicked))
        // Outermost, so that it also applies to responses after a panic.
        .layer(from_fn(add_headers))
        .with_state(state)
}

/// Users who are not signed in learn nothing about addresses.
async fn unknown_page(visitor: Visitor) -> Problem {
    Problem::not_found(visitor.frame(Place::Elsewhere))
}

async fn wrong_method(headers: HeaderMap) -> Problem {
    Problem::wrong_method(Frame::signed_out(Language::preferred(&headers)))
}

async fn limit_time(request: Request, next: Next) -> Response {
    let language = Language::preferred(request.headers());
    match tokio::time::timeout(LONGEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::timeout(Frame::signed_out(language)).into_response(),
    }
}
