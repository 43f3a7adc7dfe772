//! `keyferry serve` as a process, connected to a sandbox.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use keyferry_proof_support::{AUDIENCE, Client, Process, TEST_CLIENT};
use serde_json::Value;
use tempfile::TempDir;

/// A connector that runs until it is dropped. Each one has its own database.
pub(crate) struct Connector {
    pub(crate) client: Client,
    process: Process,
    /// When it reported that it was ready, exact to 2 ms.
    pub(crate) ready: Instant,
    dir: TempDir,
}

impl Connector {
    /// Starts a connector. `graph_requests` is its configured limit of calls to Graph in 10 seconds.
    pub(crate) async fn start(program: &str, base: &str, graph_requests: u32) -> Self {
        Self::with(program, base, graph_requests, &[]).await
    }

    /// Starts a connector with further settings.
    pub(crate) async fn with(program: &str, base: &str, graph_requests: u32, more: &[(&str, String)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = reqwest::get(format!("{base}/control/attestation-root.pem")).await.unwrap().text().await.unwrap();
        std::fs::write(dir.path().join("root.pem"), root).unwrap();
        let log = dir.path().join("log");
        let file = File::create(&log).unwrap();
        let mut command = Command::new(program);
        command.args(["serve", "--api-port", "0", "--probe-port", "0"]).env_clear();
        command.envs(settings(base, dir.path(), graph_requests)).envs(more.iter().map(|(name, value)| (name, value)));
        let process = Process(command.stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap());
        let api = address(&log).await;
        let ready = Instant::now();
        let client = Client::new(api, base.to_owned(), log).await;
        Self { client, process, ready, dir }
    }

    /// Returns the settings of PIN delivery by the sandbox's mail server.
    pub(crate) async fn by_smtp(base: &str) -> Vec<(&'static str, String)> {
        let world = reqwest::get(format!("{base}/control/world")).await.unwrap().text().await.unwrap();
        let world: Value = serde_json::from_str(&world).unwrap();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let authority = std::env::temp_dir().join(format!("keyferry-bench-{}.pem", std::process::id()));
        std::fs::write(&authority, text(&world["smtp"]["ca_pem"])).unwrap();
        vec![
            ("KEYFERRY_PIN_BY", "smtp".to_owned()),
            ("KEYFERRY_SMTP_HOST", "127.0.0.1".to_owned()),
            ("KEYFERRY_SMTP_PORT", text(&world["smtp"]["starttls_port"])),
            ("KEYFERRY_SMTP_USER", text(&world["smtp"]["user"])),
            ("KEYFERRY_SMTP_PASSWORD", text(&world["smtp"]["password"])),
            ("KEYFERRY_MAIL_FROM", text(&world["mail_sender"])),
            ("KEYFERRY_EXTRA_CA_FILE", authority.display().to_string()),
        ]
    }

    /// Returns the id of the process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.0.id()
    }

    /// Returns the database.
    pub(crate) fn database(&self) -> PathBuf {
        self.dir.path().join("data").join("keyferry.db")
    }
}

fn settings(base: &str, dir: &Path, graph_requests: u32) -> Vec<(&'static str, String)> {
    let text = str::to_owned;
    vec![
        ("AZURE_TENANT_ID", text("11111111-2222-4333-8444-555555555555")),
        ("ENTRA_FIDO_API_CLIENT_ID", text("0c0ffee0-0000-4000-8000-000000000001")),
        ("ENTRA_FIDO_API_CLIENT_SECRET", text("sandbox-connector-secret")),
        ("MS_LOGIN_ONLINE_ENDPOINT", text(base)),
        ("MS_GRAPH_ENDPOINT", text(base)),
        ("YE_API_BASE_URL", format!("{base}/delivery/v1")),
        ("YE_JWKS_SIGN_ENDPOINT", format!("{base}/.well-known/yubico-sign.jwks")),
        ("YE_JWKS_TRANSPORT_ENDPOINT", format!("{base}/.well-known/yubico-transport-keys.jwks")),
        ("YED_API_TOKEN", text("sandbox-delivery-token")),
        ("FIDO_CONNECTOR_ALLOWED_AUDIENCES", format!("[\"{AUDIENCE}\"]")),
        ("FIDO_CONNECTOR_ALLOWED_CLIENT_APPS", format!("[\"{}\"]", TEST_CLIENT.0)),
        ("SEND_PIN_URL", format!("{base}{LOGIC_APP}")),
        ("KEYFERRY_CONTACT_DOMAINS", text("contoso.onmicrosoft.com")),
        ("KEYFERRY_TRUST_ANCHORS", dir.join("root.pem").display().to_string()),
        ("KEYFERRY_GRAPH_REQUESTS_PER_10_SECONDS", graph_requests.to_string()),
        ("KEYFERRY_CHECK_DATA_DISK", text("false")),
        ("KEYFERRY_DATA_DIR", dir.join("data").display().to_string()),
        ("CRON_PROCESS_SHIPMENT_SCHEDULE", text("-")),
    ]
}

const LOGIC_APP: &str = "/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke\
                         ?api-version=2016-10-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=sandbox-logic-app-signature";

/// Returns the address of the API from the log.
async fn address(log: &Path) -> String {
    for _ in 0..15_000 {
        let output = std::fs::read_to_string(log).unwrap();
        let lines = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let ready = lines.map(|line| line["fields"].clone()).find(|fields| fields["message"] == "keyferry is ready");
        if let Some(fields) = ready {
            return format!("http://{}", fields["api"].as_str().unwrap());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("the connector is not ready: {}", std::fs::read_to_string(log).unwrap());
}
