//! The two key sets, which are public.
//! // inferred: `SkipUnresolvedJsonWebKeys` is true, as .NET writes it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::state::Delivery;

/// `GET /.well-known/yubico-transport-keys.jwks`.
pub(super) async fn transport(State(delivery): State<Arc<Delivery>>) -> Json<Value> {
    Json(json!({ "keys": delivery.keys.now().published_transport(), "SkipUnresolvedJsonWebKeys": true }))
}

/// `GET /.well-known/yubico-sign.jwks`.
pub(super) async fn signing(State(delivery): State<Arc<Delivery>>) -> Json<Value> {
    Json(json!({ "keys": delivery.keys.now().published_signing(), "SkipUnresolvedJsonWebKeys": true }))
}
