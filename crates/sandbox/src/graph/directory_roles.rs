//! Operations of the role management for the directory. Both are in beta only, as far as the sandbox has them.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::Call;
use super::error::GraphError;
use super::version::Version;
use crate::ground::directory::ROLES;

/// `GET /roleManagement/directory/transitiveRoleAssignments`, with `$count=true` and a `$filter` on `principalId`.
pub(super) fn assignments(call: &Call) -> Result<Response, GraphError> {
    if call.version == Version::V1 {
        return Err(GraphError::unknown_segment("transitiveRoleAssignments"));
    }
    // Documented: without the header, the answer is 404. // inferred: code and text.
    if !call.is_eventual {
        return Err(GraphError::new(StatusCode::NOT_FOUND, "ResourceNotFound", "The resource was not found."));
    }
    let principal = call.parameter("$filter").and_then(|filter| {
        let id = filter.strip_prefix("principalId eq '")?.strip_suffix('\'')?;
        Uuid::try_parse(id).ok()
    });
    let (Some(principal), Some("true")) = (principal, call.parameter("$count")) else {
        let message = "Expected $count=true and a $filter on principalId.";
        return Err(GraphError::new(StatusCode::BAD_REQUEST, "BadRequest", message));
    };
    let value: Vec<Value> = call
        .graph
        .directory
        .lock()
        .role_assignments_of(principal)
        .into_iter()
        .map(|(holder, role)| {
            let id = Uuid::from_u128(holder.as_u128() ^ role.as_u128());
            json!({"id": id, "principalId": holder, "directoryScopeId": "/", "roleDefinitionId": role})
        })
        .collect();
    let context = call.context("roleManagement/directory/transitiveRoleAssignments");
    Ok(Json(json!({"@odata.context": context, "@odata.count": value.len(), "value": value})).into_response())
}

/// `GET /roleManagement/directory/roleDefinitions/{id}`.
pub(super) fn definition(call: &Call, id: &str) -> Result<Response, GraphError> {
    let role = Uuid::try_parse(id).ok().and_then(|id| ROLES.into_iter().find(|role| role.id == id));
    let role = role.ok_or_else(|| GraphError::no_such_object(id))?;
    let mut body = json!({
        "@odata.context": call.context("roleManagement/directory/roleDefinitions/$entity"),
        "id": role.id,
        "displayName": role.display_name,
        "isBuiltIn": true,
        "isEnabled": true,
        "templateId": role.id,
    });
    if call.version == Version::Beta {
        body["isPrivileged"] = json!(role.is_privileged);
    }
    Ok(Json(body).into_response())
}
