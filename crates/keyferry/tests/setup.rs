//! `keyferry setup entra` in a tenant that has nothing yet, and again.

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

struct Office {
    sandbox: Arc<Sandbox>,
    client: Client,
    dir: TempDir,
}

impl Office {
    async fn open() -> Self {
        let sandbox = Arc::new(Sandbox::start(KEYFERRY));
        let dir = tempfile::tempdir().unwrap();
        let client = Client::new(String::new(), sandbox.base.clone(), dir.path().join("log")).await;
        let office = Self { sandbox, client, dir };
        std::fs::write(office.file("token"), office.client.token_of(ADMINISTRATOR, GRAPH).await).unwrap();
        office
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(KEYFERRY);
        command.args(["setup", "entra", "--graph-token-file"]).arg(self.file("token")).args(arguments);
        command.env_clear().env("MS_GRAPH_ENDPOINT", &self.sandbox.base).current_dir(self.dir.path()).output().unwrap()
    }

    /// The whole of it, as the guide wants it, in a domain of its own.
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

/// Values that it tells, by name.
fn value<'a>(told: &'a str, name: &str) -> &'a str {
    let line = told.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(" = "));
    line.unwrap_or_else(|| panic!("{name} is not told:\n{told}"))
}

#[tokio::test]
async fn nothing_is_changed_before_it_is_asked_for() {
    let office = Office::open().await;
    let spoilt = json!({ "state": "disabled", "isSelfServiceRegistrationAllowed": false, "isAttestationEnforced": false, "includeTargets": [] });
    office.client.control(Method::PUT, "/policy", &spoilt).await;
    let before = office.policy().await;
    let told = office.set_up(&["--enforce-key-restrictions"]);
    for line in [
        "would    set the passkey policy: passkeys are enabled",
        "would    set the passkey policy: it is for all users",
        "would    set the passkey policy: self-service set up is allowed",
        "would    set the passkey policy: attestation is enforced",
        "BY HAND  before this is applied, see that nobody signs in with other models",
        "would    set the passkey policy: key restrictions allow 8 models, and no other",
        "would    register the application \"Keys\"",
        "would    set its Application ID URI to api://fido-connector-api.keys.contoso.onmicrosoft.com, and expose the scope create_request",
        "would    ask for UserAuthMethod-Passkey.ReadWrite.All, Policy.Read.AuthenticationMethod on Microsoft Graph, and consent to it",
        "would    make its client secret, good for 180 days, and write it to secret",
        "would    register the application \"Keys test\"",
    ] {
        assert!(told.contains(line), "{line}:\n{told}");
    }
    assert!(told.ends_with("11 changes would be made: --apply makes them\n"), "{told}");
    assert_eq!((office.policy().await, office.applications().await.len()), (before, 0));
    assert!(!office.file("secret").exists());
}

#[tokio::test]
async fn what_it_makes_runs_a_connector_and_a_second_run_finds_nothing_to_do() {
    let office = Office::open().await;
    office.client.control(Method::PUT, "/policy", &json!({ "isSelfServiceRegistrationAllowed": false })).await;
    // A registration is not everywhere in the directory at once.
    let late = json!({ "endpoint": "graph.application", "kind": "fail_before", "status": 404, "times": 1 });
    office.client.fault(&late).await;
    let told = office.set_up(&["--apply"]);
    assert!(told.contains("done     grant admin consent to UserAuthMethod-Passkey.ReadWrite.All"), "{told}");
    assert_eq!(office.policy().await["isSelfServiceRegistrationAllowed"], true);
    assert_eq!(office.policy().await["keyRestrictions"]["isEnforced"], false, "nobody asked for that");

    let (id, audiences) = (value(&told, "FIDO_Connector_Client_Id"), value(&told, "FIDO_Connector_Allowed_Audiences"));
    let clients: Vec<String> = serde_json::from_str(value(&told, "FIDO_Connector_Allowed_Client_Apps")).unwrap();
    assert_eq!(audiences, "[\"api://fido-connector-api.keys.contoso.onmicrosoft.com\"]");
    for name in ["secret", "test-secret"] {
        let kept = std::fs::metadata(office.file(name)).unwrap();
        assert_eq!(kept.permissions().mode() & 0o777, 0o600, "{name}");
        let secret = std::fs::read_to_string(office.file(name)).unwrap();
        assert!(secret.starts_with("sandbox-made-") && !told.contains(&secret), "{name}");
    }

    let again = office.set_up(&["--apply"]);
    assert!(again.ends_with("nothing to do\n"), "{again}");
    assert_eq!(value(&again, "FIDO_Connector_Client_Id"), id);
    let applications = office.applications().await;
    assert_eq!(applications.len(), 2);
    assert_eq!(applications[0]["passwordCredentials"].as_array().unwrap().len(), 1);

    // The connector with the new registration, ordered from by the new client.
    let secret_file = office.file("secret");
    let mut connector = Connector::at(
        office.sandbox.clone(),
        Arc::new(tempfile::tempdir().unwrap()),
        &[
            ("ENTRA_FIDO_API_CLIENT_ID", id),
            ("ENTRA_FIDO_API_CLIENT_SECRET", ""),
            ("ENTRA_FIDO_API_CLIENT_SECRET_FILE", secret_file.to_str().unwrap()),
            ("FIDO_CONNECTOR_ALLOWED_AUDIENCES", audiences),
            ("FIDO_CONNECTOR_ALLOWED_CLIENT_APPS", value(&told, "FIDO_Connector_Allowed_Client_Apps")),
        ],
    )
    .await;
    let secret = std::fs::read_to_string(office.file("test-secret")).unwrap();
    let token =
        connector.token_of((&clients[0], &secret), "api://fido-connector-api.keys.contoso.onmicrosoft.com").await;
    connector.set_token(token);
    connector.complete_order(ADA).await;
}

#[tokio::test]
async fn what_belongs_to_others_stays() {
    let office = Office::open().await;
    let foreign = "fa2b99dc-9e39-4257-8f92-4a30d23c4118";
    let policy = json!({ "keyRestrictions": { "isEnforced": true, "enforcementType": "allow", "aaGuids": [foreign] } });
    office.client.control(Method::PUT, "/policy", &policy).await;
    office.set_up(&["--apply"]);
    let listed = office.policy().await["keyRestrictions"]["aaGuids"].clone();
    assert_eq!((listed[0].as_str(), listed.as_array().unwrap().len()), (Some(foreign), 9));

    // Somebody adds a scope and a permission, and takes one of ours away.
    let app = office.applications().await[0].clone();
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
    let token = office.client.token_of(ADMINISTRATOR, GRAPH).await;
    let url = format!("{}/v1.0/applications/{}", office.sandbox.base, app["id"].as_str().unwrap());
    let change = json!({ "api": { "oauth2PermissionScopes": scopes }, "requiredResourceAccess": access });
    let changed = reqwest::Client::new().patch(url).bearer_auth(token).json(&change).send().await.unwrap();
    assert_eq!(changed.status(), 204);
    let told = office.set_up(&["--apply"]);
    assert!(told.ends_with("2 changes were made\n"), "{told}");
    let app = office.applications().await[0].clone();
    let scopes = app["api"]["oauth2PermissionScopes"].as_array().unwrap();
    assert_eq!(scopes.len(), 2);
    let ours = scopes.iter().find(|scope| scope["value"] == "create_request").unwrap();
    assert_eq!((&ours["id"], &ours["isEnabled"]), (&id, &json!(true)), "whoever consented to it need not again");
    let access = app["requiredResourceAccess"][0]["resourceAccess"].as_array().unwrap();
    assert_eq!(access.iter().filter(|one| one["type"] == "Scope").count(), 1);
    assert_eq!(access.len(), 3);
}

/// Whoever may register applications chooses their names, and would own what an administrator grants to them.
#[tokio::test]
async fn nothing_is_granted_to_a_registration_that_was_found_by_its_name() {
    let office = Office::open().await;
    let token = office.client.token_of(ADMINISTRATOR, GRAPH).await;
    let url = format!("{}/v1.0/applications", office.sandbox.base);
    let theirs = reqwest::Client::new()
        .post(url)
        .bearer_auth(token)
        .json(&json!({ "displayName": "Keys" }))
        .send()
        .await
        .unwrap();
    let theirs: Value = theirs.json().await.unwrap();
    let id = theirs["appId"].as_str().unwrap();
    let told = office.set_up(&["--apply"]);
    assert!(told.contains(&format!("name it with --client-id {id}")), "{told}");
    assert!(!told.contains("grant admin consent"), "{told}");
    let granted = async || {
        let principal = office.graph(&format!("/v1.0/servicePrincipals?$filter=appId eq '{id}'")).await;
        let principal = principal["value"][0]["id"].as_str().unwrap().to_owned();
        let list = office.graph(&format!("/v1.0/servicePrincipals/{principal}/appRoleAssignments")).await;
        list["value"].as_array().unwrap().len()
    };
    assert_eq!(granted().await, 0);
    let told = office.set_up(&["--apply", "--client-id", id]);
    assert!(told.contains("done     grant admin consent to UserAuthMethod-Passkey.ReadWrite.All"), "{told}");
    assert_eq!(granted().await, 2);
    let nobody = office.command(&["--client-id", "0c0ffee0-0000-4000-8000-00000000dead"]);
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("no registration with the client id"), "{nobody:?}");
}

#[tokio::test]
async fn what_a_person_must_do_is_said_and_what_graph_refuses_ends_it() {
    let office = Office::open().await;
    let profiles = json!({
        "includeTargets": [{ "id": "all_users", "allowedPasskeyProfiles": ["1"] }],
        "passkeyProfiles": [{ "id": "1", "passkeyTypes": "synced", "keyRestrictions": { "isEnforced": false } }],
    });
    office.client.control(Method::PUT, "/policy", &profiles).await;
    let told = office.set_up(&[]);
    assert!(told.contains("BY HAND  the tenant has passkey profiles: add these AAGUIDs"), "{told}");

    let refused = |arguments: &[&str]| {
        let output = office.command(arguments);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let error = refused(&["--no-policy", "--domain", "fabrikam.example", "--name", "Keys", "--apply"]);
    assert!(error.contains("verified domain") && error.contains("run it again"), "{error}");
    let error = refused(&["--product", "4711"]);
    assert!(error.contains("--product 4711"), "{error}");
    // A token of somebody who may not.
    let auditor = office.client.token_of(keyferry_proof_support::AUDITOR, GRAPH).await;
    std::fs::write(office.file("token"), auditor).unwrap();
    let error = refused(&["--apply"]);
    assert!(error.contains("403"), "{error}");
    std::fs::write(office.file("token"), "two words").unwrap();
    assert!(refused(&[]).contains("one word is expected"));
}
