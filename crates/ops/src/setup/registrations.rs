//! The app registrations (guide 5.2).

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::{Failure, FailureClass};
use keyferry_entra::{Application, MICROSOFT_GRAPH, Principal, RequiredAccess, ResourceAccess};
use serde_json::{Value, json};

use super::{Line, Setup, SetupError, Wanted};

const SCOPE: &str = "create_request";

/// Name of the secrets, as the admin centre lists them.
const SECRET: &str = "keyferry";

/// A registration is not everywhere in the directory the moment it is made.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_secs(5);

/// The connector's own (5.2.1).
pub(super) async fn connector(setup: &Setup, wanted: &Wanted, told: &mut Vec<Line>) -> Result<(), SetupError> {
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
    // Names are not unique, and whoever may register applications chooses them: what was found by its name may be somebody else's, who would get
    // what it is granted.
    let ours = found.is_none() || wanted.client_id.is_some();
    let graph = graph(setup).await?;
    let roles = role_ids(&graph, wanted)?;
    let Some((app, principal)) = registered(setup, found, &wanted.connector_name, told).await? else {
        told.push(Line::Change(format!("set its Application ID URI to {uri}, and expose the scope {SCOPE}")));
        told.push(Line::Change(format!(
            "ask for {} on Microsoft Graph, and consent to it",
            wanted.permissions.join(", ")
        )));
        secret(setup, "its client secret", "", wanted.secret_file.as_deref(), wanted.secret_days, told).await?;
        return Ok(());
    };
    exposed(setup, &app, &uri, told).await?;
    asked(setup, &app, &roles, told).await?;
    let app_id = (!ours).then_some(app.app_id.as_str());
    consented(setup, &principal, &graph, &roles, app_id, told).await?;
    secret(setup, "its client secret", &app.id, wanted.secret_file.as_deref(), wanted.secret_days, told).await?;
    told.push(Line::Value("FIDO_Connector_Client_Id", app.app_id));
    told.push(Line::Value("FIDO_Connector_Allowed_Audiences", json!([uri]).to_string()));
    Ok(())
}

/// One for tests of a deployment (5.2.2).
pub(super) async fn test_client(
    setup: &Setup,
    name: &str,
    wanted: &Wanted,
    told: &mut Vec<Line>,
) -> Result<(), SetupError> {
    let found = by_name(setup, name).await?;
    let file = wanted.test_client_secret_file.as_deref();
    let Some((app, _)) = registered(setup, found, name, told).await? else {
        return secret(setup, "the test client's secret", "", file, wanted.secret_days, told).await;
    };
    secret(setup, "the test client's secret", &app.id, file, wanted.secret_days, told).await?;
    told.push(Line::Value("FIDO_Connector_Allowed_Client_Apps", json!([app.app_id]).to_string()));
    Ok(())
}

async fn by_client_id(setup: &Setup, id: &str) -> Result<Application, SetupError> {
    let found = setup.tenant.applications_with_client_id(id).await?.into_iter().next();
    found.ok_or_else(|| SetupError::Tenant(format!("the tenant has no registration with the client id {id}")))
}

async fn by_name(setup: &Setup, name: &str) -> Result<Option<Application>, SetupError> {
    let mut found = setup.tenant.applications_with_name(name).await?;
    if found.len() > 1 {
        let ids: Vec<_> = found.iter().map(|app| app.app_id.as_str()).collect();
        return Err(SetupError::Tenant(format!(
            "{} registrations are called {name:?} ({}): name another with --name, or delete those that nobody uses",
            found.len(),
            ids.join(", ")
        )));
    }
    Ok(found.pop())
}

/// The registration with its service principal. `None`: neither is there, and this is a dry run.
async fn registered(
    setup: &Setup,
    found: Option<Application>,
    name: &str,
    told: &mut Vec<Line>,
) -> Result<Option<(Application, Principal)>, SetupError> {
    let app = match found {
        Some(app) => {
            told.push(Line::Right(format!("the registration {:?} is there: {}", app.display_name, app.app_id)));
            app
        }
        None => {
            told.push(Line::Change(format!("register the application {name:?}")));
            if !setup.applies() {
                return Ok(None);
            }
            setup.tenant.create_application(&json!({ "displayName": name, "signInAudience": "AzureADMyOrg" })).await?
        }
    };
    let principal = match setup.tenant.principal(&app.app_id).await? {
        Some(principal) => principal,
        None => {
            told.push(Line::Change("make its service principal".to_owned()));
            if setup.applies() {
                setup.once_it_is_there(async || setup.tenant.create_principal(&app.app_id).await).await?
            } else {
                Principal::default()
            }
        }
    };
    Ok(Some((app, principal)))
}

async fn exposed(setup: &Setup, app: &Application, uri: &str, told: &mut Vec<Line>) -> Result<(), SetupError> {
    let mut change = serde_json::Map::new();
    if app.identifier_uris.iter().any(|one| one == uri) {
        told.push(Line::Right(format!("its Application ID URI is {uri}")));
    } else {
        told.push(Line::Change(format!("set its Application ID URI to {uri}")));
        let uris: Vec<_> = app.identifier_uris.iter().map(String::as_str).chain([uri]).collect();
        change.insert("identifierUris".to_owned(), json!(uris));
    }
    let scopes = &app.api.oauth2_permission_scopes;
    if scopes.iter().any(|scope| scope["value"] == SCOPE && scope["isEnabled"] != Value::Bool(false)) {
        told.push(Line::Right(format!("it exposes the scope {SCOPE}")));
    } else {
        told.push(Line::Change(format!("expose the scope {SCOPE}")));
        let others = scopes.iter().filter(|scope| scope["value"] != SCOPE).cloned();
        // A scope keeps its id, or whoever consented to it would have to again.
        let id = scopes.iter().find(|scope| scope["value"] == SCOPE).and_then(|scope| scope["id"].as_str());
        let ours = json!({
            "id": id.map_or_else(|| setup.fresh_id(), str::to_owned),
            "value": SCOPE,
            "type": "Admin",
            "isEnabled": true,
            "adminConsentDisplayName": SCOPE,
            "adminConsentDescription": "Allows Yubico FIDO Pre-reg requests",
        });
        let all: Vec<_> = others.chain([ours]).collect();
        change.insert("api".to_owned(), json!({ "oauth2PermissionScopes": all }));
    }
    setup.change(app, Value::Object(change)).await
}

async fn asked(
    setup: &Setup,
    app: &Application,
    roles: &[(String, String)],
    told: &mut Vec<Line>,
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
        told.push(Line::Right("it asks for its permissions on Microsoft Graph".to_owned()));
        return Ok(());
    }
    told.push(Line::Change(format!("ask for {} on Microsoft Graph", missing.join(", "))));
    setup.change(app, json!({ "requiredResourceAccess": all })).await
}

async fn consented(
    setup: &Setup,
    principal: &Principal,
    graph: &Principal,
    roles: &[(String, String)],
    found_by_name: Option<&str>,
    told: &mut Vec<Line>,
) -> Result<(), SetupError> {
    let granted =
        if principal.id.is_empty() { Vec::new() } else { setup.tenant.role_assignments(&principal.id).await? };
    for (name, id) in roles {
        if granted.iter().any(|one| one.app_role_id == *id && one.resource_id == graph.id) {
            told.push(Line::Right(format!("{name} is consented to")));
            continue;
        }
        if let Some(id) = found_by_name {
            told.push(Line::ByHand(format!(
                "{name} is not consented to: this registration was there before, and whoever owns it gets what it is granted. See its owners in the \
                 admin centre; if it is yours, name it with --client-id {id}"
            )));
            continue;
        }
        told.push(Line::Change(format!("grant admin consent to {name}")));
        if setup.applies() {
            setup.once_it_is_there(async || setup.tenant.assign_role(&principal.id, &graph.id, id).await).await?;
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
    told: &mut Vec<Line>,
) -> Result<(), SetupError> {
    let Some(file) = file else {
        told.push(Line::ByHand(format!(
            "{what}: name a file for it with --secret-file or --test-client-secret-file, or make it in the admin centre"
        )));
        return Ok(());
    };
    if std::fs::metadata(file).is_ok_and(|found| found.len() > 0) {
        told.push(Line::Right(format!("{what} is in {}", file.display())));
        return Ok(());
    }
    told.push(Line::Change(format!("make {what}, good for {days} days, and write it to {}", file.display())));
    if !setup.applies() {
        return Ok(());
    }
    // The file first: a secret that cannot be kept is a secret that somebody must look for and delete.
    let cannot = |error: std::io::Error| {
        SetupError::File(format!("{} cannot be written, so no secret was made: {error}", file.display()))
    };
    let mut kept = private_file(file).map_err(cannot)?;
    let ends = setup.clock.now() + TimeDelta::days(i64::from(days));
    let secret = setup.once_it_is_there(async || setup.tenant.add_password(app, SECRET, ends).await).await?;
    kept.write_all(secret.expose()).and_then(|()| kept.sync_all()).map_err(|error| {
        SetupError::File(format!(
            "{what} was made, and {} could not be written: {error}. Delete it in the admin centre",
            file.display()
        ))
    })?;
    Ok(())
}

/// A file that nobody else may read.
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

/// Names and ids of the permissions, as Graph itself tells them.
fn role_ids(graph: &Principal, wanted: &Wanted) -> Result<Vec<(String, String)>, SetupError> {
    let id_of = |name: &String| {
        let role = graph.app_roles.iter().find(|role| role.value.as_ref() == Some(name));
        role.map(|role| (name.clone(), role.id.clone())).ok_or_else(|| {
            SetupError::Tenant(format!("Microsoft Graph knows no application permission {name} in this tenant's cloud"))
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
            self.once_it_is_there(async || self.tenant.change_application(&app.id, &change).await).await?;
        }
        Ok(())
    }

    /// Does it again for a while when Graph does not find what was just made.
    async fn once_it_is_there<T>(&self, call: impl AsyncFn() -> Result<T, Failure>) -> Result<T, SetupError> {
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
