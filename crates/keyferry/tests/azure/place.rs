//! The Azure resources of a container app: a table, a vault, and an identity with access to both.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{Connector, KEYFERRY, usual};
use keyferry_proof_azurite::Table;
use keyferry_proof_support::Sandbox;

/// Client id of the sandbox's managed identity.
const IDENTITY: &str = "0c0ffee0-0000-4000-8000-000000000006";
pub(crate) const IDENTITY_HEADER: &str = "sandbox-identity-header";

/// One deployment. Connectors in it are replicas.
pub(crate) struct Place {
    pub(crate) table: Table,
    pub(crate) sandbox: Arc<Sandbox>,
    settings: Vec<(&'static str, String)>,
}

impl Place {
    /// Creates an empty deployment with both of the connector's own secrets in the vault. `None` if Azurite is not
    /// installed, which is reported.
    pub(crate) async fn new() -> Option<Self> {
        let table = Table::empty().await?;
        let sandbox = Arc::new(Sandbox::start(KEYFERRY));
        let world: Value = reqwest::get(format!("{}/control/world", sandbox.base)).await.unwrap().json().await.unwrap();
        let text = |name: &str| world[name].as_str().unwrap().to_owned();
        let authorities = [table.authority(), world["smtp"]["ca_pem"].as_str().unwrap()].concat();
        let settings = vec![
            ("YED_API_TOKEN", String::new()),
            ("ENTRA_FIDO_API_CLIENT_SECRET", String::new()),
            ("CONTAINER_APP_NAME", "keys".to_owned()),
            ("KEYFERRY_CHECK_DATA_DISK", String::new()),
            ("AZURE_TABLES_ENDPOINT", table.endpoint().to_string()),
            ("AZURE_TABLES_SHIPMENTS_TABLE_NAME", table.name.clone()),
            ("AZURE_KEY_VAULT_ENDPOINT", text("vault_endpoint")),
            ("KEYFERRY_VERIFY_VAULT_CHALLENGE", "false".to_owned()),
            ("AZURE_CLIENT_ID", IDENTITY.to_owned()),
            ("IDENTITY_ENDPOINT", text("identity_endpoint")),
            ("IDENTITY_HEADER", text("identity_header")),
            ("KEYFERRY_EXTRA_CA_FILE", authorities),
        ];
        Some(Self { table, sandbox, settings })
    }

    /// Settings in addition to the usual ones. The value of `KEYFERRY_EXTRA_CA_FILE` is the PEM text.
    pub(crate) fn settings(&self) -> &[(&'static str, String)] {
        &self.settings
    }

    /// Starts another replica with additional settings.
    pub(crate) async fn connector(&self, more: &[(&str, &str)]) -> Connector {
        let dir = tempfile::tempdir().unwrap();
        let authorities = dir.path().join("authorities.pem");
        let mut settings: Vec<_> = self.settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (_, pem) = settings.pop().unwrap();
        std::fs::write(&authorities, pem).unwrap();
        settings.push(("KEYFERRY_EXTRA_CA_FILE", authorities.to_str().unwrap()));
        settings.extend(more);
        Connector::at(self.sandbox.clone(), Arc::new(dir), &settings).await
    }

    /// Returns a command with the settings of this deployment and additional ones. `dir` receives the files that they
    /// name.
    pub(crate) async fn command(&self, arguments: &[&str], more: &[(&str, &str)], dir: &Path) -> Command {
        let root = reqwest::get(format!("{}/control/attestation-root.pem", self.sandbox.base)).await.unwrap();
        std::fs::write(dir.join("root.pem"), root.text().await.unwrap()).unwrap();
        let mut command = Command::new(KEYFERRY);
        command.args(arguments).env_clear().envs(usual(&self.sandbox.base, dir));
        let settings = self.settings.iter().map(|(name, value)| (*name, value.as_str())).chain(more.iter().copied());
        for (name, value) in settings {
            command.env_remove(name);
            if name == "KEYFERRY_EXTRA_CA_FILE" {
                let authorities = dir.join("authorities.pem");
                std::fs::write(&authorities, value).unwrap();
                command.env(name, &authorities);
            } else if !value.is_empty() {
                command.env(name, value);
            }
        }
        command
    }

    /// Returns rows of shipments, without rows of events and of the index.
    pub(crate) async fn rows(&self) -> Vec<Value> {
        let is_shipment = |row: &Value| {
            row["PartitionKey"] == "keyferry" && row["RowKey"].as_str().is_some_and(|key| !key.starts_with("sys-"))
        };
        self.table.dump().await.into_iter().filter(is_shipment).collect()
    }

    /// Returns the names of the secrets in the vault.
    pub(crate) async fn secrets(&self) -> Vec<String> {
        let url = format!("{}/control/vault", self.sandbox.base);
        let vault: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        vault["secrets"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Creates a new version of a secret, as an administrator would.
    pub(crate) async fn set_secret(&self, name: &str, value: &str) {
        self.control(Method::PUT, &format!("/vault/{name}"), &json!({ "value": value })).await;
    }

    /// Calls the sandbox's control API.
    pub(crate) async fn control(&self, method: Method, path: &str, body: &Value) {
        let url = format!("{}/control{path}", self.sandbox.base);
        let answer = reqwest::Client::new().request(method, url).json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {answer:?}");
    }
}
