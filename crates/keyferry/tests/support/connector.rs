//! `keyferry serve` as a process.

use std::ops::Deref;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keyferry_proof_support::{AUDIENCE, Client, Process, Sandbox, TEST_CLIENT};
use serde_json::Value;
use tempfile::TempDir;

use super::KEYFERRY;

/// A connector configured as an administrator would, with environment variables named as in the guide. It runs until it
/// is dropped. Its sandbox and directory remain while they are referenced.
pub struct Connector {
    client: Client,
    pub process: Process,
    pub probes: String,
    pub sandbox: Arc<Sandbox>,
    pub dir: Arc<TempDir>,
}

impl Connector {
    /// Starts a connector with its own sandbox and directory. It processes shipments on request only.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts a connector with additional settings, which replace the usual ones. An empty value removes a setting.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::at(Arc::new(Sandbox::start(KEYFERRY)), Arc::new(tempfile::tempdir().unwrap()), settings).await
    }

    /// Starts a connector with an existing sandbox and directory.
    pub async fn at(sandbox: Arc<Sandbox>, dir: Arc<TempDir>, settings: &[(&str, &str)]) -> Self {
        let base = &sandbox.base;
        let root = reqwest::get(format!("{base}/control/attestation-root.pem")).await.unwrap().text().await.unwrap();
        std::fs::write(dir.path().join("root.pem"), root).unwrap();
        let log = dir.path().join("log");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let begin = file.metadata().unwrap().len();
        let mut command = Command::new(KEYFERRY);
        command.arg("serve").env_clear().envs(usual(base, dir.path()));
        command.env("KEYFERRY_API_PORT", "0").env("KEYFERRY_PROBE_PORT", "0");
        for (name, value) in settings {
            command.env_remove(name);
            if !value.is_empty() {
                command.env(name, value);
            }
        }
        let mut process = Process(command.stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap());
        let (api, probes) = addresses(&mut process, &log, begin).await;
        let client = Client::new(api, base.clone(), log).await;
        Self { client, process, probes, sandbox, dir }
    }

    /// Uses another token for all further calls.
    pub fn set_token(&mut self, token: String) {
        self.client.token = token;
    }

    /// Opens the database file.
    pub fn database(&self) -> rusqlite::Connection {
        let path = self.dir.path().join("data/keyferry.db");
        let database = rusqlite::Connection::open(path).unwrap();
        database.busy_timeout(Duration::from_secs(10)).unwrap();
        database
    }
}

impl Deref for Connector {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// Returns the settings of the guide's deployment, with one additional permission and PIN delivery by Logic App.
pub fn usual(base: &str, dir: &Path) -> Vec<(&'static str, String)> {
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
        // Most tests order for one user.
        ("KEYFERRY_ONE_OPEN_ORDER_PER_USER", text("false")),
        ("KEYFERRY_ORDERS_PER_PERSON", text("unlimited")),
        ("KEYFERRY_RESENDS_PER_PERSON", text("unlimited")),
        ("SEND_PIN_URL", format!("{base}{LOGIC_APP}")),
        ("KEYFERRY_CONTACT_DOMAINS", text("contoso.onmicrosoft.com")),
        ("KEYFERRY_TRUST_ANCHORS", dir.join("root.pem").display().to_string()),
        ("KEYFERRY_GRAPH_REQUESTS_PER_10_SECONDS", text("0")),
        // Tests may run on an ephemeral file system, for example in a container.
        ("KEYFERRY_CHECK_DATA_DISK", text("false")),
        ("KEYFERRY_DATA_DIR", dir.join("data").display().to_string()),
        ("KEYFERRY_CREATE_BUDGET_SECONDS", text("5")),
        ("CRON_PROCESS_SHIPMENT_SCHEDULE", text("-")),
    ]
}

const LOGIC_APP: &str = "/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke\
                         ?api-version=2016-10-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=sandbox-logic-app-signature";

/// Returns the addresses of API and probes from the log, reading it from byte `begin`.
async fn addresses(process: &mut Process, log: &Path, begin: u64) -> (String, String) {
    let start = Instant::now();
    loop {
        let output = std::fs::read(log).unwrap().split_off(usize::try_from(begin).unwrap());
        let output = String::from_utf8(output).unwrap();
        let lines = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let ready = lines.map(|line| line["fields"].clone()).find(|fields| fields["message"] == "keyferry is ready");
        if let Some(fields) = ready {
            let address = |name: &str| format!("http://{}", fields[name].as_str().unwrap());
            return (address("api"), address("probes"));
        }
        assert!(process.0.try_wait().unwrap().is_none(), "the process ended: {output}");
        assert!(start.elapsed() < Duration::from_secs(30), "not ready: {output}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
