//! Users of the directory.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::groups::check_roles;
use super::refused::Refused;
use crate::ground::directory::Directory;
use crate::ground::shared::Shared;

/// Returns all users.
pub(super) async fn list(State(directory): State<Arc<Shared<Directory>>>) -> Json<Value> {
    Json(json!(directory.lock().users))
}

/// Changes `mail`, `accountEnabled`, `manager`, `upn` or `roles`; `null` removes mail or manager.
pub(super) async fn change(
    State(directory): State<Arc<Shared<Directory>>>,
    Path(id): Path<Uuid>,
    Json(change): Json<Map<String, Value>>,
) -> Result<Json<Value>, Refused> {
    let mut directory = directory.lock();
    let mut user =
        directory.user_by_id(id).cloned().ok_or_else(|| Refused::unknown(format!("no user has the id {id}")))?;
    for (name, value) in change {
        let wrong = |error: serde_json::Error| Refused::bad(format!("{name}: {error}"));
        match name.as_str() {
            "mail" => user.mail = serde_json::from_value(value).map_err(wrong)?,
            "accountEnabled" => user.account_enabled = serde_json::from_value(value).map_err(wrong)?,
            "manager" => user.manager = serde_json::from_value(value).map_err(wrong)?,
            "upn" => user.upn = serde_json::from_value(value).map_err(wrong)?,
            "roles" => {
                user.roles = serde_json::from_value(value).map_err(wrong)?;
                check_roles(&user.roles)?;
            }
            _ => return Err(Refused::bad(format!("{name}: expected mail, accountEnabled, manager, upn or roles"))),
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

/// Swaps the names of two users. A connector that identifies users by name must detect this.
pub(super) async fn swap_upn(
    State(directory): State<Arc<Shared<Directory>>>,
    Json(swap): Json<Swap>,
) -> Result<StatusCode, Refused> {
    let mut directory = directory.lock();
    let name = |id| {
        let user = directory.user_by_id(id).ok_or_else(|| Refused::unknown(format!("no user has the id {id}")))?;
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
