//! Operations that read groups and memberships.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::call::Call;
use super::error::GraphError;

/// Groups per call, as documented.
const MOST: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    group_ids: Vec<Uuid>,
}

/// `POST /users/{id|upn}/checkMemberGroups`.
pub(super) fn check(call: &Call, key: &str) -> Result<Response, GraphError> {
    let body: Body = serde_json::from_slice(&call.body).map_err(|error| bad(error.to_string()))?;
    if body.group_ids.len() > MOST {
        return Err(bad(format!("groupIds must not have more than {MOST} items.")));
    }
    let directory = call.graph.directory.lock();
    let user = directory.user(key).ok_or_else(|| GraphError::no_such_object(key))?;
    let groups = directory.groups_of(user.id);
    // inferred: ids of groups that do not exist are ignored.
    let found: Vec<_> = body.group_ids.iter().filter(|id| groups.iter().any(|group| group.id == **id)).collect();
    Ok(Json(json!({"@odata.context": call.context("Collection(Edm.String)"), "value": found})).into_response())
}

/// `GET /groups/{id}`, with id and name only.
pub(super) fn group(call: &Call, id: &str) -> Result<Response, GraphError> {
    let directory = call.graph.directory.lock();
    let group = Uuid::try_parse(id).ok().and_then(|id| directory.group(id));
    let group = group.ok_or_else(|| GraphError::no_such_object(id))?;
    Ok(Json(json!({
        "@odata.context": call.context("groups/$entity"),
        "id": group.id,
        "displayName": group.display_name,
    }))
    .into_response())
}

/// Error for an invalid body. The text is the sandbox's own.
fn bad(message: impl Into<String>) -> GraphError {
    GraphError::new(StatusCode::BAD_REQUEST, "Request_BadRequest", message)
}
