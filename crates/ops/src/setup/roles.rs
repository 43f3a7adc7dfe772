//! App roles of the connector's API, the scopes of the same names, and their assignment to callers.

use keyferry_entra::{Application, Principal};
use serde_json::{Value, json};

use super::{Caller, Line, PAUSE, Setup, SetupError, TRIES};

/// One right on the API: an app role, and a scope of the same name for delegated tokens.
struct Right {
    name: &'static str,
    /// Id of role and scope in new registrations. It is fixed, so that a second run, a script and a template refer to
    /// the same role.
    id: &'static str,
    display: &'static str,
    description: &'static str,
}

const RIGHTS: [Right; 6] = [
    Right {
        name: "Keyferry.Order",
        id: "8f6f1f0a-3c1e-4d57-9a53-5b0c1d2e0001",
        display: "Order security keys",
        description: "Order security keys for users.",
    },
    Right {
        name: "Keyferry.Read",
        id: "8f6f1f0a-3c1e-4d57-9a53-5b0c1d2e0002",
        display: "Read shipments",
        description: "Read all shipments. Without this role, a caller sees only what it ordered itself.",
    },
    Right {
        name: "Keyferry.Operate",
        id: "8f6f1f0a-3c1e-4d57-9a53-5b0c1d2e0003",
        display: "Operate shipments",
        description: "Retry, cancel, adopt, resolve and process shipments.",
    },
    Right {
        name: "Keyferry.Pin",
        id: "8f6f1f0a-3c1e-4d57-9a53-5b0c1d2e0004",
        display: "Release PINs",
        description: "Resend and release PINs.",
    },
    Right {
        name: "Keyferry.Audit",
        id: "8f6f1f0a-3c1e-4d57-9a53-5b0c1d2e0005",
        display: "Read the audit log",
        description: "Read the events of all shipments.",
    },
    Right {
        name: "Keyferry.Admin",
        id: "8f6f1f0a-3c1e-4d57-9a53-5b0c1d2e0006",
        display: "Administer Keyferry",
        description: "Administer Keyferry, and order keys for users with a privileged directory role.",
    },
];

/// Roles of a caller for which none are named: enough to order keys and to follow their shipments.
pub const DEFAULT_ROLES: [&str; 2] = ["Keyferry.Order", "Keyferry.Read"];

/// Returns the role with this name. `Order` is short for `Keyferry.Order`.
///
/// # Errors
/// Returns a message with the names of all roles if there is no such role.
pub fn role_named(text: &str) -> Result<&'static str, String> {
    let known = |right: &&Right| right.name == text || right.name.strip_prefix("Keyferry.") == Some(text);
    RIGHTS.iter().find(known).map(|right| right.name).ok_or_else(|| {
        let names: Vec<_> = RIGHTS.iter().map(|right| right.name).collect();
        format!("there is no role {text:?}. The roles are {}", names.join(", "))
    })
}

/// Returns the names of all roles, for messages.
pub(super) fn names() -> String {
    RIGHTS.map(|right| right.name).join(", ")
}

/// The connector's API, as callers are assigned to it.
pub(super) struct Api {
    app_id: String,
    /// Ids of the roles, by name.
    roles: Vec<(&'static str, String)>,
}

/// Adds the missing app roles and scopes to the given lists. Keeps existing ids and texts. Returns the names of the
/// added or enabled ones.
///
/// Entra requires that a role and a scope of the same name have the same id, texts and state
/// (<https://github.com/MicrosoftDocs/azure-docs/issues/81899>), and that both are changed in one call.
pub(super) fn complete(app_roles: &mut Vec<Value>, scopes: &mut Vec<Value>) -> Vec<&'static str> {
    let mut changed = Vec::new();
    for right in &RIGHTS {
        let of_right = |one: &&mut Value| one["value"] == right.name;
        let (role, scope) = (app_roles.iter_mut().find(of_right), scopes.iter_mut().find(of_right));
        let text = |role_member: &str, scope_member: &str, ours: &str| {
            let theirs = role.as_ref().map(|role| &role[role_member]);
            let theirs = theirs.or_else(|| scope.as_ref().map(|scope| &scope[scope_member]));
            theirs.cloned().unwrap_or_else(|| json!(ours))
        };
        let id = text("id", "id", right.id);
        let display = text("displayName", "adminConsentDisplayName", right.display);
        let description = text("description", "adminConsentDescription", right.description);
        let (lacks_role, lacks_scope) = (role.is_none(), scope.is_none());
        let mut change = lacks_role || lacks_scope;
        for present in [role, scope].into_iter().flatten().filter(|one| one["isEnabled"] == Value::Bool(false)) {
            present["isEnabled"] = json!(true);
            change = true;
        }
        if lacks_role {
            app_roles.push(json!({
                "id": id, "value": right.name, "displayName": display, "description": description, "isEnabled": true,
                "allowedMemberTypes": ["User", "Application"],
            }));
        }
        if lacks_scope {
            scopes.push(json!({
                "id": id, "value": right.name, "type": "Admin", "isEnabled": true,
                "adminConsentDisplayName": display, "adminConsentDescription": description,
            }));
        }
        if change {
            changed.push(right.name);
        }
    }
    changed
}

/// Returns the API of a registration with these app roles.
pub(super) fn api(app: &Application, app_roles: &[Value]) -> Api {
    let id_of = |right: &Right| {
        let role = app_roles.iter().find(|role| role["value"] == right.name)?;
        Some((right.name, role["id"].as_str()?.to_owned()))
    };
    Api { app_id: app.app_id.clone(), roles: RIGHTS.iter().filter_map(id_of).collect() }
}

/// Assigns the callers' roles. `api` is `None` in a dry run in which the API does not exist yet.
pub(super) async fn assign(
    setup: &Setup,
    api: Option<&Api>,
    callers: &[Caller],
    lines: &mut Vec<Line>,
) -> Result<(), SetupError> {
    for caller in callers {
        let Some(principal) = setup.tenant.principal(&caller.client_id).await? else {
            return Err(SetupError::Tenant(format!(
                "the tenant has no application with client id {}, so no roles can be assigned to it. Check --caller \
                 and FIDO_Connector_Allowed_Client_Apps",
                caller.client_id
            )));
        };
        of_caller(setup, api, &caller.client_id, Some(&principal), &caller.roles, lines).await?;
    }
    Ok(())
}

/// Assigns roles to one caller. `principal` is `None` in a dry run in which the caller does not exist yet.
pub(super) async fn of_caller(
    setup: &Setup,
    api: Option<&Api>,
    caller: &str,
    principal: Option<&Principal>,
    roles: &[&'static str],
    lines: &mut Vec<Line>,
) -> Result<(), SetupError> {
    let missing = |roles: &[&str]| Line::Change(format!("assign {} to the caller {caller}", roles.join(", ")));
    let (Some(api), Some(principal)) = (api, principal.filter(|principal| !principal.id.is_empty())) else {
        lines.push(missing(roles));
        return Ok(());
    };
    let connector = connector(setup, api).await?;
    let held = setup.tenant.role_assignments(&principal.id).await?;
    let wanted = api.roles.iter().filter(|(name, _)| roles.contains(name));
    let (present, absent): (Vec<_>, Vec<_>) = wanted.partition(|(_, id)| {
        held.iter().any(|one| one.app_role_id == *id && Some(&one.resource_id) == connector.as_ref())
    });
    let names = |list: &[&(&'static str, String)]| list.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    if !present.is_empty() {
        lines.push(Line::Right(format!("the caller {caller} has {}", names(&present).join(", "))));
    }
    if !absent.is_empty() {
        lines.push(missing(&names(&absent)));
    }
    if let (true, Some(connector)) = (setup.applies(), connector) {
        for (_, id) in absent {
            setup.retry_until_found(async || setup.tenant.assign_role(&principal.id, &connector, id).await).await?;
        }
    }
    Ok(())
}

/// Returns the object id of the connector's service principal once it shows all roles. New roles of a registration
/// reach its service principal with a delay. In a dry run, it does not wait.
async fn connector(setup: &Setup, api: &Api) -> Result<Option<String>, SetupError> {
    for tries in 1.. {
        let found = setup.tenant.principal(&api.app_id).await?;
        let complete = found
            .as_ref()
            .is_some_and(|found| api.roles.iter().all(|(_, id)| found.app_roles.iter().any(|role| role.id == *id)));
        if complete || !setup.applies() {
            return Ok(found.map(|found| found.id));
        }
        if tries == TRIES {
            break;
        }
        setup.clock.sleep(PAUSE).await;
    }
    Err(SetupError::Tenant(
        "the new app roles are not visible in the tenant yet, so they could not be assigned. Run it again in some \
         minutes"
            .to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_foreign_entries_and_existing_ids() {
        let mut roles = vec![json!({ "id": "r1", "value": "Other", "isEnabled": false })];
        let scope = json!({
            "id": "s1", "value": "Keyferry.Read", "isEnabled": false, "adminConsentDisplayName": "Lesen",
            "adminConsentDescription": "Sendungen lesen",
        });
        let mut scopes = vec![scope];
        assert_eq!(complete(&mut roles, &mut scopes).len(), 6);
        assert_eq!(roles[0], json!({ "id": "r1", "value": "Other", "isEnabled": false }));
        let read = roles.iter().find(|role| role["value"] == "Keyferry.Read").unwrap();
        assert_eq!(
            (&read["id"], &read["displayName"], &read["description"]),
            (&json!("s1"), &json!("Lesen"), &json!("Sendungen lesen")),
            "Entra rejects other texts than those of the scope"
        );
        assert_eq!((&scopes[0]["isEnabled"], scopes.len(), roles.len()), (&json!(true), 6, 7));
        assert_eq!(complete(&mut roles, &mut scopes), [""; 0], "a second run changes nothing");
    }

    #[test]
    fn roles_have_distinct_fixed_ids() {
        let ids: std::collections::BTreeSet<_> = RIGHTS.iter().map(|right| right.id).collect();
        assert_eq!(ids.len(), RIGHTS.len());
        assert!(ids.iter().all(|id| uuid::Uuid::try_parse(id).is_ok()));
        assert_eq!(role_named("Pin"), Ok("Keyferry.Pin"));
        assert_eq!(role_named("Keyferry.Pin"), Ok("Keyferry.Pin"));
        assert!(role_named("pins").unwrap_err().contains("Keyferry.Order, Keyferry.Read"));
    }
}
