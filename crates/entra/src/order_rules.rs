//! Checks of the rules about the users for whom keys may be ordered.

use keyferry_domain::ports::CheckRequest;
use keyferry_domain::{Directory as _, Failure, FailureClass, Finding, ObjectId, Operation};
use keyferry_http::clean;
use serde::Deserialize;

use crate::failures::FAILURES;
use crate::{Entra, READ_ROLES, granted_permissions, graph};

/// Rules that need answers from the directory.
#[derive(Clone, Debug, Default)]
pub struct OrderRules {
    /// Groups, each with the setting that names it.
    pub groups: Vec<(&'static str, ObjectId)>,
    /// Whether orders for privileged users are refused.
    pub refuse_privileged: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    display_name: Option<String>,
}

impl OrderRules {
    /// Returns a finding for each kind of rule in effect.
    pub(crate) async fn check(&self, entra: &Entra, request: &CheckRequest<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        if !self.groups.is_empty() {
            findings.push(self.groups(entra).await);
        }
        if self.refuse_privileged {
            findings.push(privileged_users(entra, request).await);
        }
        findings
    }

    /// Checks that all groups exist: an excluded group that does not exist excludes no user.
    async fn groups(&self, entra: &Entra) -> Finding {
        const CHECK: &str = "groups of users";
        let mut names = Vec::new();
        for (setting, id) in &self.groups {
            match group_name(entra, *id).await {
                Ok(Some(name)) => names.push(format!("{setting}: {name}")),
                Ok(None) => {
                    let todo = "Correct the setting, then restart Keyferry. It has no effect for a group that does \
                                not exist.";
                    return Finding::failed(CHECK, format!("the group {id} in {setting} does not exist"), todo);
                }
                Err(failure) => return Finding::of_failure(CHECK, &failure),
            }
        }
        Finding::ok(CHECK, names.join(", "))
    }
}

/// Returns the name of a group (<https://learn.microsoft.com/graph/api/group-get>). `None` if it does not exist.
async fn group_name(entra: &Entra, id: ObjectId) -> Result<Option<String>, Failure> {
    const OPERATION: Operation = Operation::ReadGroups;
    let answer = entra.get_group(id, "$select=id,displayName", OPERATION).await?;
    match answer.status {
        200 => {
            let group: Group = answer.json().map_err(|error| error.into_failure(&FAILURES, OPERATION))?;
            Ok(Some(group.display_name.map_or_else(|| id.to_string(), |name| clean(&name))))
        }
        404 => Ok(None),
        _ => Err(graph::failure(&answer, OPERATION)),
    }
}

/// Checks whether Keyferry can see that a user is privileged before it orders a key for the user.
async fn privileged_users(entra: &Entra, request: &CheckRequest<'_>) -> Finding {
    const CHECK: &str = "privileged users";
    const TODO: &str = "Grant the application permission RoleManagement.Read.Directory, with admin consent (or run \
                        `keyferry setup entra --read-roles`). To order for privileged users on purpose, set \
                        KEYFERRY_PRIVILEGED_USERS=allow.";
    const UNREADABLE: &str = "Keyferry may not read directory roles, so it does not refuse orders for privileged users";
    let Some(user) = request.user else {
        return match granted_permissions(entra.tokens.as_ref()).await {
            Ok(Some(granted)) if READ_ROLES.is_in(&granted) => {
                Finding::ok(CHECK, "only callers with the role Keyferry.Admin can order for privileged users")
            }
            Ok(Some(_)) => Finding::warning(CHECK, UNREADABLE, TODO),
            Ok(None) | Err(_) => Finding::not_examined(CHECK, "could not read permissions from the token", TODO),
        };
    };
    match entra.privileged_roles(user).await {
        Ok(roles) if roles.is_empty() => Finding::ok(CHECK, format!("{user} holds no privileged role")),
        Ok(roles) => {
            let found = format!("{user} holds a privileged role: {}", roles.join(", "));
            Finding::warning(CHECK, found, "Only callers with the role Keyferry.Admin can order a key for this user.")
        }
        Err(failure) if failure.class() == FailureClass::Forbidden => Finding::warning(CHECK, UNREADABLE, TODO),
        Err(failure) => Finding::of_failure(CHECK, &failure),
    }
}
