//! Scenario with Azure's stores: Table Storage, a vault and two replicas, of which one is killed.

use std::net::TcpListener;
use std::path::Path;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use keyferry_http::{Client, ClientOptions};
use keyferry_sandbox::RunningSandbox;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};
use url::Url;

use super::ingress::Ingress;
use super::print::token_url;
use super::replica::Replica;
use super::world::{CONNECTOR_ID, CONNECTOR_SECRET, DELIVERY_TOKEN, Files};
use super::{child, control, scenario};
use crate::cli::Demo;
use crate::commands::{fail, print, stop};

/// Client id of the sandbox's managed identity.
const IDENTITY: &str = "0c0ffee0-0000-4000-8000-000000000006";
const TABLE: &str = "fprshipments";
const ACCOUNT: &str = "devstoreaccount1";
const START: Duration = Duration::from_secs(30);

pub(super) async fn run(
    options: &Demo,
    azurite: &Path,
    sandbox: &RunningSandbox,
    settings: Vec<(&'static str, String)>,
    files: &Files,
) -> ExitCode {
    let mut place = match Place::open(azurite, sandbox, settings, files).await {
        Ok(place) => place,
        Err(error) => return fail(&error),
    };
    // Added after the fault during which the first replica is killed: faults apply in the order of their ids.
    if options.faults
        && let Err(error) = control::faults(sandbox).await
    {
        return fail(&error);
    }
    let mut scenario = pin!(scenario::run(options, place.ingress.address, sandbox));
    let mut outcome = None;
    let code = {
        let mut interruption = pin!(interrupt(&mut place.first, &place.table, place.fault, sandbox));
        loop {
            tokio::select! {
                code = &mut scenario => break code,
                result = &mut interruption, if outcome.is_none() => outcome = Some(result),
                () = stop::requested() => return fail("the scenario was stopped"),
            }
        }
    };
    match outcome {
        Some(Err(error)) => fail(&error),
        None if code == ExitCode::SUCCESS => fail("the order completed before a replica was killed"),
        _ if code == ExitCode::SUCCESS => match verify_events(&place.settings).await {
            Ok(result) => {
                print(&format!("    -- {result} --\n"));
                code
            }
            Err(error) => fail(&error),
        },
        _ => code,
    }
}

/// Verifies the event chain, as an auditor does. Returns the result.
async fn verify_events(settings: &[(&'static str, String)]) -> Result<String, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(["audit", "verify"]).env_clear().envs(settings.iter().map(|(name, value)| (name, value)));
    let output = command.output().await.map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    match text.lines().next() {
        Some(result) if output.status.success() => Ok(result.to_owned()),
        _ => Err(format!("the event chain is broken: {text}{}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// Kills the replica that processes the order, and rotates both app credentials in the vault.
async fn interrupt(first: &mut Replica, table: &Table, fault: u64, sandbox: &RunningSandbox) -> Result<(), String> {
    while !control::struck(sandbox, fault).await? {
        sleep(Duration::from_millis(100)).await;
    }
    let before = table.holder().await?.ok_or("no replica holds the claim of the shipment")?;
    first.kill().await?;
    print("    -- Killed the replica that registers the key (SIGKILL). Its claim and its lease expire. --\n");
    let client = json!({ "secret": "sandbox-connector-secret-2" });
    control::call(sandbox, Method::PATCH, &["apps", CONNECTOR_ID], &client).await?;
    control::call(sandbox, Method::PUT, &["settings"], &json!({ "delivery_token": "sandbox-delivery-token-2" }))
        .await?;
    for (name, value) in
        [("ENTRA-FIDO-API-CLIENT-SECRET", "sandbox-connector-secret-2"), ("YED-API-TOKEN", "sandbox-delivery-token-2")]
    {
        control::call(sandbox, Method::PUT, &["vault", name], &json!({ "value": value })).await?;
    }
    print("    -- Rotated client secret and API token in the vault. The old ones are refused. --\n");
    if table.holder().await?.as_ref() == Some(&before) {
        Ok(())
    } else {
        Err("the killed replica did not hold the claim".to_owned())
    }
}

/// Deployment of two replicas.
struct Place {
    table: Table,
    first: Replica,
    ingress: Ingress,
    /// Id of the fault that delays the first replica when it registers the key.
    fault: u64,
    /// Settings of each replica.
    settings: Vec<(&'static str, String)>,
    _second: Replica,
    _azurite: Child,
}

impl Place {
    async fn open(
        azurite: &Path,
        sandbox: &RunningSandbox,
        mut settings: Vec<(&'static str, String)>,
        files: &Files,
    ) -> Result<Self, String> {
        let (azurite, endpoint) = start(azurite, files).await?;
        let table = Table::create(endpoint.clone(), sandbox).await?;
        let base = sandbox.base_url().as_str().trim_end_matches('/');
        // The vault has them.
        settings.retain(|(name, _)| ![CONNECTOR_SECRET.0, DELIVERY_TOKEN.0, "KEYFERRY_CHECK_DATA_DISK"].contains(name));
        settings.extend([
            // Parcels take seconds here.
            ("CRON_PROCESS_SHIPMENT_SCHEDULE", "*/5 * * * * *".to_owned()),
            ("CONTAINER_APP_NAME", "keyferry".to_owned()),
            ("AZURE_TABLES_ENDPOINT", endpoint.to_string()),
            ("AZURE_TABLES_SHIPMENTS_TABLE_NAME", TABLE.to_owned()),
            ("AZURE_KEY_VAULT_ENDPOINT", sandbox.vault_url().to_owned()),
            // The check compares with the real vault's domain.
            ("KEYFERRY_VERIFY_VAULT_CHALLENGE", "false".to_owned()),
            ("AZURE_CLIENT_ID", IDENTITY.to_owned()),
            ("IDENTITY_ENDPOINT", format!("{base}/msi/token")),
            ("IDENTITY_HEADER", "sandbox-identity-header".to_owned()),
            ("KEYFERRY_BIND", "127.0.0.1".to_owned()),
        ]);
        // The replica that starts first holds the lease of the schedules, so it processes the order.
        let first = Replica::start(1, &settings).await?;
        let second = Replica::start(2, &settings).await?;
        let ingress = Ingress::open(vec![first.api, second.api]).await.map_err(|error| error.to_string())?;
        let slow = json!({ "endpoint": "graph.register", "kind": "delay", "delay_ms": 60_000, "times": 1 });
        let fault = control::fault(sandbox, &slow).await?;
        Ok(Self { table, first, ingress, fault, settings, _second: second, _azurite: azurite })
    }
}

/// Starts Azurite's table service in memory, over HTTPS and with OAuth. Returns it with the URL of its account.
async fn start(program: &Path, files: &Files) -> Result<(Child, Url), String> {
    let failed = |what: &str| format!("{} did not start: {what}", program.display());
    // With port 0 Azurite does not print the port that it uses.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let port = free.map_err(|error| failed(&error.to_string()))?.port();
    let mut command = Command::new(program);
    command
        .args(["--inMemoryPersistence", "--oauth", "basic", "--tableHost", "127.0.0.1", "--disableTelemetry"])
        .args(["--tablePort", &port.to_string(), "--cert"])
        .arg(files.certificate.path())
        .arg("--key")
        .arg(files.key.path());
    let (process, mut lines) = child::start(&mut command).map_err(|error| failed(&error.to_string()))?;
    let started = async {
        loop {
            match lines.next_line().await {
                Ok(Some(line)) if line.contains("success") => return true,
                Ok(Some(_)) => {}
                _ => return false,
            }
        }
    };
    if !timeout(START, started).await.map_err(|_| failed("not ready in time"))? {
        return Err(failed("it exited"));
    }
    let address =
        Url::parse(&format!("https://127.0.0.1:{port}/{ACCOUNT}")).map_err(|error| failed(&error.to_string()))?;
    tokio::spawn(async move { while matches!(lines.next_line().await, Ok(Some(_))) {} });
    Ok((process, address))
}

/// Client of the table that is independent of the connector's.
struct Table {
    http: Client,
    account: Url,
    token: String,
}

impl Table {
    async fn create(account: Url, sandbox: &RunningSandbox) -> Result<Self, String> {
        let options =
            ClientOptions { extra_roots_pem: vec![sandbox.ca_pem().into_bytes()], ..ClientOptions::default() };
        let http = Client::new(options).map_err(|error| error.to_string())?;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", CONNECTOR_ID),
            ("client_secret", CONNECTOR_SECRET.1),
            ("scope", "https://storage.azure.com/.default"),
        ];
        let url = Url::parse(&token_url(sandbox)).map_err(|error| error.to_string())?;
        let answer = http.post(&url).form(&form).send().await.map_err(|error| error.to_string())?;
        let answer: Value = answer.json().map_err(|error| error.to_string())?;
        let token =
            answer["access_token"].as_str().ok_or("the sandbox returned no access token for storage")?.to_owned();
        let table = Self { http, account, token };
        let request = table.http.post(&table.url("Tables")?).json(&json!({ "TableName": TABLE }));
        table.send(request, 201).await.map(|_| table)
    }

    /// Returns the holder of the shipment's claim.
    async fn holder(&self) -> Result<Option<String>, String> {
        let rows = self.send(self.http.get(&self.url(TABLE)?), 200).await?;
        let mut rows = rows["value"].as_array().into_iter().flatten();
        let held = rows.find_map(|row| row["claim_holder"].as_str().filter(|holder| !holder.is_empty()));
        Ok(held.map(str::to_owned))
    }

    fn url(&self, what: &str) -> Result<Url, String> {
        Url::parse(&format!("{}/{what}", self.account)).map_err(|error| error.to_string())
    }

    async fn send(&self, request: keyferry_http::Request, expected: u16) -> Result<Value, String> {
        let request =
            request.header("x-ms-version", "2020-12-06").header("Accept", "application/json;odata=nometadata");
        let answer = request.bearer(&self.token).send().await.map_err(|error| error.to_string())?;
        if answer.status != expected {
            return Err(format!("Azurite returned {}, expected {expected}", answer.status));
        }
        answer.json().map_err(|error| error.to_string())
    }
}
