//! Test rig: a connector in front of misbehaving external systems, and the search of everything that it leaves.

use std::ops::Deref;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use keyferry_outsiders::{Background, python};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::PROGRAM;
use crate::hostile::Hostile;
use crate::search::{Canaries, Leak};
use crate::vault;
use keyferry_proof_support::{AUDIENCE, Answer, Client, Process, Sandbox, TEST_CLIENT, order_for};

// These secrets contain characters that JSON, URLs and HTML escape.
pub const API_TOKEN: &str = r#"qZ7tokx/+K9==\"%41&<v>Lw3Rb"#;
pub const CLIENT_SECRET: &str = r#"Wv3~Qk8/s+Zt"\%é&=<r> Nn5Yp"#;
pub const SMTP_PASSWORD: &str = r#"Hx4pw/+T z\"%é&=<j>Gg6Uc9Ae"#;
pub const SIGNATURE: &str = "Rk2+Jv9/Bq7=Md4Xs8Lf1Py6";
const COLLECTOR_HEADER: &str = "header for the collector";
const COLLECTOR_KEY: &str = "Tq6-Lb1Xz9Wm4Dk8-Po3Eh7";
pub const IDEMPOTENCY_KEY: &str = "Cf5-Vy8Ka2Zo7Nt3-Je6Ri1";
/// Password of the sandbox's mail server.
pub const SANDBOX_PASSWORD: &str = "sandbox-smtp-password";

const CONNECTOR: &str = "0c0ffee0-0000-4000-8000-000000000001";
const LOGIC_APP: &str = "/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke\
                         ?api-version=2016-10-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=";

pub struct Rig {
    client: Client,
    process: Process,
    probes: String,
    pub hostile: Hostile,
    dir: TempDir,
    canaries: Mutex<Canaries>,
    answers: Mutex<Vec<u8>>,
    /// Receives traces and metrics. `None`: it is not installed.
    collector: Option<Background>,
    /// Whether the program is the shipped one, and not a test program in its place.
    ours: bool,
    _sandbox: Sandbox,
}

impl Deref for Rig {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// The settings and the environment of a connector that is about to start.
pub struct Plan {
    sandbox: Sandbox,
    pub hostile: Hostile,
    dir: TempDir,
    settings: Vec<(String, String)>,
    command: Command,
    canaries: Canaries,
    collector: Option<Background>,
}

impl Plan {
    /// Prepares the guide's deployment with the most verbose log, each secret in a file, and misbehaving external
    /// systems without a fault.
    pub async fn new() -> Self {
        let sandbox = Sandbox::start(PROGRAM);
        let dir = tempfile::tempdir().unwrap();
        let signature: String = url::form_urlencoded::byte_serialize(SIGNATURE.as_bytes()).collect();
        let hostile = Hostile::start(&sandbox.base, signature.clone()).await;
        let world = reqwest::Client::new();
        let knobs = json!({ "delivery_token": API_TOKEN, "max_passkeys": 1000 });
        for request in [
            world.put(format!("{}/control/settings", sandbox.base)).json(&knobs),
            world.patch(format!("{}/control/apps/{CONNECTOR}", sandbox.base)).json(&json!({ "secret": CLIENT_SECRET })),
        ] {
            request.send().await.unwrap().error_for_status().unwrap();
        }
        for folder in ["secrets", "tmp", "home", "work"] {
            std::fs::create_dir(dir.path().join(folder)).unwrap();
        }
        for (from, to) in [("attestation-root.pem", "root.pem"), ("ca.pem", "ca.pem")] {
            let pem = reqwest::get(format!("{}/control/{from}", sandbox.base)).await.unwrap().text().await.unwrap();
            std::fs::write(dir.path().join(to), pem).unwrap();
        }
        let mut plan = Self {
            sandbox,
            hostile,
            dir,
            settings: Vec::new(),
            command: Command::new(PROGRAM),
            canaries: Canaries::default(),
            collector: python("telemetry/collector.py").map(keyferry_outsiders::start),
        };
        plan.command.args(["serve", "--api-port", "0", "--probe-port", "0"]);
        let url = format!("{}{LOGIC_APP}{signature}", plan.hostile.base);
        plan.secret("YED_API_TOKEN", API_TOKEN);
        plan.secret("ENTRA_FIDO_API_CLIENT_SECRET", CLIENT_SECRET);
        plan.secret("SEND_PIN_URL", &url);
        plan.canaries.add("signature of SEND_PIN_URL", SIGNATURE.as_bytes());
        plan.usual();
        if let Some(collector) = &plan.collector {
            let endpoint = collector.ready["endpoint"].as_str().unwrap().to_owned();
            plan.set("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
            plan.set("OTEL_EXPORTER_OTLP_HEADERS", format!("x-api-key={COLLECTOR_KEY}"));
            plan.canary(COLLECTOR_HEADER, COLLECTOR_KEY.as_bytes());
        }
        plan
    }

    fn usual(&mut self) {
        let base = self.hostile.base.clone();
        let path = |name: &str| self.dir.path().join(name).display().to_string();
        let usual = [
            ("AZURE_TENANT_ID", "11111111-2222-4333-8444-555555555555".to_owned()),
            ("ENTRA_FIDO_API_CLIENT_ID", CONNECTOR.to_owned()),
            ("MS_LOGIN_ONLINE_ENDPOINT", base.clone()),
            ("MS_GRAPH_ENDPOINT", base.clone()),
            ("YE_API_BASE_URL", format!("{base}/delivery/v1")),
            ("YE_JWKS_SIGN_ENDPOINT", format!("{base}/.well-known/yubico-sign.jwks")),
            ("YE_JWKS_TRANSPORT_ENDPOINT", format!("{base}/.well-known/yubico-transport-keys.jwks")),
            ("FIDO_CONNECTOR_ALLOWED_AUDIENCES", AUDIENCE.to_owned()),
            ("FIDO_CONNECTOR_ALLOWED_CLIENT_APPS", TEST_CLIENT.0.to_owned()),
            // All orders are for one user.
            ("KEYFERRY_ONE_OPEN_ORDER_PER_USER", "false".to_owned()),
            ("KEYFERRY_ORDERS_PER_PERSON", "unlimited".to_owned()),
            ("KEYFERRY_RESENDS_PER_PERSON", "unlimited".to_owned()),
            ("KEYFERRY_CONTACT_DOMAINS", "contoso.onmicrosoft.com".to_owned()),
            ("KEYFERRY_TRUST_ANCHORS", path("root.pem")),
            ("KEYFERRY_EXTRA_CA_FILE", path("ca.pem")),
            ("KEYFERRY_GRAPH_REQUESTS_PER_10_SECONDS", "0".to_owned()),
            ("KEYFERRY_PASSKEYS_PER_USER", "0".to_owned()),
            // The check would fail in a container, whose own file system does not survive it.
            ("KEYFERRY_CHECK_DATA_DISK", "false".to_owned()),
            ("KEYFERRY_DATA_DIR", path("data")),
            ("KEYFERRY_KEY_FILE", path("secrets/seal.key")),
            ("KEYFERRY_CREATE_BUDGET_SECONDS", "5".to_owned()),
            ("CRON_PROCESS_SHIPMENT_SCHEDULE", "-".to_owned()),
            ("TMPDIR", path("tmp")),
            ("HOME", path("home")),
            // Everything that makes the program or its libraries more verbose.
            ("LOGGING_LEVEL_COM_YUBICO", "TRACE".to_owned()),
            ("KEYFERRY_LOG_FORMAT", "json".to_owned()),
            ("RUST_LOG", "trace".to_owned()),
            ("RUST_BACKTRACE", "full".to_owned()),
            ("SSLKEYLOGFILE", path("tls-keys")),
        ];
        for (name, value) in usual {
            self.set(name, value);
        }
    }

    /// Sets a setting. An empty value removes it.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.settings.retain(|(other, _)| other != name);
        let value = value.into();
        if !value.is_empty() {
            self.settings.push((name.to_owned(), value));
        }
    }

    /// Sets a secret setting from a file. The value becomes a canary.
    pub fn secret(&mut self, name: &str, value: &str) {
        let file = self.dir.path().join("secrets").join(name);
        std::fs::write(&file, format!("{value}\n")).unwrap();
        self.set(&format!("{name}_FILE"), file.display().to_string());
        // Only the query of a URL is secret; the caller adds it as a canary.
        if !value.starts_with("http") {
            self.canaries.add(name, value.as_bytes());
        }
    }

    pub fn canary(&mut self, name: &str, value: &[u8]) {
        self.canaries.add(name, value);
    }

    /// Selects PIN delivery by the mail server at this port of `localhost`.
    pub fn by_smtp(&mut self, port: &str, password: &str) {
        self.set("SEND_PIN_URL_FILE", "");
        self.secret("KEYFERRY_SMTP_PASSWORD", password);
        for (name, value) in [
            ("KEYFERRY_PIN_BY", "smtp"),
            ("KEYFERRY_SMTP_HOST", "localhost"),
            ("KEYFERRY_SMTP_PORT", port),
            ("KEYFERRY_SMTP_TLS", "implicit"),
            ("KEYFERRY_SMTP_USER", "keys@contoso.onmicrosoft.com"),
            ("KEYFERRY_MAIL_FROM", "keys@contoso.onmicrosoft.com"),
        ] {
            self.set(name, value);
        }
    }

    /// Selects PIN delivery by Graph.
    pub fn by_graph(&mut self) {
        self.set("SEND_PIN_URL_FILE", "");
        self.set("KEYFERRY_PIN_BY", "graph");
        self.set("KEYFERRY_MAIL_FROM", "keys@contoso.onmicrosoft.com");
    }

    /// Sets the certificates that the connector trusts in addition to the system's.
    pub fn trust(&self, pem: &str) {
        std::fs::write(self.dir.path().join("ca.pem"), pem).unwrap();
    }

    pub fn world(&self) -> &str {
        &self.sandbox.base
    }

    /// Starts another program in place of the shipped one.
    pub fn instead(&mut self, command: Command) {
        self.command = command;
    }

    pub async fn start(self) -> Rig {
        let Self { sandbox, hostile, dir, settings, mut command, mut canaries, collector } = self;
        let ours = command.get_program() == PROGRAM;
        let log = dir.path().join("log");
        let file = std::fs::File::create(&log).unwrap();
        command.env_clear().envs(settings).current_dir(dir.path().join("work"));
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        let mut process = Process(command.spawn().unwrap());
        let (api, probes) = addresses(&mut process, &log).await;
        let client = Client::new(api, sandbox.base.clone(), log).await;
        canaries.add("key of the vault", &std::fs::read(dir.path().join("secrets/seal.key")).unwrap());
        add_token(&mut canaries, "the caller's token", &client.token);
        Rig {
            client,
            process,
            probes,
            hostile,
            dir,
            canaries: Mutex::new(canaries),
            answers: Mutex::default(),
            collector,
            ours,
            _sandbox: sandbox,
        }
    }
}

impl Rig {
    pub async fn start() -> Self {
        Plan::new().await.start().await
    }

    /// Calls the API, and keeps the answer for the search.
    pub async fn api(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.keep(Answer::of(request.send().await.unwrap()).await)
    }

    pub fn keep(&self, answer: Answer) -> Answer {
        let kept = format!("{} {:?}\n{}\n", answer.status, answer.headers, answer.text);
        self.answers.lock().unwrap().extend(kept.into_bytes());
        answer
    }

    /// Returns an order with a PIN of 20 digits, too long to occur by chance.
    pub fn new_order(&self, user: &str) -> Value {
        let mut order = order_for(user);
        order["pin_request"]["length"] = 20.into();
        order
    }

    /// Orders a key. The order may fail.
    pub async fn try_order(&self, user: &str) -> Answer {
        self.api(Method::POST, "/v1/fpr/shipments", Some(&self.new_order(user))).await
    }

    /// Orders a key and ships the parcel. Returns the delivery service's id.
    pub async fn shipped(&self, user: &str) -> String {
        let answer = self.try_order(user).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        let shipment = answer.body["data"]["shipment_id"].as_str().unwrap().to_owned();
        self.parcel_to(&shipment, 103).await;
        shipment
    }

    /// Orders a key and completes the shipment. Returns the delivery service's id.
    pub async fn completed(&self, user: &str) -> String {
        let shipment = self.shipped(user).await;
        self.complete(&shipment).await;
        shipment
    }

    pub async fn resend(&self, shipment: &str) -> Answer {
        self.api(Method::POST, &format!("/v1/operations/resend-pin/{shipment}"), None).await
    }

    pub fn canary(&self, name: &str, secret: &[u8]) {
        self.canaries.lock().unwrap().add(name, secret);
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub async fn response_keys(&self) -> Vec<(String, vault::ResponseKey)> {
        vault::response_keys(&self.path("data"), &self.path("secrets/seal.key")).await
    }

    /// Adds the PINs, response keys and access tokens so far as canaries. Returns the numbers of PINs and response
    /// keys.
    pub async fn learn(&self) -> (usize, usize) {
        let mut canaries = Canaries::default();
        std::mem::swap(&mut canaries, &mut self.canaries.lock().unwrap());
        let keys = self.sandbox(Method::GET, "/control/keys", None).await.body;
        let keys = keys.as_array().unwrap();
        for key in keys {
            let serial = key["serial_number"].as_str().unwrap();
            let shown = self.sandbox(Method::GET, &format!("/control/keys/{serial}?reveal=pin"), None).await.body;
            canaries.add("PIN", shown["pin"].as_str().unwrap_or_else(|| panic!("{shown}")).as_bytes());
        }
        let secrets = self.response_keys().await;
        for (_, key) in &secrets {
            canaries.add("response key", key.text().as_bytes());
            canaries.add("response key's bytes", &key.scalar());
        }
        for token in self.hostile.bearers().iter().filter(|token| *token != API_TOKEN) {
            add_token(&mut canaries, "an access token of the connector", token);
        }
        std::mem::swap(&mut canaries, &mut self.canaries.lock().unwrap());
        (keys.len(), secrets.len())
    }

    /// Searches everything, stops the connector, and searches what it left. Panics if a canary is found.
    ///
    /// `evidence` are texts that log and answers must contain. They show that the search read the right data.
    pub async fn assert_silent(mut self, evidence: &[&str]) {
        for path in ["/v1/status", "/openapi.json", "/metrics", "/v1/fpr/shipments/none"] {
            self.api(Method::GET, path, None).await;
        }
        for path in ["/livez", "/readyz", "/metrics"] {
            let answer = self.http.get(format!("{}{path}", self.probes)).send().await.unwrap();
            self.keep(Answer::of(answer).await);
        }
        for id in self.known() {
            self.api(Method::GET, &format!("/v1/fpr/shipments/{id}"), None).await;
            self.api(Method::GET, &format!("/v1/shipments/{id}"), None).await;
        }
        self.learn().await;
        let mut haystack = self.process_files();
        haystack.extend(self.left_files("while running: "));
        assert!(self.process.stop(), "{}", self.client.log());
        haystack.extend(self.left_files(""));
        haystack.extend(self.exported().await);
        haystack.push(("answers".to_owned(), self.answers.lock().unwrap().clone()));
        assert_eq!(self.hostile.stolen(), 0, "a redirect was followed");
        assert!(!self.path("tls-keys").exists(), "the keys of TLS connections were written to a file");
        for (name, words) in [("log", evidence), ("answers", evidence), ("data/keyferry.db", &["fprshipments"])] {
            let (_, bytes) = haystack.iter().find(|(other, _)| other == name).unwrap_or_else(|| panic!("no {name}"));
            for word in words {
                let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
                assert!(found, "{name} does not contain {word}: not the expected data");
            }
        }
        let canaries = self.canaries.lock().unwrap();
        let mut leaks = Vec::new();
        for (name, bytes) in &haystack {
            // The OTLP standard defines no variables for files, so these secrets are in the environment, and nowhere
            // else.
            let expected = |leak: &Leak| name == "/proc/environ" && leak.what.starts_with(COLLECTOR_HEADER);
            for leak in canaries.find(bytes).into_iter().filter(|leak| !expected(leak)) {
                let around = &bytes[leak.at.saturating_sub(300)..bytes.len().min(leak.at + 100)];
                leaks.push(format!("{} in {name}: …{}…", leak.what, String::from_utf8_lossy(around)));
            }
        }
        assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n\n"));
        self.check_log();
    }

    /// Returns every byte that the collector received.
    async fn exported(&self) -> Option<(String, Vec<u8>)> {
        let endpoint = self.collector.as_ref()?.ready["endpoint"].as_str().unwrap();
        let raw = reqwest::get(format!("{endpoint}/raw")).await.unwrap().bytes().await.unwrap();
        let known = b"keyferry.build.info";
        assert!(!self.ours || raw.windows(known.len()).any(|part| part == known), "nothing was exported");
        Some(("telemetry".to_owned(), raw.into()))
    }

    /// Returns the ids of all shipments.
    fn known(&self) -> Vec<String> {
        let database = rusqlite::Connection::open(self.path("data/keyferry.db")).unwrap();
        let mut statement = database.prepare("SELECT id FROM fprshipments").unwrap();
        let ids = statement.query_map([], |row| row.get(0)).unwrap();
        ids.map(Result::unwrap).collect()
    }

    /// Asserts that every line is JSON, and that lines of other crates are warnings or errors whatever `RUST_LOG` is.
    fn check_log(&self) {
        let mut verbose = 0;
        // A test program in place of the shipped one also prints lines of the test runner.
        for line in self.client.log().lines().filter(|line| self.ours || line.starts_with('{')) {
            let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not a line of the log: {line}"));
            let (level, target) = (line["level"].as_str().unwrap(), line["target"].as_str().unwrap());
            let loud = ["DEBUG", "TRACE"].contains(&level);
            verbose += usize::from(loud);
            assert!(!loud && level != "INFO" || target.starts_with("keyferry"), "{line}");
        }
        assert!(verbose > 0, "the log is not verbose");
    }

    /// Returns every file in the test's folder, except the secrets that the test provides.
    fn left_files(&self, when: &str) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.dir.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(self.dir.path()).unwrap().display().to_string();
                match (path.is_dir(), name.as_str()) {
                    (true, "secrets") => {}
                    (true, _) => folders.push(path),
                    // SQLite may delete its other files at any time, so a failed read is not an error.
                    (false, _) => files.extend(std::fs::read(&path).map(|bytes| (format!("{when}{name}"), bytes))),
                }
            }
        }
        files
    }

    /// Returns what the operating system shows of the process. What this test must not read, other processes of the
    /// same user must not read either.
    fn process_files(&self) -> Vec<(String, Vec<u8>)> {
        let proc = PathBuf::from(format!("/proc/{}", self.process.0.id()));
        let Ok(limits) = std::fs::read_to_string(proc.join("limits")) else { return Vec::new() };
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
        let mut files = Vec::new();
        // These files belong to root if the process cannot be dumped (proc(5)), else to the process's user.
        let owner = |path: &Path| std::fs::metadata(path).map(|metadata| metadata.uid());
        assert_eq!(owner(&proc.join("environ")).unwrap(), 0, "core dumps are not disabled");
        for name in ["cmdline", "environ", "comm"] {
            if let Ok(bytes) = std::fs::read(proc.join(name)) {
                assert!(!bytes.is_empty(), "{name} is empty");
                files.push((format!("/proc/{name}"), bytes));
            }
        }
        // Deleted files that are still open.
        for entry in std::fs::read_dir(proc.join("fd")).into_iter().flatten().flatten() {
            let target = std::fs::read_link(entry.path()).unwrap_or_default().display().to_string();
            if target.ends_with(" (deleted)") && target.starts_with('/') {
                files.extend(std::fs::read(entry.path()).map(|bytes| (target, bytes)));
            }
        }
        files
    }
}

fn add_token(canaries: &mut Canaries, name: &str, token: &str) {
    // Only the signature: the rest of a token contains ids that also occur elsewhere.
    let (_, signature) = token.rsplit_once('.').unwrap();
    canaries.add(name, signature.as_bytes());
}

/// Waits until the connector is ready. Returns the addresses of API and probes.
async fn addresses(process: &mut Process, log: &Path) -> (String, String) {
    let start = Instant::now();
    loop {
        let text = std::fs::read_to_string(log).unwrap();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        if let Some(line) = lines.map(|line| line["fields"].clone()).find(|line| line["message"] == "keyferry is ready")
        {
            let of = |name: &str| format!("http://{}", line[name].as_str().unwrap());
            return (of("api"), of("probes"));
        }
        assert!(process.0.try_wait().unwrap().is_none(), "the connector exited: {text}");
        assert!(start.elapsed() < Duration::from_secs(30), "the connector is not ready: {text}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
