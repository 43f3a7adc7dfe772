//! The control API: what a test or a person at this machine does to the world. It knows no authentication, so it belongs
//! on loopback.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post, put};
use serde_json::{Map, Value, json};

use crate::world::World;

mod clock;
mod keys;
mod knobs;
mod parcels;
mod tenant;
mod trouble;
mod vault;
mod world;

/// Everything under `/control`.
pub(crate) fn router() -> Router<Arc<World>> {
    Router::new()
        .merge(parcels::router())
        .merge(keys::router())
        .route("/control/world", get(world::world))
        .route("/control/ca.pem", get(world::ca))
        .route("/control/attestation-root.pem", get(world::attestation_root))
        .route("/control/clock", get(clock::read).post(clock::step))
        .route("/control/faults", get(trouble::list).post(trouble::add).delete(trouble::clear))
        .route("/control/faults/{id}", delete(trouble::remove))
        .route("/control/calls", get(trouble::calls).delete(trouble::forget_calls))
        .route("/control/users", get(tenant::users))
        .route("/control/users/{id}", patch(tenant::change_user))
        .route("/control/users/swap-upn", post(tenant::swap_upn))
        .route("/control/apps/{id}", patch(tenant::change_app))
        .route("/control/vault", get(vault::list))
        .route("/control/vault/{name}", put(vault::set).patch(vault::change))
        .route("/control/methods/{user}", get(tenant::methods))
        .route("/control/methods/{user}/{method}", delete(tenant::delete_method))
        .route("/control/sent-items", get(tenant::sent_items))
        .route("/control/policy", get(knobs::policy).put(knobs::set_policy))
        .route("/control/settings", get(knobs::settings).put(knobs::set_settings))
        .route("/control/keys-rotate", post(knobs::rotate))
        .route("/control/reset", post(knobs::reset))
}

/// A control call that cannot be done, and why.
#[derive(Debug)]
pub(crate) struct Refused(StatusCode, String);

impl Refused {
    /// 400.
    pub(crate) fn bad(reason: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, reason.into())
    }

    /// 404.
    pub(crate) fn unknown(what: impl Into<String>) -> Self {
        Self(StatusCode::NOT_FOUND, what.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": self.1}))).into_response()
    }
}

/// `current` with the members that `change` names, read back strictly.
fn merged<T>(current: &T, change: Map<String, Value>) -> Result<T, Refused>
where
    T: serde::Serialize + serde::de::DeserializeOwned,
{
    let mut value = json!(current);
    if let Some(members) = value.as_object_mut() {
        members.extend(change);
    }
    serde_json::from_value(value).map_err(|error| Refused::bad(error.to_string()))
}

#[cfg(test)]
mod tests;
