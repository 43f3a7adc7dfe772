//! `keyferry doctor` against a sandbox, once for each fault that the doctor detects.

#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

mod support;

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use keyferry_proof_support::{ADA, Client, Sandbox};
use reqwest::Method;
use serde_json::{Value, json};
use support::{Connector, Demo, KEYFERRY, usual};
use tempfile::TempDir;

/// A deployment that is not running, and its sandbox.
struct Deployment {
    sandbox: Arc<Sandbox>,
    dir: Arc<TempDir>,
    client: Client,
}

/// Findings and exit code.
struct Report {
    findings: Vec<Value>,
    code: Option<i32>,
}

impl Report {
    fn of(output: &Output) -> Self {
        let printed: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
        let findings = printed["findings"].as_array().unwrap().clone();
        let failed = findings.iter().filter(|finding| finding["outcome"] == "failed").count();
        assert_eq!(printed["failed"], failed);
        Self { findings, code: output.status.code() }
    }

    #[track_caller]
    fn all<'a>(&'a self, check: &'a str) -> Vec<&'a Value> {
        let found: Vec<_> = self.findings.iter().filter(|finding| finding["check"] == check).collect();
        assert!(!found.is_empty(), "{check} was not checked: {:?}", self.findings);
        found
    }

    /// Returns the worst outcome of a check, with its finding and remedy.
    #[track_caller]
    fn worst_of(&self, check: &str) -> (String, String) {
        let worst = self.all(check);
        let rank = |finding: &&Value| {
            ["ok", "not-examined", "warning", "failed"].iter().position(|one| finding["outcome"] == *one)
        };
        let worst = worst.into_iter().max_by_key(rank).unwrap();
        let text = format!("{} → {}", worst["found"].as_str().unwrap(), worst["todo"].as_str().unwrap_or_default());
        (worst["outcome"].as_str().unwrap().to_owned(), text)
    }

    /// Asserts the worst outcome of a check, words of its finding, and the exit code.
    #[track_caller]
    fn expect(&self, check: &str, outcome: &str, words: &[&str]) {
        let (found, text) = self.worst_of(check);
        assert_eq!(found, outcome, "{check}: {text}");
        for word in words {
            assert!(text.contains(word), "{check}: {word:?} is not in: {text}");
        }
        assert_eq!(self.code, Some(i32::from(outcome == "failed")), "{:?}", self.findings);
    }
}

impl Deployment {
    async fn new() -> Self {
        let sandbox = Arc::new(Sandbox::start(KEYFERRY));
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let url = format!("{}/control/attestation-root.pem", sandbox.base);
        let root = reqwest::get(url).await.unwrap().text().await.unwrap();
        std::fs::write(dir.path().join("root.pem"), root).unwrap();
        let client = Client::new(String::new(), sandbox.base.clone(), dir.path().join("log")).await;
        Self { sandbox, dir, client }
    }

    fn command(&self, settings: &[(&str, &str)], arguments: &[&str]) -> Command {
        let mut command = Command::new(KEYFERRY);
        command.arg("doctor").args(arguments).env_clear().envs(usual(&self.sandbox.base, self.dir.path()));
        // Do not call a connector that happens to run on this machine.
        command.env("KEYFERRY_PROBE_PORT", "1");
        for (name, value) in settings {
            command.env_remove(name);
            if !value.is_empty() {
                command.env(name, value);
            }
        }
        command
    }

    fn examine(&self, settings: &[(&str, &str)], arguments: &[&str]) -> Report {
        Report::of(&self.command(settings, &[&["--json"], arguments].concat()).output().unwrap())
    }

    /// Runs the doctor with an administrator's token, which can read the policy.
    async fn with_administrator(&self, arguments: &[&str]) -> Report {
        let file = self.administrator().await;
        self.examine(&[], &[&["--graph-token-file", file.to_str().unwrap()], arguments].concat())
    }

    async fn administrator(&self) -> std::path::PathBuf {
        let who = ("0c0ffee0-0000-4000-8000-000000000007", "sandbox-administrator-secret");
        let file = self.dir.path().join("token");
        std::fs::write(&file, format!("{}\n", self.client.token_of(who, keyferry_proof_support::GRAPH).await)).unwrap();
        file
    }

    async fn set(&self, what: &str, value: Value) {
        self.client.control(Method::PUT, what, &value).await;
    }
}

#[tokio::test]
async fn healthy_deployment_has_no_failures() {
    let deployment = Deployment::new().await;
    let token = deployment.administrator().await;
    let arguments = ["--user", ADA, "--product", "1", "--graph-token-file", token.to_str().unwrap()];
    let text = deployment.command(&[], &arguments).output().unwrap();
    let printed = String::from_utf8(text.stdout).unwrap();
    assert_eq!(text.status.code(), Some(0), "{printed}");
    let checks = [
        "settings",
        "clock",
        "token for Graph",
        "permissions",
        "creation options",
        "records",
        "secrets",
        "events",
        "passkey policy",
        "self-service set up",
        "attestation",
        "key models",
        "published keys",
        "API token",
        "callers' tokens",
        "clean-up",
        "open shipments",
    ];
    for check in checks {
        let line = printed.lines().find(|line| line.get(9..).is_some_and(|rest| rest.starts_with(check)));
        assert!(line.is_some_and(|line| line.starts_with("ok ")), "{check}:\n{printed}");
    }
    assert!(printed.contains("→ Pass --send-test-mail"), "{printed}");
    assert!(printed.contains("→ To refuse them, set KEYFERRY_FIDO_METADATA_FILE."), "{printed}");
    assert!(printed.lines().last().unwrap().ends_with("checks: 0 failed, 1 warnings, 4 not examined"), "{printed}");
    for secret in ["sandbox-connector-secret", "sandbox-delivery-token", "sandbox-logic-app-signature"] {
        assert!(!printed.contains(secret), "{secret}");
    }
    assert!(deployment.client.parcels().await.is_empty(), "the doctor orders nothing");
    assert!(deployment.client.mails().await.is_empty(), "the doctor sends no mail");
    // The same with a running connector in the same data directory.
    let connector = Connector::at(deployment.sandbox.clone(), deployment.dir.clone(), &[]).await;
    let shipment = connector.order(ADA).await;
    let port = connector.probes.rsplit(':').next().unwrap().to_owned();
    let report = deployment.examine(&[("KEYFERRY_PROBE_PORT", &port)], &[]);
    report.expect("service", "ok", &["is ready"]);
    report.expect("open shipments", "ok", &["1 accepted"]);
    report.expect("API token", "ok", &[&shipment]);
}

#[tokio::test]
async fn reports_all_invalid_settings() {
    let deployment = Deployment::new().await;
    let report = deployment.examine(&[("AZURE_TENANT_ID", ""), ("ENTRA_FIDO_API_VERSION", "v1.0")], &[]);
    assert_eq!((report.code, report.findings.len()), (Some(1), 2));
    let text = json!(report.findings).to_string();
    for words in ["AZURE_TENANT_ID", "ENTRA_FIDO_API_VERSION", "five minutes"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let usage = deployment.command(&[], &["--send-test-mail", "nobody"]).output().unwrap();
    assert_eq!(usage.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&usage.stderr).contains("--send-test-mail: "), "{usage:?}");
}

#[tokio::test]
async fn finds_faults_of_the_app_registration() {
    let deployment = Deployment::new().await;
    let secret = ("ENTRA_FIDO_API_CLIENT_SECRET", "another");
    deployment.examine(&[secret], &[]).expect(
        "token for Graph",
        "failed",
        &["AADSTS7000215", "client secret is wrong"],
    );
    let app = "/apps/0c0ffee0-0000-4000-8000-000000000001";
    let change = async |change: Value| drop(deployment.client.control(Method::PATCH, app, &change).await);
    change(json!({ "secret_expired": true })).await;
    deployment.examine(&[], &[]).expect("token for Graph", "failed", &["AADSTS7000222", "expired"]);
    change(json!({ "secret_expired": false, "graph_roles": ["User.Read.All"] })).await;
    let report = deployment.examine(&[], &["--user", ADA]);
    report.expect(
        "permissions",
        "failed",
        &["UserAuthMethod-Passkey.ReadWrite.All", "to register keys", "admin consent"],
    );
    report.expect("creation options", "failed", &["403"]);
    // PIN delivery by SMTP needs another permission: the connector reads the manager itself.
    change(json!({ "graph_roles": ["UserAuthMethod-Passkey.ReadWrite.All"] })).await;
    let report = deployment.examine(&[], &[]);
    report.expect("permissions", "ok", &[]);
    report.expect("disabled accounts", "not-examined", &["User.Read.All"]);
    // A Logic App looks up the manager itself.
    report.expect("PIN addressee", "not-examined", &["may not read", "User.Read.All", "has changed"]);
    let by_mail = [
        ("KEYFERRY_PIN_BY", "smtp"),
        ("KEYFERRY_SMTP_HOST", "localhost"),
        ("KEYFERRY_MAIL_FROM", "keys@contoso.example"),
        ("SEND_PIN_URL", ""),
    ];
    let report = deployment.examine(&by_mail, &[]);
    report.expect("permissions", "failed", &["User.Read.All", "the manager"]);
    assert!(!report.findings.iter().any(|finding| finding["check"] == "PIN addressee"), "{:?}", report.findings);
    let report = deployment.examine(&[("MS_LOGIN_ONLINE_ENDPOINT", "http://127.0.0.1:9")], &[]);
    report.expect("clock", "failed", &["cannot be reached", "MS_Login_Online_Endpoint"]);
    report.expect("callers' tokens", "failed", &["KEYFERRY_TOKEN_METADATA_URL"]);
}

#[tokio::test]
async fn finds_short_challenge_and_unknown_user() {
    let deployment = Deployment::new().await;
    deployment.examine(&[], &["--user", "nobody@contoso.onmicrosoft.com"]).expect(
        "creation options",
        "failed",
        &["not find"],
    );
    deployment.set("/settings", json!({ "challenge_timeout_ignored": true })).await;
    deployment.examine(&[], &["--user", ADA]).expect(
        "creation options",
        "failed",
        &["20160 requested", "five minutes", "ENTRA_FIDO_API_VERSION"],
    );
    deployment.examine(&[], &[]).expect("creation options", "not-examined", &["--user"]);
}

#[tokio::test]
async fn finds_wrong_clock() {
    let deployment = Deployment::new().await;
    for (skew, outcome, words) in
        [(0, "ok", "difference"), (-120, "warning", "s ahead"), (120, "warning", "s behind"), (900, "failed", "NTP")]
    {
        deployment.set("/settings", json!({ "date_skew_seconds": skew })).await;
        let report = deployment.examine(&[], &[]);
        // A second may pass during the request.
        let (found, text) = report.worst_of("clock");
        assert!(found == outcome && (text.contains(words) || skew == 0), "{skew}: {found}: {text}");
    }
}

#[tokio::test]
async fn finds_policy_that_blocks_registration() {
    let deployment = Deployment::new().await;
    deployment.examine(&[], &[]).expect(
        "passkey policy",
        "not-examined",
        &["Policy.Read.AuthenticationMethod", "--graph-token-file"],
    );
    let file = deployment.dir.path().join("old");
    std::fs::write(&file, "e30.e30.old").unwrap();
    let report = deployment.examine(&[], &["--graph-token-file", file.to_str().unwrap()]);
    report.expect("passkey policy", "not-examined", &["refused the token", "Get a new token"]);
    let sound = json!({
        "state": "enabled", "isSelfServiceRegistrationAllowed": true, "isAttestationEnforced": true,
        "keyRestrictions": { "isEnforced": false, "enforcementType": "allow", "aaGuids": [] },
        "includeTargets": [{ "id": "all_users" }], "passkeyProfiles": [],
    });
    let other = "fa2b99dc-9e39-4257-8f92-4a30d23c4118";
    let profile = |types: &str, attestation: &str, aaguid: &str| {
        json!({
            "includeTargets": [{ "id": "all_users", "allowedPasskeyProfiles": ["1"] }],
            "passkeyProfiles": [{
                "id": "1", "name": "keys", "passkeyTypes": types, "attestationEnforcement": attestation,
                "keyRestrictions": { "isEnforced": true, "enforcementType": "block", "aaGuids": [aaguid] },
            }],
        })
    };
    let nfc = "2fc0579f-8113-47ea-b116-bb5a8db9202a";
    for (change, check, outcome, words) in [
        (json!({ "state": "disabled" }), "passkey policy", "failed", "passkeys are disabled"),
        (json!({ "includeTargets": [] }), "passkey policy", "failed", "not enabled for any user"),
        (
            json!({ "isSelfServiceRegistrationAllowed": false }),
            "self-service set up",
            "failed",
            "not even an administrator",
        ),
        (json!({ "isAttestationEnforced": false }), "attestation", "warning", "not enforced"),
        (
            json!({ "keyRestrictions": { "isEnforced": true, "enforcementType": "allow", "aaGuids": [other] } }),
            "key models",
            "failed",
            nfc,
        ),
        (
            json!({ "keyRestrictions": { "isEnforced": true, "enforcementType": "block", "aaGuids": [nfc] } }),
            "key models",
            "failed",
            nfc,
        ),
        (profile("deviceBound", "registrationOnly", other), "key models", "ok", "allow all"),
        (profile("deviceBound", "registrationOnly", nfc), "key models", "failed", nfc),
        (profile("synced", "registrationOnly", other), "key models", "failed", nfc),
        (profile("deviceBound", "disabled", other), "attestation", "warning", "not enforced for all users"),
    ] {
        deployment.set("/policy", sound.clone()).await;
        deployment.set("/policy", change).await;
        deployment.with_administrator(&["--product", "1"]).await.expect(check, outcome, &[words]);
    }
    deployment.set("/policy", sound).await;
    let report = deployment.with_administrator(&["--product", "4711"]).await;
    report.expect("key models", "not-examined", &["4711", "KEYFERRY_PRODUCT_AAGUIDS"]);
}

#[tokio::test]
async fn finds_faults_of_the_delivery_service() {
    let deployment = Deployment::new().await;
    deployment.examine(&[("YED_API_TOKEN", "another")], &[]).expect(
        "API token",
        "failed",
        &["missing, unknown or expired", "Set a new token"],
    );
    for (setting, path) in
        [("YE_JWKS_SIGN_ENDPOINT", "yubico-sign"), ("YE_JWKS_TRANSPORT_ENDPOINT", "yubico-transport-keys")]
    {
        let elsewhere = format!("{}/.well-known/not-{path}.jwks", deployment.sandbox.base);
        deployment.examine(&[(setting, &elsewhere)], &[]).expect("published keys", "failed", &["404"]);
    }
    let elsewhere = format!("{}/nothing-here", deployment.sandbox.base);
    deployment.examine(&[("YE_API_BASE_URL", &elsewhere)], &[]).expect(
        "API token",
        "failed",
        &["404", "YE_API_BASE_URL"],
    );
    let unreachable = "http://127.0.0.1:9/v1";
    deployment.examine(&[("YE_API_BASE_URL", unreachable)], &[]).expect("API token", "failed", &[]);
}

#[tokio::test]
async fn sends_test_mail_only_on_request() {
    let deployment = Deployment::new().await;
    let to = "desk@contoso.onmicrosoft.com";
    let arguments = ["--user", ADA, "--send-test-mail", to];
    deployment.examine(&[], &arguments).expect("PIN delivery", "ok", &[to, "check that it arrives"]);
    let mails = deployment.client.mails().await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].to_string().contains("00000000") && mails[0].to_string().contains(to), "{mails:?}");
    let wrong = format!(
        "{}/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke?sig=wrong",
        deployment.sandbox.base
    );
    deployment.examine(&[("SEND_PIN_URL", &wrong)], &arguments).expect("PIN delivery", "failed", &["401"]);
    deployment.examine(&[("SEND_PIN_URL", &wrong)], &[]).expect("PIN delivery", "not-examined", &["nothing was sent"]);
}

#[tokio::test]
async fn reports_schedules_waiting_shipments_and_connector_state() {
    let deployment = Deployment::new().await;
    deployment.examine(&[], &[]).expect("schedule", "warning", &["not processed automatically"]);
    deployment.examine(&[("CRON_PROCESS_SHIPMENT_SCHEDULE", "0 0 * * * *")], &[]).expect(
        "schedule",
        "ok",
        &[":00:00Z"],
    );
    let weekly = [("CRON_PROCESS_SHIPMENT_SCHEDULE", "0 0 3 * * MON")];
    deployment.examine(&weekly, &[]).expect("schedule", "warning", &["once an hour is usual"]);
    deployment.examine(&[], &[]).expect("app credential expiry", "not-examined", &["expiry date"]);
    let mut connector = Connector::at(deployment.sandbox.clone(), deployment.dir.clone(), &[]).await;
    let shipment = connector.order("nomanager@contoso.onmicrosoft.com").await;
    connector.parcel_to(&shipment, 103).await;
    connector.process().await;
    let id = connector.details(&shipment).await["id"].as_str().unwrap().to_owned();
    assert!(connector.process.stop());
    deployment.examine(&[], &[]).expect("open shipments", "warning", &["1 registered; 1 need an operator", &id]);
    deployment.examine(&[], &[]).expect("service", "not-examined", &["another machine"]);
    break_a_record(deployment.dir.path());
    deployment.examine(&[], &[]).expect("open shipments", "failed", &["1 unreadable records"]);
}

fn break_a_record(dir: &Path) {
    let database = rusqlite::Connection::open(dir.join("data/keyferry.db")).unwrap();
    let broken = database.execute("UPDATE fprshipments SET record = '{'", []);
    assert_eq!(broken.unwrap(), 1);
}

#[tokio::test]
async fn misspelt_variable_is_a_finding() {
    let deployment = Deployment::new().await;
    let report = deployment.examine(&[("CRON_PROCESS_SHIPMENTS_SCHEDULE", "HUSH-canary")], &[]);
    let words = ["CRON_PROCESS_SHIPMENTS_SCHEDULE", "did you mean CRON_PROCESS_SHIPMENT_SCHEDULE?", "Correct"];
    report.expect("settings", "warning", &words);
    assert!(!format!("{:?}", report.findings).contains("HUSH"), "{:?}", report.findings);
}

#[tokio::test]
async fn finds_rules_about_users_that_do_not_work() {
    const EMPLOYEES: &str = "9c0ffee0-0000-4000-8000-000000000001";
    const NO_GROUP: &str = "9c0ffee0-0000-4000-8000-0000000000ff";
    const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";
    let deployment = Deployment::new().await;
    let groups = [("KEYFERRY_ALLOWED_GROUPS", EMPLOYEES), ("KEYFERRY_ROLES", "enforced")];
    let report = deployment.examine(&groups, &["--user", ADA]);
    report.expect("groups of users", "ok", &["KEYFERRY_ALLOWED_GROUPS: Employees"]);
    report.expect("privileged users", "ok", &["holds no privileged role"]);
    deployment.examine(&groups, &[]).expect("privileged users", "ok", &["Keyferry.Admin"]);
    let wrong = [("KEYFERRY_EXCLUDED_GROUPS", NO_GROUP)];
    deployment.examine(&wrong, &[]).expect("groups of users", "failed", &[NO_GROUP, "KEYFERRY_EXCLUDED_GROUPS"]);
    let user = format!("/users/{}", keyferry_proof_support::ADA_ID);
    deployment.client.control(Method::PATCH, &user, &json!({ "roles": [USER_ADMINISTRATOR] })).await;
    let report = deployment.examine(&groups, &["--user", ADA]);
    report.expect("privileged users", "warning", &["User Administrator", "Keyferry.Admin"]);

    let app = "/apps/0c0ffee0-0000-4000-8000-000000000001";
    let few = json!({ "graph_roles": ["UserAuthMethod-Passkey.ReadWrite.All", "User.Read.All"] });
    deployment.client.control(Method::PATCH, app, &few).await;
    let roles_only = [("KEYFERRY_ROLES", "enforced")];
    for arguments in [&[][..], &["--user", ADA]] {
        let report = deployment.examine(&roles_only, arguments);
        report.expect("privileged users", "warning", &["RoleManagement.Read.Directory", "--read-roles"]);
    }
    let report = deployment.examine(&groups, &[]);
    report.expect("permissions", "failed", &["GroupMember.Read.All", "KEYFERRY_ALLOWED_GROUPS"]);
    report.expect("groups of users", "failed", &["403", "GroupMember.Read.All"]);
}

#[tokio::test]
async fn a_running_demo_is_checked_without_settings() {
    let demo = Demo::start().await;
    let base = demo.announced["sandbox"].as_str().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let doctor = |arguments: &[&str]| {
        Command::new(KEYFERRY)
            .args(["doctor", "--demo"])
            .args(arguments)
            .env_clear()
            .current_dir(elsewhere.path())
            .output()
            .unwrap()
    };
    let report = Report::of(&doctor(&[base, "--user", ADA, "--json"]));
    assert_eq!(report.code, Some(0), "{:?}", report.findings);
    let probes = demo.announced["probes"].as_str().unwrap().trim_start_matches("http://");
    assert!(
        report.findings.iter().any(|finding| finding["found"] == format!("the connector at {probes} is ready")),
        "{:?}",
        report.findings
    );
    report.expect("creation options", "ok", &[]);
    assert!(std::fs::read_dir(elsewhere.path()).unwrap().next().is_none(), "the doctor made files of its own");

    let nothing = doctor(&["http://127.0.0.1:9"]);
    assert_eq!(nothing.status.code(), Some(1));
    let error = String::from_utf8(nothing.stderr).unwrap();
    assert!(error.contains("could not read the settings of the demo at http://127.0.0.1:9/"), "{error}");
    assert!(error.contains("Start it with `keyferry demo`"), "{error}");
}
