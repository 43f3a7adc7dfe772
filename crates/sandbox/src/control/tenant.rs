//! Users, apps, and their passkeys.

use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Refused;
use crate::graph::Method;
use crate::ground::directory::{Certificate, Federated};
use crate::world::World;

/// All users.
pub(super) async fn users(State(world): State<Arc<World>>) -> Json<Value> {
    Json(json!(world.directory().users))
}

/// Changes `mail`, `accountEnabled`, `manager` or `upn`; `null` takes mail or manager away.
pub(super) async fn change_user(
    State(world): State<Arc<World>>,
    Path(id): Path<Uuid>,
    Json(change): Json<Map<String, Value>>,
) -> Result<Json<Value>, Refused> {
    let mut directory = world.directory();
    let mut user =
        directory.user_by_id(id).cloned().ok_or_else(|| Refused::unknown(format!("there is no user {id}")))?;
    for (name, value) in change {
        let wrong = |error: serde_json::Error| Refused::bad(format!("{name}: {error}"));
        match name.as_str() {
            "mail" => user.mail = serde_json::from_value(value).map_err(wrong)?,
            "accountEnabled" => user.account_enabled = serde_json::from_value(value).map_err(wrong)?,
            "manager" => user.manager = serde_json::from_value(value).map_err(wrong)?,
            "upn" => user.upn = serde_json::from_value(value).map_err(wrong)?,
            _ => return Err(Refused::bad(format!("{name}: expected mail, accountEnabled, manager or upn"))),
        }
    }
    if directory.user(&user.upn).is_some_and(|other| other.id != id) {
        return Err(Refused::bad(format!("{} is another user's name; see /control/users/swap-upn", user.upn)));
    }
    let answer = json!(user);
    if let Some(kept) = directory.user_mut(id) {
        *kept = user;
    }
    Ok(Json(answer))
}

#[derive(Debug, Deserialize)]
pub(super) struct Swap {
    from: Uuid,
    to: Uuid,
}

/// Two users exchange their names: what a connector that knows people by name must notice.
pub(super) async fn swap_upn(State(world): State<Arc<World>>, Json(swap): Json<Swap>) -> Result<StatusCode, Refused> {
    let mut directory = world.directory();
    let name = |id| {
        let user = directory.user_by_id(id).ok_or_else(|| Refused::unknown(format!("there is no user {id}")))?;
        Ok(user.upn.clone())
    };
    let (from, to) = (name(swap.from)?, name(swap.to)?);
    for (id, upn) in [(swap.from, to), (swap.to, from)] {
        if let Some(user) = directory.user_mut(id) {
            user.upn = upn;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AppChange {
    #[serde(default)]
    secret: Option<String>,
    /// Several at a time, as while one is rotated.
    #[serde(default)]
    secrets: Option<Vec<String>>,
    #[serde(default)]
    secret_expired: Option<bool>,
    #[serde(default)]
    enabled: Option<bool>,
    #[serde(default)]
    graph_roles: Option<Vec<String>>,
    #[serde(default)]
    api_roles: Option<Vec<String>>,
    #[serde(default)]
    azure_roles: Option<Vec<String>>,
    /// PEM, RSA keys.
    #[serde(default)]
    certificates: Option<Vec<String>>,
    #[serde(default)]
    federated_credentials: Option<Vec<Federated>>,
}

/// Changes an app registration.
pub(super) async fn change_app(
    State(world): State<Arc<World>>,
    Path(id): Path<Uuid>,
    Json(change): Json<AppChange>,
) -> Result<StatusCode, Refused> {
    let mut directory = world.directory();
    let app = directory.apps.iter_mut().find(|app| app.id == id);
    let app = app.ok_or_else(|| Refused::unknown(format!("there is no app {id}")))?;
    if let Some(certificates) = change.certificates {
        app.certificates = certificates
            .iter()
            .map(|pem| Certificate::read(pem).ok_or_else(|| Refused::bad("certificates: expected PEM with an RSA key")))
            .collect::<Result<_, _>>()?;
    }
    if let Some(secrets) = change.secrets.or_else(|| change.secret.map(|secret| vec![secret])) {
        app.secrets = secrets;
    }
    app.federated = change.federated_credentials.unwrap_or_else(|| app.federated.clone());
    app.azure_roles = change.azure_roles.unwrap_or_else(|| app.azure_roles.clone());
    app.secret_expired = change.secret_expired.unwrap_or(app.secret_expired);
    app.enabled = change.enabled.unwrap_or(app.enabled);
    app.graph_roles = change.graph_roles.unwrap_or_else(|| app.graph_roles.clone());
    app.api_roles = change.api_roles.unwrap_or_else(|| app.api_roles.clone());
    Ok(StatusCode::NO_CONTENT)
}

/// Passkeys of a user, without the permissions that Graph wants.
pub(super) async fn methods(State(world): State<Arc<World>>, Path(user): Path<Uuid>) -> Json<Value> {
    Json(json!(world.graph.methods.of(user).iter().map(Method::json).collect::<Vec<_>>()))
}

/// Deletes a passkey.
pub(super) async fn delete_method(
    State(world): State<Arc<World>>,
    Path((user, method)): Path<(Uuid, String)>,
) -> Result<StatusCode, Refused> {
    if world.graph.methods.remove(user, &method) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refused::unknown(format!("user {user} has no method {method}")))
    }
}

/// Copies that senders' mailboxes kept.
pub(super) async fn sent_items(State(world): State<Arc<World>>) -> Json<Value> {
    Json(json!(*world.graph.sent_items.lock().unwrap_or_else(PoisonError::into_inner)))
}
