//! Groups of the directory.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::refused::Refused;
use crate::ground::directory::{Directory, ROLES};
use crate::ground::shared::Shared;

/// Returns all groups.
pub(super) async fn list(State(directory): State<Arc<Shared<Directory>>>) -> Json<Value> {
    Json(json!(directory.lock().groups))
}

/// Changes of a group.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    members: Option<Vec<Uuid>>,
    roles: Option<Vec<Uuid>>,
}

/// Replaces members or roles of a group.
pub(super) async fn change(
    State(directory): State<Arc<Shared<Directory>>>,
    Path(id): Path<Uuid>,
    Json(change): Json<Change>,
) -> Result<Json<Value>, Refused> {
    check_roles(change.roles.as_deref().unwrap_or_default())?;
    let mut directory = directory.lock();
    let group = directory.groups.iter_mut().find(|group| group.id == id);
    let group = group.ok_or_else(|| Refused::unknown(format!("no group has the id {id}")))?;
    if let Some(members) = change.members {
        group.members = members;
    }
    if let Some(roles) = change.roles {
        group.roles = roles;
    }
    Ok(Json(json!(group)))
}

/// Rejects ids of roles that the tenant does not have.
pub(super) fn check_roles(roles: &[Uuid]) -> Result<(), Refused> {
    match roles.iter().find(|id| !ROLES.iter().any(|role| role.id == **id)) {
        Some(unknown) => Err(Refused::bad(format!("roles: no role has the id {unknown}"))),
        None => Ok(()),
    }
}
