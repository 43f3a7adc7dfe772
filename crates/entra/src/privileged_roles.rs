//! Privileged directory roles of a user, at any scope, built-in and custom.
//!
//! Active assignments only, direct or through role-assignable groups
//! (<https://learn.microsoft.com/graph/api/rbacapplication-list-transitiveroleassignments>). An eligible assignment of
//! Privileged Identity Management becomes active when the user activates it. Entra decides which roles are privileged
//! (<https://learn.microsoft.com/entra/identity/role-based-access-control/privileged-roles-permissions>). Only beta has
//! both.

use std::collections::BTreeSet;

use keyferry_azure_identity::send_authorized;
use keyferry_domain::{Failure, ObjectId, Operation, UserRef};
use keyferry_http::{Answer, clean};
use serde::Deserialize;

use crate::failures::FAILURES;
use crate::user_object::UserObject;
use crate::{Entra, graph, user_object};

const OPERATION: Operation = Operation::ReadRoles;
const VERSION: &str = "beta";

#[derive(Deserialize)]
struct Assignments {
    value: Vec<Assignment>,
    #[serde(rename = "@odata.nextLink", default)]
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assignment {
    role_definition_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Definition {
    display_name: Option<String>,
    is_privileged: Option<bool>,
}

/// Returns the names of the privileged roles that are assigned to the user.
///
/// Costs one call for a user without roles, and one more for each role. With a user name, one more for the object id.
pub(crate) async fn get(entra: &Entra, user: &UserRef) -> Result<Vec<String>, Failure> {
    let id = match user {
        UserRef::ObjectId(id) => *id,
        UserRef::Upn(_) => object_id(entra, user).await?,
    };
    let filter = format!("$count=true&$filter=principalId%20eq%20%27{id}%27&$select=roleDefinitionId");
    let answer = call(entra, &["transitiveRoleAssignments"], &filter).await?;
    if answer.status != 200 {
        return Err(graph::failure(&answer, OPERATION));
    }
    let assignments: Assignments = answer.json().map_err(|error| error.into_failure(&FAILURES, OPERATION))?;
    let roles: BTreeSet<String> = assignments.value.into_iter().map(|one| one.role_definition_id).collect();
    let mut privileged = Vec::new();
    for role in roles {
        privileged.extend(name_if_privileged(entra, &role).await?);
    }
    // A page that is full of harmless roles must not hide another one.
    if privileged.is_empty() && assignments.next.is_some() {
        return Err(graph::not_understood(&answer, OPERATION, "expected all role assignments of a user in one page"));
    }
    Ok(privileged)
}

/// Returns the name of the role, unless it is not privileged
/// (<https://learn.microsoft.com/graph/api/unifiedroledefinition-get>). A role that does not exist, or about which Graph
/// does not state whether it is privileged, counts as privileged.
async fn name_if_privileged(entra: &Entra, role: &str) -> Result<Option<String>, Failure> {
    let answer = call(entra, &["roleDefinitions", role], "$select=id,displayName,isPrivileged").await?;
    let definition = match answer.status {
        200 => answer.json::<Definition>().map_err(|error| error.into_failure(&FAILURES, OPERATION))?,
        404 => return Ok(Some(clean(role))),
        _ => return Err(graph::failure(&answer, OPERATION)),
    };
    let name = || definition.display_name.as_deref().map_or_else(|| clean(role), clean);
    Ok((definition.is_privileged != Some(false)).then(name))
}

/// Returns the user's object id, which role assignments name.
async fn object_id(entra: &Entra, user: &UserRef) -> Result<ObjectId, Failure> {
    let answer = entra.get_user(user, "$select=id,userPrincipalName", OPERATION).await?;
    match answer.status {
        200 => UserObject::read(entra, &answer, OPERATION, user)?
            .object_id()
            .ok_or_else(|| graph::not_understood(&answer, OPERATION, "expected a UUID in the user's id")),
        // Of the user, not of the roles.
        404 => Err(user_object::failure(&answer, Operation::ReadUser, user)),
        _ => Err(graph::failure(&answer, OPERATION)),
    }
}

/// Calls the role management of the directory. `query` must not contain characters to encode.
async fn call(entra: &Entra, path: &[&str], query: &str) -> Result<Answer, Failure> {
    let url = entra.url(&[&[VERSION, "roleManagement", "directory"], path].concat(), query, OPERATION)?;
    // Without this header, the list of transitive assignments is not found, as documented.
    let request = || entra.clients.directory.get(&url).header("ConsistencyLevel", "eventual");
    send_authorized(entra.tokens.as_ref(), &FAILURES, OPERATION, request).await
}
