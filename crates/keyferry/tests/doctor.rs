//! `keyferry doctor` beside a sandbox that is broken in each way that the doctor claims to find.

#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

mod support;

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use keyferry_proof_support::{ADA, Client, Sandbox};
use reqwest::Method;
use serde_json::{Value, json};
use support::{Connector, KEYFERRY, usual};
use tempfile::TempDir;

/// A deployment that is not running, with the sandbox around it.
struct Ward {
    sandbox: Arc<Sandbox>,
    dir: Arc<TempDir>,
    client: Client,
}

/// What was found, and the exit code.
struct Report {
    findings: Vec<Value>,
    code: Option<i32>,
}

impl Report {
    fn of(output: &Output) -> Self {
        let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
        let findings = told["findings"].as_array().unwrap().clone();
        let failed = findings.iter().filter(|finding| finding["outcome"] == "failed").count();
        assert_eq!(told["failed"], failed);
        Self { findings, code: output.status.code() }
    }

    #[track_caller]
    fn all<'a>(&'a self, check: &'a str) -> Vec<&'a Value> {
        let found: Vec<_> = self.findings.iter().filter(|finding| finding["check"] == check).collect();
        assert!(!found.is_empty(), "{check} was not looked at: {:?}", self.findings);
        found
    }

    /// The outcome of a check, and what it says is found and to be done.
    #[track_caller]
    fn of_check(&self, check: &str) -> (String, String) {
        let worst = self.all(check);
        let rank = |finding: &&Value| {
            ["ok", "not-examined", "warning", "failed"].iter().position(|one| finding["outcome"] == *one)
        };
        let worst = worst.into_iter().max_by_key(rank).unwrap();
        let said = format!("{} → {}", worst["found"].as_str().unwrap(), worst["todo"].as_str().unwrap_or_default());
        (worst["outcome"].as_str().unwrap().to_owned(), said)
    }

    /// That a check came out like this and nothing worse did.
    #[track_caller]
    fn says(&self, check: &str, outcome: &str, words: &[&str]) {
        let (found, said) = self.of_check(check);
        assert_eq!(found, outcome, "{check}: {said}");
        for word in words {
            assert!(said.contains(word), "{check}: {word:?} is not in: {said}");
        }
        assert_eq!(self.code, Some(i32::from(outcome == "failed")), "{:?}", self.findings);
    }
}

impl Ward {
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
        // Nobody else's connector on this machine is asked.
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

    /// The doctor with a token that may read the policy.
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
async fn a_sound_deployment_has_nothing_that_failed_and_is_told_line_by_line() {
    let ward = Ward::new().await;
    let token = ward.administrator().await;
    let arguments = ["--user", ADA, "--product", "1", "--graph-token-file", token.to_str().unwrap()];
    let text = ward.command(&[], &arguments).output().unwrap();
    let told = String::from_utf8(text.stdout).unwrap();
    assert_eq!(text.status.code(), Some(0), "{told}");
    let checks = [
        "settings",
        "clock",
        "token for Graph",
        "permissions",
        "creation options",
        "records",
        "secrets",
        "passkey policy",
        "self-service set up",
        "attestation",
        "models of keys",
        "published keys",
        "API token",
        "callers' tokens",
        "clean-up",
        "open shipments",
    ];
    for check in checks {
        let line = told.lines().find(|line| line.get(9..).is_some_and(|rest| rest.starts_with(check)));
        assert!(line.is_some_and(|line| line.starts_with("ok ")), "{check}:\n{told}");
    }
    assert!(told.contains("→ Give an address with --send-test-mail"), "{told}");
    assert!(told.lines().last().unwrap().ends_with("checks: 0 failed, 1 warnings, 3 not examined"), "{told}");
    for secret in ["sandbox-connector-secret", "sandbox-delivery-token", "sandbox-logic-app-signature"] {
        assert!(!told.contains(secret), "{secret}");
    }
    assert!(ward.client.parcels().await.is_empty(), "nothing is ordered");
    assert!(ward.client.mails().await.is_empty(), "nothing is sent");
    // The same with the connector running beside it, in the same data directory.
    let connector = Connector::at(ward.sandbox.clone(), ward.dir.clone(), &[]).await;
    let shipment = connector.order(ADA).await;
    let port = connector.probes.rsplit(':').next().unwrap().to_owned();
    let report = ward.examine(&[("KEYFERRY_PROBE_PORT", &port)], &[]);
    report.says("service", "ok", &["is ready"]);
    report.says("open shipments", "ok", &["1 accepted"]);
    report.says("API token", "ok", &[&shipment]);
}

#[tokio::test]
async fn settings_that_are_not_right_are_told_all_at_once() {
    let ward = Ward::new().await;
    let report = ward.examine(&[("AZURE_TENANT_ID", ""), ("ENTRA_FIDO_API_VERSION", "v1.0")], &[]);
    assert_eq!((report.code, report.findings.len()), (Some(1), 2));
    let said = json!(report.findings).to_string();
    for words in ["AZURE_TENANT_ID", "ENTRA_FIDO_API_VERSION", "five minutes"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let usage = ward.command(&[], &["--send-test-mail", "nobody"]).output().unwrap();
    assert_eq!(usage.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&usage.stderr).contains("--send-test-mail: "), "{usage:?}");
}

#[tokio::test]
async fn what_is_wrong_with_the_app_registration_is_found() {
    let ward = Ward::new().await;
    let secret = ("ENTRA_FIDO_API_CLIENT_SECRET", "another");
    ward.examine(&[secret], &[]).says("token for Graph", "failed", &["AADSTS7000215", "client secret is wrong"]);
    let app = "/apps/0c0ffee0-0000-4000-8000-000000000001";
    let change = async |change: Value| drop(ward.client.control(Method::PATCH, app, &change).await);
    change(json!({ "secret_expired": true })).await;
    ward.examine(&[], &[]).says("token for Graph", "failed", &["AADSTS7000222", "expired"]);
    change(json!({ "secret_expired": false, "graph_roles": ["User.Read.All"] })).await;
    let report = ward.examine(&[], &["--user", ADA]);
    report.says(
        "permissions",
        "failed",
        &["UserAuthMethod-Passkey.ReadWrite.All", "to register keys", "admin consent"],
    );
    report.says("creation options", "failed", &["403"]);
    // SMTP asks for more, since nobody else looks the manager up.
    change(json!({ "graph_roles": ["UserAuthMethod-Passkey.ReadWrite.All"] })).await;
    ward.examine(&[], &[]).says("permissions", "ok", &[]);
    let by_mail = [
        ("KEYFERRY_PIN_BY", "smtp"),
        ("KEYFERRY_SMTP_HOST", "localhost"),
        ("KEYFERRY_MAIL_FROM", "keys@contoso.example"),
        ("SEND_PIN_URL", ""),
    ];
    ward.examine(&by_mail, &[]).says("permissions", "failed", &["User.Read.All", "the manager"]);
    let report = ward.examine(&[("MS_LOGIN_ONLINE_ENDPOINT", "http://127.0.0.1:9")], &[]);
    report.says("clock", "failed", &["cannot be reached", "MS_Login_Online_Endpoint"]);
    report.says("callers' tokens", "failed", &["KEYFERRY_TOKEN_METADATA_URL"]);
}

#[tokio::test]
async fn a_challenge_that_lives_too_short_and_a_person_who_is_not_there_are_found() {
    let ward = Ward::new().await;
    ward.examine(&[], &["--user", "nobody@contoso.onmicrosoft.com"]).says("creation options", "failed", &["not find"]);
    ward.set("/settings", json!({ "challenge_timeout_ignored": true })).await;
    ward.examine(&[], &["--user", ADA]).says(
        "creation options",
        "failed",
        &["20160 were asked for", "five minutes", "ENTRA_FIDO_API_VERSION"],
    );
    ward.examine(&[], &[]).says("creation options", "not-examined", &["--user"]);
}

#[tokio::test]
async fn a_wrong_clock_is_found() {
    let ward = Ward::new().await;
    for (skew, outcome, words) in
        [(0, "ok", "difference"), (-120, "warning", "s ahead"), (120, "warning", "s behind"), (900, "failed", "NTP")]
    {
        ward.set("/settings", json!({ "date_skew_seconds": skew })).await;
        let report = ward.examine(&[], &[]);
        // A second may pass on the way.
        let (found, said) = report.of_check("clock");
        assert!(found == outcome && (said.contains(words) || skew == 0), "{skew}: {found}: {said}");
    }
}

#[tokio::test]
async fn a_policy_that_lets_no_key_in_is_found() {
    let ward = Ward::new().await;
    ward.examine(&[], &[]).says(
        "passkey policy",
        "not-examined",
        &["Policy.Read.AuthenticationMethod", "--graph-token-file"],
    );
    let file = ward.dir.path().join("old");
    std::fs::write(&file, "e30.e30.old").unwrap();
    let report = ward.examine(&[], &["--graph-token-file", file.to_str().unwrap()]);
    report.says("passkey policy", "not-examined", &["refused the token", "Get a new token"]);
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
            "models of keys",
            "failed",
            nfc,
        ),
        (
            json!({ "keyRestrictions": { "isEnforced": true, "enforcementType": "block", "aaGuids": [nfc] } }),
            "models of keys",
            "failed",
            nfc,
        ),
        (profile("deviceBound", "registrationOnly", other), "models of keys", "ok", "allow all"),
        (profile("deviceBound", "registrationOnly", nfc), "models of keys", "failed", nfc),
        (profile("synced", "registrationOnly", other), "models of keys", "failed", nfc),
        (profile("deviceBound", "disabled", other), "attestation", "warning", "not enforced for all users"),
    ] {
        ward.set("/policy", sound.clone()).await;
        ward.set("/policy", change).await;
        ward.with_administrator(&["--product", "1"]).await.says(check, outcome, &[words]);
    }
    ward.set("/policy", sound).await;
    let report = ward.with_administrator(&["--product", "4711"]).await;
    report.says("models of keys", "not-examined", &["4711", "KEYFERRY_PRODUCT_AAGUIDS"]);
}

#[tokio::test]
async fn trouble_with_the_delivery_service_is_found() {
    let ward = Ward::new().await;
    ward.examine(&[("YED_API_TOKEN", "another")], &[]).says(
        "API token",
        "failed",
        &["missing, unknown or expired", "Set a new token"],
    );
    for (setting, path) in
        [("YE_JWKS_SIGN_ENDPOINT", "yubico-sign"), ("YE_JWKS_TRANSPORT_ENDPOINT", "yubico-transport-keys")]
    {
        let elsewhere = format!("{}/.well-known/not-{path}.jwks", ward.sandbox.base);
        ward.examine(&[(setting, &elsewhere)], &[]).says("published keys", "failed", &["404"]);
    }
    let elsewhere = format!("{}/nothing-here", ward.sandbox.base);
    ward.examine(&[("YE_API_BASE_URL", &elsewhere)], &[]).says("API token", "failed", &["404", "YE_API_BASE_URL"]);
    let nobody = "http://127.0.0.1:9/v1";
    ward.examine(&[("YE_API_BASE_URL", nobody)], &[]).says("API token", "failed", &[]);
}

#[tokio::test]
async fn the_way_of_the_pin_is_tried_only_when_asked() {
    let ward = Ward::new().await;
    let to = "desk@contoso.onmicrosoft.com";
    let arguments = ["--user", ADA, "--send-test-mail", to];
    ward.examine(&[], &arguments).says("PIN delivery", "ok", &[to, "see whether it arrives"]);
    let mails = ward.client.mails().await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].to_string().contains("00000000") && mails[0].to_string().contains(to), "{mails:?}");
    let wrong = format!(
        "{}/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke?sig=wrong",
        ward.sandbox.base
    );
    ward.examine(&[("SEND_PIN_URL", &wrong)], &arguments).says("PIN delivery", "failed", &["401"]);
    ward.examine(&[("SEND_PIN_URL", &wrong)], &[]).says("PIN delivery", "not-examined", &["nothing was sent"]);
}

#[tokio::test]
async fn schedules_shipments_that_wait_and_a_connector_that_is_not_ready_are_told() {
    let ward = Ward::new().await;
    ward.examine(&[], &[]).says("schedule", "warning", &["never processed by themselves"]);
    ward.examine(&[("CRON_PROCESS_SHIPMENT_SCHEDULE", "0 0 * * * *")], &[]).says("schedule", "ok", &[":00:00Z"]);
    let weekly = [("CRON_PROCESS_SHIPMENT_SCHEDULE", "0 0 3 * * MON")];
    ward.examine(&weekly, &[]).says("schedule", "warning", &["once an hour is usual"]);
    ward.examine(&[], &[]).says("ends of credentials", "not-examined", &["expiry date"]);
    let mut connector = Connector::at(ward.sandbox.clone(), ward.dir.clone(), &[]).await;
    let shipment = connector.order("nomanager@contoso.onmicrosoft.com").await;
    connector.parcel_to(&shipment, 103).await;
    connector.process().await;
    let id = connector.details(&shipment).await["id"].as_str().unwrap().to_owned();
    assert!(connector.process.stop());
    ward.examine(&[], &[]).says("open shipments", "warning", &["1 registered; 1 need a person", &id]);
    ward.examine(&[], &[]).says("service", "not-examined", &["another machine"]);
    break_a_record(ward.dir.path());
    ward.examine(&[], &[]).says("open shipments", "failed", &["1 records cannot be read"]);
}

fn break_a_record(dir: &Path) {
    let database = rusqlite::Connection::open(dir.join("data/keyferry.db")).unwrap();
    let broken = database.execute("UPDATE fprshipments SET record = '{'", []);
    assert_eq!(broken.unwrap(), 1);
}
