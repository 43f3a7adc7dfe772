//! Routes of both API versions.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::any;

use super::dispatch;
use super::operation::Operation;
use super::state::Graph;
use super::version::Version;

/// Returns all routes. [`Operation::read`] reads the path, because an operation can have several forms of path.
pub(crate) fn router(graph: &Arc<Graph>) -> Router {
    Router::new().route("/v1.0/{*rest}", any(v1)).route("/beta/{*rest}", any(beta)).with_state(Arc::clone(graph))
}

async fn v1(State(graph): State<Arc<Graph>>, Path(rest): Path<String>, request: Request) -> Response {
    serve(graph, Version::V1, &rest, request).await
}

async fn beta(State(graph): State<Arc<Graph>>, Path(rest): Path<String>, request: Request) -> Response {
    serve(graph, Version::Beta, &rest, request).await
}

async fn serve(graph: Arc<Graph>, version: Version, path: &str, request: Request) -> Response {
    let operation = Operation::read(request.method(), path);
    let name = operation.as_ref().map_or("graph.unknown", Operation::endpoint);
    let guard = Arc::clone(&graph.guard);
    guard.run(name, request, |request| dispatch::answer(graph, version, operation, request)).await
}
