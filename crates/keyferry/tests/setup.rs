//! `keyferry setup entra` in a tenant without app registrations, and a second run in the same tenant.

#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;

use keyferry_proof_support::{ADA, Client, GRAPH, Sandbox};
use reqwest::Method;
use serde_json::{Value, json};
use support::{Connector, KEYFERRY};
use tempfile::TempDir;

const ADMINISTRATOR: (&str, &str) = ("0c0ffee0-0000-4000-8000-000000000007", "sandbox-administrator-secret");
const DOMAIN: &str = "keys.contoso.onmicrosoft.com";

struct Tenant {
    sandbox: Arc<Sandbox>,
    client: Client,
    dir: TempDir,
}

impl Tenant {
    async fn new() -> Self {
        let sandbox = Arc::new(Sandbox::start(KEYFERRY));
        let dir = tempfile::tempdir().unwrap();
        let client = Client::new(String::new(), sandbox.base.clone(), dir.path().join("log")).await;
        let tenant = Self { sandbox, client, dir };
        std::fs::write(tenant.file("token"), tenant.client.token_of(ADMINISTRATOR, GRAPH).await).unwrap();
        tenant
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(KEYFERRY);
        command.args(["setup", "entra", "--graph-token-file"]).arg(self.file("token")).args(arguments);
        command.env_clear().env("MS_GRAPH_ENDPOINT", &self.sandbox.base).current_dir(self.dir.path()).output().unwrap()
    }

    /// Runs the complete setup of the guide, in a separate domain.
    #[track_caller]
    fn set_up(&self, more: &[&str]) -> String {
        let all =
            ["--domain", DOMAIN, "--name", "Keys", "--test-client", "Keys test", "--read-policy", "--product", "1"];
        let files = ["--secret-file", "secret", "--test-client-secret-file", "test-secret"];
        let output = self.command(&[&all[..], &files, more].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    async fn graph(&self, path: &str) -> Value {
        let token = self.client.token_of(ADMINISTRATOR, GRAPH).await;
        let url = format!("{}{path}", self.sandbox.base);
        reqwest::Client::new().get(url).bearer_auth(token).send().await.unwrap().json().await.unwrap()
    }

    async fn applications(&self) -> Vec<Value> {
        let list = self.graph("/v1.0/applications").await["value"].clone();
        let ours =
            list.as_array().unwrap().iter().filter(|app| app["displayName"].as_str().unwrap().starts_with("Keys"));
        ours.cloned().collect()
    }

    async fn policy(&self) -> Value {
        self.client.sandbox(Method::GET, "/control/policy", None).await.body
    }
}

/// Returns the value with this name from the output.
fn value<'a>(output: &'a str, name: &str) -> &'a str {
    let line = output.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(" = "));
    line.unwrap_or_else(|| panic!("{name} is not in the output:\n{output}"))
}

#[tokio::test]
async fn dry_run_changes_nothing() {
    let tenant = Tenant::new().await;
    let spoilt = json!({
        "state": "disabled", "isSelfServiceRegistrationAllowed": false, "isAttestationEnforced": false,
        "includeTargets": [],
    });
    tenant.client.control(Method::PUT, "/policy", &spoilt).await;
    let before = tenant.policy().await;
    let output = tenant.set_up(&["--enforce-key-restrictions"]);
    for line in [
        "would    set the passkey policy: passkeys are enabled",
        "would    set the passkey policy: it applies to all users",
        "would    set the passkey policy: self-service set up is allowed",
        "would    set the passkey policy: attestation is enforced",
        "BY HAND  before you apply this, make sure that no user signs in with another model",
        "would    set the passkey policy: key restrictions allow 8 models only",
        "would    register the application \"Keys\"",
        "would    set its Application ID URI to api://fido-connector-api.keys.contoso.onmicrosoft.com, and expose the \
         scope create_request",
        "would    define the app roles and scopes Keyferry.Order, Keyferry.Read, Keyferry.Operate, Keyferry.Pin, \
         Keyferry.Audit, Keyferry.Admin",
        "would    assign Keyferry.Order, Keyferry.Read to the caller Keys test",
        "would    request UserAuthMethod-Passkey.ReadWrite.All, Policy.Read.AuthenticationMethod on Microsoft Graph, \
         and grant admin consent",
        "would    create its client secret, valid for 180 days, and write it to secret",
        "would    register the application \"Keys test\"",
    ] {
        assert!(output.contains(line), "{line}:\n{output}");
    }
    assert!(output.ends_with("13 changes would be made. Pass --apply to make them\n"), "{output}");
    assert_eq!((tenant.policy().await, tenant.applications().await.len()), (before, 0));
    assert!(!tenant.file("secret").exists());
}

#[tokio::test]
async fn creates_working_registrations_and_second_run_changes_nothing() {
    let tenant = Tenant::new().await;
    tenant.client.control(Method::PUT, "/policy", &json!({ "isSelfServiceRegistrationAllowed": false })).await;
    // A new registration is not visible everywhere in the directory at once.
    let late = json!({ "endpoint": "graph.application", "kind": "fail_before", "status": 404, "times": 1 });
    tenant.client.fault(&late).await;
    let output = tenant.set_up(&["--apply"]);
    assert!(output.contains("done     grant admin consent to UserAuthMethod-Passkey.ReadWrite.All"), "{output}");
    assert_eq!(tenant.policy().await["isSelfServiceRegistrationAllowed"], true);
    assert_eq!(tenant.policy().await["keyRestrictions"]["isEnforced"], false, "only with --enforce-key-restrictions");

    let (id, audiences) =
        (value(&output, "FIDO_Connector_Client_Id"), value(&output, "FIDO_Connector_Allowed_Audiences"));
    let clients: Vec<String> = serde_json::from_str(value(&output, "FIDO_Connector_Allowed_Client_Apps")).unwrap();
    assert_eq!(audiences, "[\"api://fido-connector-api.keys.contoso.onmicrosoft.com\"]");
    for name in ["secret", "test-secret"] {
        let kept = std::fs::metadata(tenant.file(name)).unwrap();
        assert_eq!(kept.permissions().mode() & 0o777, 0o600, "{name}");
        let secret = std::fs::read_to_string(tenant.file(name)).unwrap();
        assert!(secret.starts_with("sandbox-made-") && !output.contains(&secret), "{name}");
    }

    assert!(output.contains("done     assign Keyferry.Order, Keyferry.Read to the caller"), "{output}");
    let own = ["--apply", "--caller", &clients[0]];
    let again = tenant.set_up(&own);
    assert!(
        again.contains(&format!("ok       the caller {} has Keyferry.Order, Keyferry.Read", clients[0])),
        "{again}"
    );
    assert!(again.ends_with("nothing to do\n"), "{again}");
    assert_eq!(value(&again, "FIDO_Connector_Client_Id"), id);
    let applications = tenant.applications().await;
    assert_eq!(applications.len(), 2);
    assert_eq!(applications[0]["passwordCredentials"].as_array().unwrap().len(), 1);

    // A connector with the new registration, called by the new test client.
    let secret_file = tenant.file("secret");
    let mut connector = Connector::at(
        tenant.sandbox.clone(),
        Arc::new(tempfile::tempdir().unwrap()),
        &[
            ("ENTRA_FIDO_API_CLIENT_ID", id),
            ("ENTRA_FIDO_API_CLIENT_SECRET", ""),
            ("ENTRA_FIDO_API_CLIENT_SECRET_FILE", secret_file.to_str().unwrap()),
            ("FIDO_CONNECTOR_ALLOWED_AUDIENCES", audiences),
            ("FIDO_CONNECTOR_ALLOWED_CLIENT_APPS", value(&output, "FIDO_Connector_Allowed_Client_Apps")),
        ],
    )
    .await;
    let secret = std::fs::read_to_string(tenant.file("test-secret")).unwrap();
    let token =
        connector.token_of((&clients[0], &secret), "api://fido-connector-api.keys.contoso.onmicrosoft.com").await;
    assert_eq!(claims_of(&token)["roles"], json!(["Keyferry.Order", "Keyferry.Read"]));
    connector.set_token(token);
    connector.complete_order(ADA).await;
}

#[tokio::test]
async fn registers_the_address_of_the_console_and_keeps_others() {
    let tenant = Tenant::new().await;
    let uris = async || tenant.applications().await[0]["web"]["redirectUris"].clone();
    let first = ["--console-url", "https://keyferry.contoso.com"];
    let shown = tenant.set_up(&first);
    let change = "add the redirect URI https://keyferry.contoso.com/console/callback, for the console";
    assert!(shown.contains(&format!("would    {change}")), "{shown}");
    let apply = |url| tenant.set_up(&["--apply", "--console-url", url]);
    assert!(apply(first[1]).contains(&format!("done     {change}")));
    assert_eq!(uris().await, json!(["https://keyferry.contoso.com/console/callback"]));
    let claims = tenant.applications().await[0]["optionalClaims"].clone();
    assert_eq!(claims["idToken"][0]["name"], "auth_time", "{claims}");
    apply("http://localhost:8080/");
    let both = json!(["https://keyferry.contoso.com/console/callback", "http://localhost:8080/console/callback"]);
    assert_eq!(uris().await, both);
    let again = apply(first[1]);
    assert!(again.contains("ok       its redirect URIs contain https://keyferry.contoso.com/console/callback"));
    assert!(again.contains("nothing to do") && !tenant.set_up(&["--apply"]).contains("redirect URI"), "{again}");
    // With the pages for people, theirs as well.
    let for_people = tenant.set_up(&["--apply", "--console-url", first[1], "--portal"]);
    let change = "done     add the redirect URI https://keyferry.contoso.com/me/callback, for the pages for people";
    assert!(for_people.contains(change), "{for_people}");
    assert_eq!(uris().await[2], "https://keyferry.contoso.com/me/callback");
    let settings = tenant.file("portal.toml");
    std::fs::write(&settings, "KEYFERRY_PORTAL = \"on\"\n").unwrap();
    let again = tenant.set_up(&["--console-url", first[1], "--config", settings.to_str().unwrap()]);
    assert!(again.contains("ok       its redirect URIs contain https://keyferry.contoso.com/me/callback"), "{again}");
    assert_eq!(uris().await.as_array().unwrap().len(), 3);
    for wrong in ["http://keyferry.contoso.com", "https://keyferry.contoso.com/keys", "keyferry.contoso.com"] {
        let refused = tenant.command(&["--console-url", wrong]);
        let message = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(message.contains("--console-url") && message.contains("https URL without a path"), "{message}");
    }
}

/// Returns the claims of a token, without verifying it.
fn claims_of(token: &str) -> Value {
    use base64::Engine as _;
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

#[tokio::test]
async fn defines_roles_and_assigns_them_to_callers() {
    let tenant = Tenant::new().await;
    tenant.set_up(&["--apply"]);
    let app = tenant.applications().await[0].clone();
    let names = ["Order", "Read", "Operate", "Pin", "Audit", "Admin"].map(|name| format!("Keyferry.{name}"));
    let list = |list: &Value, member: &str| -> Vec<Value> {
        list.as_array().unwrap().iter().map(|one| one[member].clone()).collect()
    };
    assert_eq!(json!(list(&app["appRoles"], "value")), json!(names));
    for role in app["appRoles"].as_array().unwrap() {
        assert_eq!(role["allowedMemberTypes"], json!(["User", "Application"]));
    }
    let scopes = &app["api"]["oauth2PermissionScopes"];
    assert_eq!(list(scopes, "value")[0], "create_request", "the guide's scope is kept");
    assert_eq!(json!(list(scopes, "value")[1..]), json!(names));
    // Entra rejects a scope with the name of a role and another id.
    assert_eq!(list(scopes, "id")[1..], list(&app["appRoles"], "id"));

    // A caller with named roles, one of a deployment's settings, and one that does not exist.
    let (operator, configured) = ("0c0ffee0-0000-4000-8000-000000000003", "0c0ffee0-0000-4000-8000-000000000002");
    let settings = tenant.file("keyferry.toml");
    let text = format!(
        "FIDO_Connector_Allowed_Audiences = '[\"api://x\"]'\n\
         FIDO_Connector_Allowed_Client_Apps = '[\"{configured}\"]'\n"
    );
    std::fs::write(&settings, text).unwrap();
    let operator_roles = format!("{operator}=Read,Keyferry.Pin");
    let given = ["--apply", "--config", settings.to_str().unwrap(), "--caller", &operator_roles];
    let output = tenant.set_up(&given);
    assert!(
        output.contains(&format!("done     assign Keyferry.Read, Keyferry.Pin to the caller {operator}")),
        "{output}"
    );
    assert!(output.contains(&format!("assign Keyferry.Order, Keyferry.Read to the caller {configured}")), "{output}");
    assert!(tenant.set_up(&given).ends_with("nothing to do\n"));
    let uri = "api://fido-connector-api.keys.contoso.onmicrosoft.com";
    let token = tenant.client.token_of((operator, "sandbox-other-client-secret"), uri).await;
    assert_eq!(claims_of(&token)["roles"], json!(["Keyferry.Read", "Keyferry.Pin"]));

    let unknown =
        tenant.command(&["--no-policy", "--domain", DOMAIN, "--caller", ADMINISTRATOR.0, "--caller", "x=Read"]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("is not a client id"), "{unknown:?}");
    let unknown = tenant.command(&["--caller", "0c0ffee0-0000-4000-8000-000000000003=Everything"]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("there is no role \"Everything\""), "{unknown:?}");
    let absent = "0c0ffee0-0000-4000-8000-00000000dead";
    let unknown = tenant.command(&["--no-policy", "--domain", DOMAIN, "--caller", absent]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("no application with client id"), "{unknown:?}");
}

/// Names are not unique: another owner of the name would be able to order keys.
#[tokio::test]
async fn assigns_no_roles_to_test_client_found_by_name() {
    let tenant = Tenant::new().await;
    let token = tenant.client.token_of(ADMINISTRATOR, GRAPH).await;
    let url = format!("{}/v1.0/applications", tenant.sandbox.base);
    let theirs = json!({ "displayName": "Keys test" });
    let theirs = reqwest::Client::new().post(url).bearer_auth(token).json(&theirs).send().await.unwrap();
    let id = theirs.json::<Value>().await.unwrap()["appId"].as_str().unwrap().to_owned();
    let output = tenant.set_up(&["--apply"]);
    assert!(output.contains(&format!("If it is yours, pass --caller {id}")), "{output}");
    assert!(!output.contains("assign Keyferry."), "{output}");
}

#[tokio::test]
async fn keeps_foreign_scopes_permissions_and_models() {
    let tenant = Tenant::new().await;
    let foreign = "fa2b99dc-9e39-4257-8f92-4a30d23c4118";
    let policy = json!({ "keyRestrictions": { "isEnforced": true, "enforcementType": "allow", "aaGuids": [foreign] } });
    tenant.client.control(Method::PUT, "/policy", &policy).await;
    tenant.set_up(&["--apply"]);
    let listed = tenant.policy().await["keyRestrictions"]["aaGuids"].clone();
    assert_eq!((listed[0].as_str(), listed.as_array().unwrap().len()), (Some(foreign), 9));

    // Someone else adds a scope and a permission, and removes one of ours.
    let app = tenant.applications().await[0].clone();
    let mut scopes = app["api"]["oauth2PermissionScopes"].clone();
    let id = scopes[0]["id"].clone();
    scopes[0]["isEnabled"] = json!(false);
    scopes
        .as_array_mut()
        .unwrap()
        .push(json!({ "id": "0c0ffee0-0000-4000-8000-00000000cafe", "value": "other", "isEnabled": true }));
    let mut access = app["requiredResourceAccess"].clone();
    access[0]["resourceAccess"].as_array_mut().unwrap()[0] =
        json!({ "id": "df021288-bdef-4463-88db-98f22de89214", "type": "Scope" });
    let token = tenant.client.token_of(ADMINISTRATOR, GRAPH).await;
    let url = format!("{}/v1.0/applications/{}", tenant.sandbox.base, app["id"].as_str().unwrap());
    let change = json!({ "api": { "oauth2PermissionScopes": scopes }, "requiredResourceAccess": access });
    let changed = reqwest::Client::new().patch(url).bearer_auth(token).json(&change).send().await.unwrap();
    assert_eq!(changed.status(), 204);
    let output = tenant.set_up(&["--apply"]);
    assert!(output.ends_with("2 changes made\n"), "{output}");
    let app = tenant.applications().await[0].clone();
    let scopes = app["api"]["oauth2PermissionScopes"].as_array().unwrap();
    assert_eq!(scopes.len(), 8);
    let ours = scopes.iter().find(|scope| scope["value"] == "create_request").unwrap();
    assert_eq!(
        (&ours["id"], &ours["isEnabled"]),
        (&id, &json!(true)),
        "the scope keeps its id, so consent remains valid"
    );
    let access = app["requiredResourceAccess"][0]["resourceAccess"].as_array().unwrap();
    assert_eq!(access.iter().filter(|one| one["type"] == "Scope").count(), 1);
    assert_eq!(access.len(), 3);
}

/// Anyone who may register applications chooses their names, and would own what an administrator grants to them.
#[tokio::test]
async fn grants_nothing_to_registration_found_by_name() {
    let tenant = Tenant::new().await;
    let token = tenant.client.token_of(ADMINISTRATOR, GRAPH).await;
    let url = format!("{}/v1.0/applications", tenant.sandbox.base);
    let theirs = reqwest::Client::new()
        .post(url)
        .bearer_auth(token)
        .json(&json!({ "displayName": "Keys" }))
        .send()
        .await
        .unwrap();
    let theirs: Value = theirs.json().await.unwrap();
    let id = theirs["appId"].as_str().unwrap();
    let output = tenant.set_up(&["--apply"]);
    assert!(output.contains(&format!("pass --client-id {id}")), "{output}");
    assert!(!output.contains("grant admin consent"), "{output}");
    let granted = async || {
        let principal = tenant.graph(&format!("/v1.0/servicePrincipals?$filter=appId eq '{id}'")).await;
        let principal = principal["value"][0]["id"].as_str().unwrap().to_owned();
        let list = tenant.graph(&format!("/v1.0/servicePrincipals/{principal}/appRoleAssignments")).await;
        list["value"].as_array().unwrap().len()
    };
    assert_eq!(granted().await, 0);
    let output = tenant.set_up(&["--apply", "--client-id", id]);
    assert!(output.contains("done     grant admin consent to UserAuthMethod-Passkey.ReadWrite.All"), "{output}");
    assert_eq!(granted().await, 2);
    let unknown = tenant.command(&["--client-id", "0c0ffee0-0000-4000-8000-00000000dead"]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("no app registration with client id"), "{unknown:?}");
}

#[tokio::test]
async fn reports_manual_steps_and_stops_on_graph_errors() {
    let tenant = Tenant::new().await;
    let profiles = json!({
        "includeTargets": [{ "id": "all_users", "allowedPasskeyProfiles": ["1"] }],
        "passkeyProfiles": [{ "id": "1", "passkeyTypes": "synced", "keyRestrictions": { "isEnforced": false } }],
    });
    tenant.client.control(Method::PUT, "/policy", &profiles).await;
    let output = tenant.set_up(&[]);
    assert!(output.contains("BY HAND  the tenant has passkey profiles: add these AAGUIDs"), "{output}");

    let refused = |arguments: &[&str]| {
        let output = tenant.command(arguments);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let error = refused(&["--no-policy", "--domain", "fabrikam.example", "--name", "Keys", "--apply"]);
    assert!(error.contains("verified domain") && error.contains("run it again"), "{error}");
    let error = refused(&["--product", "4711"]);
    assert!(error.contains("--product 4711"), "{error}");
    // A token without the necessary permissions.
    let auditor = tenant.client.token_of(keyferry_proof_support::AUDITOR, GRAPH).await;
    std::fs::write(tenant.file("token"), auditor).unwrap();
    let error = refused(&["--apply"]);
    assert!(error.contains("403"), "{error}");
    std::fs::write(tenant.file("token"), "two words").unwrap();
    assert!(refused(&[]).contains("expected one word"));
}

#[tokio::test]
async fn rules_about_users_need_more_permissions() {
    let tenant = Tenant::new().await;
    let requested = |options: &[&str]| {
        let all = [&["--domain", DOMAIN, "--name", "Keys", "--no-policy"], options].concat();
        let output = tenant.command(&all);
        let text = String::from_utf8(output.stdout).unwrap();
        let line = text.lines().find_map(|line| line.trim().strip_prefix("would    request "));
        let line = line.unwrap_or_else(|| panic!("{text}"));
        line.split_once(" on Microsoft Graph").unwrap().0.split(", ").map(str::to_owned).collect::<Vec<_>>()
    };
    const REGISTER: &str = "UserAuthMethod-Passkey.ReadWrite.All";
    assert_eq!(requested(&[]), [REGISTER]);
    assert_eq!(requested(&["--read-roles"]), [REGISTER, "RoleManagement.Read.Directory"]);
    assert_eq!(requested(&["--read-passkeys"]), [REGISTER, "UserAuthMethod-Passkey.Read.All"]);
    // A permission with two purposes is requested once.
    assert_eq!(requested(&["--read-groups", "--pin-by", "smtp"]), [REGISTER, "User.Read.All", "GroupMember.Read.All"]);
}
