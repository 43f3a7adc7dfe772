//! App registrations (guide 5.2).

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use chrono::TimeDelta;
use keyferry_domain::{Failure, FailureClass};
use keyferry_entra::{Application, MICROSOFT_GRAPH, Principal, RequiredAccess, ResourceAccess};
use serde_json::{Value, json};

use super::{DEFAULT_ROLES, Line, PAUSE, Redirect, Setup, SetupError, TRIES, Wanted, roles};

const SCOPE: &str = "create_request";

/// Optional claim: time at which the user authenticated.
const AUTH_TIME: &str = "auth_time";
const ADD_AUTH_TIME: &str = "add the optional claim auth_time to its ID tokens, for actions that need a recent sign-in";

/// Display name of the secrets in the admin centre.
const SECRET: &str = "keyferry";

/// Sets up the connector's app registration (5.2.1). Returns `None` in a dry run in which it does not exist yet.
pub(super) async fn connector(
    setup: &Setup,
    wanted: &Wanted,
    lines: &mut Vec<Line>,
) -> Result<Option<roles::Api>, SetupError> {
    let domain = match &wanted.domain {
        Some(domain) => domain.clone(),
        None => setup.tenant.initial_domain().await?,
    };
    let uri = format!("api://fido-connector-api.{domain}");
    let found = match &wanted.client_id {
        Some(id) => Some(by_client_id(setup, id).await?),
        None => match setup.tenant.applications_with_uri(&uri).await?.into_iter().next() {
            Some(found) => Some(found),
            None => by_name(setup, &wanted.connector_name).await?,
        },
    };
    // Names are not unique, and anyone who may register applications chooses them. A registration found by its name may
    // belong to someone else, who would then receive everything that is granted to it.
    let ours = found.is_none() || wanted.client_id.is_some();
    let graph = graph(setup).await?;
    let permissions = role_ids(&graph, wanted)?;
    let Some((app, principal)) = registered(setup, found, &wanted.connector_name, lines).await? else {
        lines.push(Line::Change(format!("set its Application ID URI to {uri}, and expose the scope {SCOPE}")));
        lines.push(Line::Change(format!("define the app roles and scopes {}", roles::names())));
        lines.extend(wanted.redirects.iter().map(|redirect| Line::Change(redirect.add())));
        if !wanted.redirects.is_empty() {
            lines.push(Line::Change(ADD_AUTH_TIME.to_owned()));
        }
        lines.push(Line::Change(format!(
            "request {} on Microsoft Graph, and grant admin consent",
            wanted.permissions.join(", ")
        )));
        secret(setup, "its client secret", "", wanted.secret_file.as_deref(), wanted.secret_days, lines).await?;
        return Ok(None);
    };
    let api = expose_api(setup, &app, &uri, lines).await?;
    if !wanted.redirects.is_empty() {
        register_redirects(setup, &app, &wanted.redirects, lines).await?;
        request_auth_time(setup, &app, lines).await?;
    }
    request_permissions(setup, &app, &permissions, lines).await?;
    let app_id = (!ours).then_some(app.app_id.as_str());
    grant_consent(setup, &principal, &graph, &permissions, app_id, lines).await?;
    secret(setup, "its client secret", &app.id, wanted.secret_file.as_deref(), wanted.secret_days, lines).await?;
    lines.push(Line::Value("FIDO_Connector_Client_Id", app.app_id));
    lines.push(Line::Value("FIDO_Connector_Allowed_Audiences", json!([uri]).to_string()));
    Ok(Some(api))
}

/// Sets up the app registration of a client that tests the deployment (5.2.2).
pub(super) async fn test_client(
    setup: &Setup,
    name: &str,
    api: Option<&roles::Api>,
    wanted: &Wanted,
    lines: &mut Vec<Line>,
) -> Result<(), SetupError> {
    let found = by_name(setup, name).await?;
    let existed = found.is_some();
    let file = wanted.test_client_secret_file.as_deref();
    let Some((app, principal)) = registered(setup, found, name, lines).await? else {
        roles::of_caller(setup, api, name, None, &DEFAULT_ROLES, lines).await?;
        return secret(setup, "the test client's secret", "", file, wanted.secret_days, lines).await;
    };
    // A registration found by its name may belong to someone else: see `connector`.
    if !existed {
        roles::of_caller(setup, api, &app.app_id, Some(&principal), &DEFAULT_ROLES, lines).await?;
    } else if !wanted.callers.iter().any(|caller| caller.client_id == app.app_id) {
        lines.push(Line::ByHand(format!(
            "the test client existed before, so its roles are not changed. If it is yours, pass --caller {}",
            app.app_id
        )));
    }
    secret(setup, "the test client's secret", &app.id, file, wanted.secret_days, lines).await?;
    lines.push(Line::Value("FIDO_Connector_Allowed_Client_Apps", json!([app.app_id]).to_string()));
    Ok(())
}

async fn by_client_id(setup: &Setup, id: &str) -> Result<Application, SetupError> {
    let found = setup.tenant.applications_with_client_id(id).await?.into_iter().next();
    found.ok_or_else(|| SetupError::Tenant(format!("the tenant has no app registration with client id {id}")))
}

async fn by_name(setup: &Setup, name: &str) -> Result<Option<Application>, SetupError> {
    let mut found = setup.tenant.applications_with_name(name).await?;
    if found.len() > 1 {
        let ids: Vec<_> = found.iter().map(|app| app.app_id.as_str()).collect();
        return Err(SetupError::Tenant(format!(
            "{} app registrations have the name {name:?} ({}). Pass another name with --name, or delete the unused \
             ones",
            found.len(),
            ids.join(", ")
        )));
    }
    Ok(found.pop())
}

/// Returns the app registration and its service principal. Creates what is missing; in a dry run it returns `None`
/// instead.
async fn registered(
    setup: &Setup,
    found: Option<Application>,
    name: &str,
    lines: &mut Vec<Line>,
) -> Result<Option<(Application, Principal)>, SetupError> {
    let app = match found {
        Some(app) => {
            lines.push(Line::Right(format!("the app registration {:?} exists: {}", app.display_name, app.app_id)));
            app
        }
        None => {
            lines.push(Line::Change(format!("register the application {name:?}")));
            if !setup.applies() {
                return Ok(None);
            }
            setup.tenant.create_application(&json!({ "displayName": name, "signInAudience": "AzureADMyOrg" })).await?
        }
    };
    let principal = match setup.tenant.principal(&app.app_id).await? {
        Some(principal) => principal,
        None => {
            lines.push(Line::Change("create its service principal".to_owned()));
            if setup.applies() {
                setup.retry_until_found(async || setup.tenant.create_principal(&app.app_id).await).await?
            } else {
                Principal::default()
            }
        }
    };
    Ok(Some((app, principal)))
}

async fn expose_api(
    setup: &Setup,
    app: &Application,
    uri: &str,
    lines: &mut Vec<Line>,
) -> Result<roles::Api, SetupError> {
    let mut change = serde_json::Map::new();
    if app.identifier_uris.iter().any(|one| one == uri) {
        lines.push(Line::Right(format!("its Application ID URI is {uri}")));
    } else {
        lines.push(Line::Change(format!("set its Application ID URI to {uri}")));
        let uris: Vec<_> = app.identifier_uris.iter().map(String::as_str).chain([uri]).collect();
        change.insert("identifierUris".to_owned(), json!(uris));
    }
    let mut scopes = app.api.oauth2_permission_scopes.clone();
    let mut change_scopes = false;
    if scopes.iter().any(|scope| scope["value"] == SCOPE && scope["isEnabled"] != Value::Bool(false)) {
        lines.push(Line::Right(format!("it exposes the scope {SCOPE}")));
    } else {
        lines.push(Line::Change(format!("expose the scope {SCOPE}")));
        // A scope must keep its id: consent refers to the id and would have to be granted again.
        let id = scopes.iter().find(|scope| scope["value"] == SCOPE).and_then(|scope| scope["id"].as_str());
        let ours = json!({
            "id": id.map_or_else(|| setup.fresh_id(), str::to_owned),
            "value": SCOPE,
            "type": "Admin",
            "isEnabled": true,
            "adminConsentDisplayName": SCOPE,
            "adminConsentDescription": "Allows Yubico FIDO Pre-reg requests",
        });
        scopes.retain(|scope| scope["value"] != SCOPE);
        scopes.push(ours);
        change_scopes = true;
    }
    let mut app_roles = app.app_roles.clone();
    let added = roles::complete(&mut app_roles, &mut scopes);
    if added.is_empty() {
        lines.push(Line::Right(format!("it defines the app roles and scopes {}", roles::names())));
    } else {
        lines.push(Line::Change(format!("define the app roles and scopes {}", added.join(", "))));
        change.insert("appRoles".to_owned(), json!(app_roles));
        change_scopes = true;
    }
    if change_scopes {
        change.insert("api".to_owned(), json!({ "oauth2PermissionScopes": scopes }));
    }
    setup.change(app, Value::Object(change)).await?;
    Ok(roles::api(app, &app_roles))
}

impl Redirect {
    fn add(&self) -> String {
        format!("add the redirect URI {}, for {}", self.uri, self.pages)
    }
}

/// Adds the redirect URIs, in one change. Others are kept: users may sign in elsewhere with the same registration.
async fn register_redirects(
    setup: &Setup,
    app: &Application,
    redirects: &[Redirect],
    lines: &mut Vec<Line>,
) -> Result<(), SetupError> {
    let mut all = app.web.redirect_uris.clone();
    for redirect in redirects {
        if all.contains(&redirect.uri) {
            lines.push(Line::Right(format!("its redirect URIs contain {}", redirect.uri)));
        } else {
            lines.push(Line::Change(redirect.add()));
            all.push(redirect.uri.clone());
        }
    }
    match all.len() == app.web.redirect_uris.len() {
        true => Ok(()),
        false => setup.change(app, json!({ "web": { "redirectUris": all } })).await,
    }
}

/// Adds the optional claim that shows the console how long ago a user signed in. Others are kept.
async fn request_auth_time(setup: &Setup, app: &Application, lines: &mut Vec<Line>) -> Result<(), SetupError> {
    let mut claims = app.optional_claims.as_object().cloned().unwrap_or_default();
    let mut of_id_token = claims.get("idToken").and_then(Value::as_array).cloned().unwrap_or_default();
    if of_id_token.iter().any(|claim| claim["name"] == AUTH_TIME) {
        lines.push(Line::Right(format!("its ID tokens contain {AUTH_TIME}")));
        return Ok(());
    }
    lines.push(Line::Change(ADD_AUTH_TIME.to_owned()));
    of_id_token.push(json!({ "name": AUTH_TIME, "essential": false, "source": null, "additionalProperties": [] }));
    claims.insert("idToken".to_owned(), json!(of_id_token));
    setup.change(app, json!({ "optionalClaims": claims })).await
}

async fn request_permissions(
    setup: &Setup,
    app: &Application,
    roles: &[(String, String)],
    lines: &mut Vec<Line>,
) -> Result<(), SetupError> {
    let mut all = app.required_resource_access.clone();
    if !all.iter().any(|one| one.resource_app_id == MICROSOFT_GRAPH) {
        all.push(RequiredAccess { resource_app_id: MICROSOFT_GRAPH.to_owned(), resource_access: Vec::new() });
    }
    let mut missing = Vec::new();
    for graph in all.iter_mut().filter(|one| one.resource_app_id == MICROSOFT_GRAPH) {
        for (name, id) in roles {
            if !graph.resource_access.iter().any(|one| one.id == *id && one.kind == "Role") {
                missing.push(name.as_str());
                graph.resource_access.push(ResourceAccess { id: id.clone(), kind: "Role".to_owned() });
            }
        }
    }
    if missing.is_empty() {
        lines.push(Line::Right("it requests its permissions on Microsoft Graph".to_owned()));
        return Ok(());
    }
    lines.push(Line::Change(format!("request {} on Microsoft Graph", missing.join(", "))));
    setup.change(app, json!({ "requiredResourceAccess": all })).await
}

async fn grant_consent(
    setup: &Setup,
    principal: &Principal,
    graph: &Principal,
    roles: &[(String, String)],
    found_by_name: Option<&str>,
    lines: &mut Vec<Line>,
) -> Result<(), SetupError> {
    let granted =
        if principal.id.is_empty() { Vec::new() } else { setup.tenant.role_assignments(&principal.id).await? };
    for (name, id) in roles {
        if granted.iter().any(|one| one.app_role_id == *id && one.resource_id == graph.id) {
            lines.push(Line::Right(format!("admin consent to {name} is granted")));
            continue;
        }
        if let Some(id) = found_by_name {
            lines.push(Line::ByHand(format!(
                "{name} has no admin consent: this app registration existed before, and its owners receive what it is \
                 granted. Check its owners in the admin centre. If it is yours, pass --client-id {id}"
            )));
            continue;
        }
        lines.push(Line::Change(format!("grant admin consent to {name}")));
        if setup.applies() {
            setup.retry_until_found(async || setup.tenant.assign_role(&principal.id, &graph.id, id).await).await?;
        }
    }
    Ok(())
}

async fn secret(
    setup: &Setup,
    what: &str,
    app: &str,
    file: Option<&Path>,
    days: u32,
    lines: &mut Vec<Line>,
) -> Result<(), SetupError> {
    let Some(file) = file else {
        lines.push(Line::ByHand(format!(
            "{what}: pass a file for it with --secret-file or --test-client-secret-file, or create it in the admin \
             centre"
        )));
        return Ok(());
    };
    if std::fs::metadata(file).is_ok_and(|found| found.len() > 0) {
        lines.push(Line::Right(format!("{what} is in {}", file.display())));
        return Ok(());
    }
    lines.push(Line::Change(format!("create {what}, valid for {days} days, and write it to {}", file.display())));
    if !setup.applies() {
        return Ok(());
    }
    // Open the file first: a secret that was created but not saved would have to be found and deleted by the operator.
    let cannot = |error: std::io::Error| {
        SetupError::File(format!("could not write {}: {error}. No secret was created", file.display()))
    };
    let mut kept = private_file(file).map_err(cannot)?;
    let ends = setup.clock.now() + TimeDelta::days(i64::from(days));
    let secret = setup.retry_until_found(async || setup.tenant.add_password(app, SECRET, ends).await).await?;
    kept.write_all(secret.expose()).and_then(|()| kept.sync_all()).map_err(|error| {
        SetupError::File(format!(
            "created {what}, but could not write it to {}: {error}. Delete the secret in the admin centre",
            file.display()
        ))
    })?;
    Ok(())
}

/// Opens a file that only its owner can read and write.
fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

async fn graph(setup: &Setup) -> Result<Principal, SetupError> {
    let found = setup.tenant.principal(MICROSOFT_GRAPH).await?;
    found.ok_or_else(|| SetupError::Tenant("the tenant has no service principal of Microsoft Graph".to_owned()))
}

/// Returns names and ids of the wanted permissions, as listed by Microsoft Graph.
fn role_ids(graph: &Principal, wanted: &Wanted) -> Result<Vec<(String, String)>, SetupError> {
    let id_of = |name: &String| {
        let role = graph.app_roles.iter().find(|role| role.value.as_ref() == Some(name));
        role.map(|role| (name.clone(), role.id.clone())).ok_or_else(|| {
            SetupError::Tenant(format!("Microsoft Graph has no application permission {name} in this tenant's cloud"))
        })
    };
    wanted.permissions.iter().map(id_of).collect()
}

impl Setup {
    fn fresh_id(&self) -> String {
        let mut bytes = [0; 16];
        self.entropy.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    async fn change(&self, app: &Application, change: Value) -> Result<(), SetupError> {
        let empty = change.as_object().is_none_or(serde_json::Map::is_empty);
        if self.applies() && !empty {
            self.retry_until_found(async || self.tenant.change_application(&app.id, &change).await).await?;
        }
        Ok(())
    }

    /// Retries a call while Graph does not find an object that was just created.
    pub(super) async fn retry_until_found<T>(
        &self,
        call: impl AsyncFn() -> Result<T, Failure>,
    ) -> Result<T, SetupError> {
        let mut tries = 1;
        loop {
            match call().await {
                Err(failure) if failure.class() == FailureClass::NotFound && tries < TRIES => {
                    tries += 1;
                    self.clock.sleep(PAUSE).await;
                }
                other => return Ok(other?),
            }
        }
    }
}
