//! App registrations, service principals and app role assignments, as an administrator's tools call them.
//!
//! JSON forms are Graph's. Error texts are the sandbox's own, unless a comment says that they are documented.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::call::Call;
use super::error::GraphError;
use super::permissions;
use crate::entra::GRAPH_APP_ID;
use crate::ground::clock::rfc3339;
use crate::ground::directory::{App, DOMAIN, Directory, TENANT_ID};
use crate::ground::random;

/// Object id of Graph's own service principal in this tenant.
const GRAPH_PRINCIPAL: Uuid = Uuid::from_u128(0x5e00_0000_0000_4000_8000_0000_0000_00ff);

/// Default lifetime of a client secret in days. Documented: two years.
const PASSWORD_DAYS: i64 = 730;

/// `GET /organization`.
pub(super) fn organization(call: &Call) -> Response {
    let domain =
        json!({ "name": DOMAIN, "isDefault": true, "isInitial": true, "type": "Managed", "capabilities": "Email" });
    let tenant = json!({ "id": TENANT_ID, "displayName": "Contoso", "verifiedDomains": [domain] });
    Json(json!({ "@odata.context": call.context("organization"), "value": [tenant] })).into_response()
}

/// `GET /applications`, with a `$filter` on one member.
pub(super) fn list(call: &Call) -> Result<Response, GraphError> {
    let directory = call.graph.directory.lock();
    let wanted = filter(call)?;
    let holds = |app: &&App| match &wanted {
        None => true,
        Some(Filter::Equal(name, value)) => match name.as_str() {
            "displayName" => app.display_name == *value,
            "appId" => app.id.to_string() == *value,
            _ => false,
        },
        Some(Filter::AnyUri(uri)) => app.app_id_uri.as_deref() == Some(uri),
    };
    let found: Vec<Value> = directory.apps.iter().filter(|app| !app.managed).filter(holds).map(shown).collect();
    Ok(Json(json!({ "@odata.context": call.context("applications"), "value": found })).into_response())
}

/// `POST /applications`.
pub(super) fn create(call: &Call) -> Result<Response, GraphError> {
    let body = body(call)?;
    let name = body.get("displayName").and_then(Value::as_str).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| bad("A value is required for property 'displayName' of resource 'Application'."))?;
    let mut app = App::registered(random::uuid(), random::uuid(), name);
    change(&call.graph.directory.lock(), &mut app, &body)?;
    let answer = shown(&app);
    call.graph.directory.lock().apps.push(app);
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// `PATCH /applications/{object id}`.
pub(super) fn update(call: &Call, id: &str) -> Result<Response, GraphError> {
    let body = body(call)?;
    let mut directory = call.graph.directory.lock();
    // A copy, so that an error leaves the app unchanged.
    let mut app = directory.apps.iter().find(|app| app.object_id.to_string() == id).cloned();
    let changed = app.as_mut().ok_or_else(|| GraphError::no_such_object(id))?;
    change(&directory, changed, &body)?;
    if let (Some(kept), Some(changed)) = (directory.apps.iter_mut().find(|app| app.object_id.to_string() == id), app) {
        *kept = changed;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn change(directory: &Directory, app: &mut App, body: &Map<String, Value>) -> Result<(), GraphError> {
    for (name, value) in body {
        match name.as_str() {
            "displayName" => app.display_name = value.as_str().unwrap_or_default().to_owned(),
            "signInAudience" if value == "AzureADMyOrg" => {}
            "requiredResourceAccess" => app.required_access = value.clone(),
            "identifierUris" => {
                let uris: Vec<&str> = value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                let [uri] = uris[..] else {
                    return Err(bad("The sandbox keeps one identifierUri for an application."));
                };
                let host = uri.strip_prefix("api://").unwrap_or_default().split('/').next().unwrap_or_default();
                let own = host == app.id.to_string();
                if !own && host != DOMAIN && !host.ends_with(&format!(".{DOMAIN}")) {
                    // Documented text.
                    return Err(bad(format!(
                        "Values of identifierUris property must use a verified domain of the organization or its \
                         subdomain: '{uri}'"
                    )));
                }
                if directory.apps.iter().any(|other| other.id != app.id && other.app_id_uri.as_deref() == Some(uri)) {
                    return Err(bad(format!(
                        "Another object with the same value for property identifierUris already exists: {uri}"
                    )));
                }
                app.app_id_uri = Some(uri.to_owned());
            }
            "api" => {
                if let Some(scopes) = value.get("oauth2PermissionScopes") {
                    app.scopes = scopes.clone();
                }
            }
            "web" => {
                let uris = value.get("redirectUris").and_then(Value::as_array).into_iter().flatten();
                app.web_redirects = uris.filter_map(Value::as_str).map(str::to_owned).collect();
            }
            "appRoles" => app.app_roles = value.clone(),
            "optionalClaims" => app.optional_claims = value.clone(),
            other => return Err(bad(format!("The sandbox does not know the property '{other}' of an application."))),
        }
    }
    consistent(app)
}

/// Checks that roles and scopes share ids and names only as Entra allows: with the same id, name, texts and state.
/// Observed texts: <https://github.com/MicrosoftDocs/azure-docs/issues/81899>.
fn consistent(app: &App) -> Result<(), GraphError> {
    let common = |one: &Value, display: &str, description: &str| {
        [&one["id"], &one["value"], &one["isEnabled"], &one[display], &one[description]].map(Value::clone)
    };
    let roles = app.app_roles.as_array().into_iter().flatten();
    let scopes = app.scopes.as_array().into_iter().flatten();
    let roles: Vec<_> = roles.map(|one| common(one, "displayName", "description")).collect();
    let scopes: Vec<_> = scopes.map(|one| common(one, "adminConsentDisplayName", "adminConsentDescription")).collect();
    let repeated = |list: &[[Value; 5]]| {
        list.iter().enumerate().any(|(at, one)| list[..at].iter().any(|other| one[0] == other[0] || one[1] == other[1]))
    };
    let duplicate = || {
        let message = "Request contains a property with duplicate values.";
        GraphError::new(StatusCode::BAD_REQUEST, "DuplicateValue", message)
    };
    if repeated(&roles) || repeated(&scopes) {
        return Err(duplicate());
    }
    for (role, scope) in roles.iter().flat_map(|role| scopes.iter().map(move |scope| (role, scope))) {
        if role[0] == scope[0] && role != scope {
            return Err(bad(format!(
                "The following values must match for the 'oauth2Permissions' and 'appRoles' properties with \
                 identifier {}: (description, adminConsentDescription),(displayName, adminConsentDisplayName),\
                 (isEnabled, isEnabled),(origin, origin),(value, value).",
                role[0]
            )));
        }
        if role[0] != scope[0] && role[1] == scope[1] {
            return Err(duplicate());
        }
    }
    Ok(())
}

/// `POST /applications/{object id}/addPassword`.
pub(super) fn add_password(call: &Call, id: &str) -> Result<Response, GraphError> {
    let body = body(call)?;
    let asked = body.get("passwordCredential").cloned().unwrap_or_default();
    let now = call.ids.at;
    let ends = asked["endDateTime"].as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let ends = ends.map_or(now + TimeDelta::days(PASSWORD_DAYS), |ends| ends.to_utc());
    let mut directory = call.graph.directory.lock();
    let app = directory.apps.iter_mut().find(|app| app.object_id.to_string() == id);
    let app = app.ok_or_else(|| GraphError::no_such_object(id))?;
    let secret = format!("sandbox-made-{}", random::uuid().simple());
    let kept = json!({
        "keyId": random::uuid(), "displayName": asked["displayName"], "hint": &secret[..3],
        "startDateTime": rfc3339(now), "endDateTime": rfc3339(ends), "secretText": null,
    });
    let mut answer = kept.clone();
    answer["secretText"] = json!(secret);
    app.passwords.push(kept);
    app.secrets.push(secret);
    Ok(Json(answer).into_response())
}

/// `GET /servicePrincipals`, with a `$filter` on `appId`.
pub(super) fn list_principals(call: &Call) -> Result<Response, GraphError> {
    let Some(Filter::Equal(name, id)) = filter(call)? else {
        return Err(bad("The sandbox lists service principals by appId only."));
    };
    if name != "appId" {
        return Err(bad("The sandbox lists service principals by appId only."));
    }
    let directory = call.graph.directory.lock();
    let found = directory.apps.iter().find(|app| app.has_principal && app.id.to_string() == id).map(principal);
    let roles: Vec<_> =
        permissions::all().map(|(id, name)| json!({ "id": id, "value": name, "isEnabled": true })).collect();
    let graph =
        json!({ "id": GRAPH_PRINCIPAL, "appId": GRAPH_APP_ID, "displayName": "Microsoft Graph", "appRoles": roles });
    let found = if id == GRAPH_APP_ID.to_string() { Some(graph) } else { found };
    Ok(Json(json!({ "@odata.context": call.context("servicePrincipals"), "value": Vec::from_iter(found) }))
        .into_response())
}

/// `POST /servicePrincipals`.
pub(super) fn create_principal(call: &Call) -> Result<Response, GraphError> {
    let body = body(call)?;
    let id = body.get("appId").and_then(Value::as_str).unwrap_or_default();
    let mut directory = call.graph.directory.lock();
    let app = directory.apps.iter_mut().find(|app| app.id.to_string() == id);
    let app = app.ok_or_else(|| {
        bad(format!("The appId '{id}' of the service principal does not reference a valid application object."))
    })?;
    if app.has_principal {
        return Err(GraphError::new(
            StatusCode::CONFLICT,
            "Request_MultipleObjectsWithSameKeyValue",
            format!(
                "The service principal cannot be created because the service principal name {id} is already in use."
            ),
        ));
    }
    app.has_principal = true;
    Ok((StatusCode::CREATED, Json(principal(app))).into_response())
}

/// `GET /servicePrincipals/{object id}/appRoleAssignments`.
pub(super) fn list_assignments(call: &Call, id: &str) -> Result<Response, GraphError> {
    let directory = call.graph.directory.lock();
    let app = directory.apps.iter().find(|app| app.has_principal && app.service_principal.to_string() == id);
    let app = app.ok_or_else(|| GraphError::no_such_object(id))?;
    let graph = app.graph_roles.iter().filter_map(|name| permissions::id(name));
    let graph = graph.map(|role| assignment(app, role, GRAPH_PRINCIPAL, "Microsoft Graph"));
    let others = app.role_assignments.iter().filter_map(|(resource, role)| {
        let definer = directory.apps.iter().find(|app| app.service_principal == *resource)?;
        Some(assignment(app, *role, *resource, &definer.display_name))
    });
    let held: Vec<Value> = graph.chain(others).collect();
    Ok(Json(json!({ "@odata.context": call.context("appRoleAssignments"), "value": held })).into_response())
}

/// `POST /servicePrincipals/{object id}/appRoleAssignments`: grants admin consent.
pub(super) fn assign(call: &Call, id: &str) -> Result<Response, GraphError> {
    let body = body(call)?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut directory = call.graph.directory.lock();
    let unknown = || bad("Permission being assigned was not found on application.");
    let repeated = || bad("Permission being assigned already exists on the object.");
    let definer =
        directory.apps.iter().find(|app| app.has_principal && app.service_principal.to_string() == text("resourceId"));
    let definer = definer.cloned();
    let app = directory.apps.iter_mut().find(|app| app.has_principal && app.service_principal.to_string() == id);
    let app = app.ok_or_else(|| GraphError::no_such_object(id))?;
    if text("principalId") != id {
        return Err(bad("principalId is not that of the service principal in the path."));
    }
    let role = Uuid::try_parse(text("appRoleId")).map_err(|_| unknown())?;
    let shown = match definer {
        Some(definer) => {
            let resource = definer.service_principal;
            definer.role(role).filter(|role| role["isEnabled"] == true).ok_or_else(unknown)?;
            if app.role_assignments.contains(&(resource, role)) {
                return Err(repeated());
            }
            app.role_assignments.push((resource, role));
            assignment(app, role, resource, &definer.display_name)
        }
        None if text("resourceId") == GRAPH_PRINCIPAL.to_string() => {
            let name = permissions::name(role).ok_or_else(unknown)?;
            if app.graph_roles.iter().any(|held| held == name) {
                return Err(repeated());
            }
            app.graph_roles.push(name.to_owned());
            assignment(app, role, GRAPH_PRINCIPAL, "Microsoft Graph")
        }
        None => return Err(bad("resourceId is not that of a service principal.")),
    };
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

fn assignment(app: &App, role: Uuid, resource: Uuid, resource_name: &str) -> Value {
    json!({
        "id": role.simple().to_string(), "appRoleId": role, "principalId": app.service_principal,
        "principalType": "ServicePrincipal", "resourceId": resource, "resourceDisplayName": resource_name,
    })
}

fn principal(app: &App) -> Value {
    json!({
        "id": app.service_principal, "appId": app.id, "displayName": app.display_name, "appRoles": app.app_roles,
    })
}

fn shown(app: &App) -> Value {
    json!({
        "id": app.object_id,
        "appId": app.id,
        "displayName": app.display_name,
        "signInAudience": "AzureADMyOrg",
        "identifierUris": Vec::from_iter(&app.app_id_uri),
        "api": { "requestedAccessTokenVersion": null, "oauth2PermissionScopes": app.scopes },
        "web": { "redirectUris": app.web_redirects },
        "appRoles": app.app_roles,
        "optionalClaims": app.optional_claims,
        "requiredResourceAccess": app.required_access,
        "passwordCredentials": app.passwords,
    })
}

enum Filter {
    Equal(String, String),
    AnyUri(String),
}

/// Reads `$filter`. The sandbox supports only the clauses that tools send.
fn filter(call: &Call) -> Result<Option<Filter>, GraphError> {
    let Some(text) = call.parameter("$filter") else { return Ok(None) };
    let unquoted = |text: &str| Some(text.trim().strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'"));
    let any = text.strip_prefix("identifierUris/any(u:u eq ").and_then(|rest| rest.strip_suffix(')'));
    let found = match any {
        Some(uri) => unquoted(uri).map(Filter::AnyUri),
        None => {
            text.split_once(" eq ").and_then(|(name, value)| Some(Filter::Equal(name.to_owned(), unquoted(value)?)))
        }
    };
    found.map(Some).ok_or_else(|| bad(format!("Invalid filter clause: '{text}'.")))
}

fn body(call: &Call) -> Result<Map<String, Value>, GraphError> {
    serde_json::from_slice(&call.body).map_err(|_| bad("Unable to read JSON request payload."))
}

fn bad(message: impl Into<String>) -> GraphError {
    GraphError::new(StatusCode::BAD_REQUEST, "Request_BadRequest", message)
}
