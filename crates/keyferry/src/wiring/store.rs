//! Stores.

use std::path::Path;
use std::sync::Arc;

use keyferry_azure_identity::{TokenSource, managed_identity};
use keyferry_domain::ports::SelfCheck;
use keyferry_domain::{
    BatchStore, Clock, Entropy, IdempotencyStore, Journal, LeaseStore, SavedViewStore, SecretStore, SessionStore,
    ShipmentStore, WebhookStore,
};
use keyferry_evidence::EvidenceStore;
use keyferry_http::{Client, ClientOptions};
use keyferry_journal::{FileJournal, NoJournal};
use keyferry_store_azure::{ForeignRows, TableStore, VaultSettings, VaultStore};
use keyferry_store_sqlite::{DataDirectorySettings, Opened, SqliteOptions, SqliteStore};
use url::Url;

use super::outside::{SecretSources, app_tokens, client};
use crate::config::{AzureIdentity, AzureStores, Settings, StoreSettings};

/// Adapters of the store ports.
pub(super) struct Stores {
    pub(super) shipments: Arc<dyn ShipmentStore>,
    pub(super) secrets: Arc<dyn SecretStore>,
    pub(super) idempotency: Arc<dyn IdempotencyStore>,
    pub(super) leases: Arc<dyn LeaseStore>,
    pub(super) batches: Arc<dyn BatchStore>,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) webhooks: Arc<dyn WebhookStore>,
    pub(super) sessions: Arc<dyn SessionStore>,
    pub(super) views: Arc<dyn SavedViewStore>,
    pub(super) evidence: Arc<dyn EvidenceStore>,
    pub(super) checks: Vec<Arc<dyn SelfCheck>>,
    /// Key Vault, if configured, to read the connector's own secrets.
    pub(super) vault: Option<VaultStore>,
}

/// Resource of Table Storage, the same in each cloud.
const STORAGE: &str = "https://storage.azure.com";

/// Name of the journal in the data directory.
const JOURNAL: &str = "keyferry.journal";

/// Largest response with rows, in bytes.
const PAGE: usize = 16 * 1024 * 1024;

pub(super) async fn open(
    settings: &Settings,
    entropy: &Arc<dyn Entropy>,
    keyring: SecretSources<'_>,
    lost_database: LostDatabase,
) -> Result<Stores, String> {
    match &settings.store {
        StoreSettings::Embedded(data) => {
            let directory = &data.directory;
            let options = embedded_options(data, &settings.app.tenant_id, keyring.clock.clone());
            if lost_database == LostDatabase::Refused {
                refuse_lost_database(&options)?;
            }
            let store = Arc::new(SqliteStore::open(options).map_err(|error| error.to_string())?);
            Ok(Stores {
                shipments: store.clone(),
                secrets: store.clone(),
                idempotency: store.clone(),
                leases: store.clone(),
                batches: store.clone(),
                journal: journal(settings, Some(directory))?,
                webhooks: store.clone(),
                sessions: store.clone(),
                views: store.clone(),
                evidence: store.clone(),
                checks: vec![store],
                vault: None,
            })
        }
        StoreSettings::Azure(azure) => {
            let secrets = vault(settings, azure, &azure.vault, keyring)?;
            let tables = Arc::new(tables(settings, azure, entropy, keyring, &secrets)?);
            report(&tables, azure).await;
            let own = azure.credential_vault.as_ref();
            let own = own.map(|own| vault(settings, azure, own, keyring)).transpose()?;
            Ok(Stores {
                shipments: tables.clone(),
                secrets: Arc::new(secrets.clone()),
                idempotency: tables.clone(),
                leases: tables.clone(),
                batches: tables.clone(),
                journal: journal(settings, None)?,
                webhooks: tables.clone(),
                sessions: tables.clone(),
                views: tables.clone(),
                evidence: tables.clone(),
                checks: vec![tables, Arc::new(secrets.clone())],
                vault: Some(own.unwrap_or(secrets)),
            })
        }
    }
}

/// Returns the options of the embedded store.
pub(super) fn embedded_options(data: &DataDirectorySettings, tenant: &str, clock: Arc<dyn Clock>) -> SqliteOptions {
    let mut options = SqliteOptions::new(&data.directory, tenant, clock);
    options.check_disk = data.check_disk;
    if let Some(key_file) = &data.key_file {
        options.key_file.clone_from(key_file);
    }
    options
}

/// What to do if the key file exists, but the database does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LostDatabase {
    /// Fail.
    Refused,
    /// Create an empty database.
    Replaced,
}

/// Fails if the key file exists, but the database does not: a start would begin with an empty database, as if nothing
/// was ever ordered.
fn refuse_lost_database(options: &SqliteOptions) -> Result<(), String> {
    match options.inspect().map_err(|error| error.to_string())? {
        Opened::New { key_file_existed: true } => Err(format!(
            "the key file {} exists, but there is no database in {}: the volume may not be mounted, or \
             KEYFERRY_DATA_DIR may be wrong. If you created the key file for a new installation, or the database is \
             lost for good, run `keyferry reconcile --confirm` to start with an empty database",
            options.key_file.display(),
            options.directory.display()
        )),
        _ => Ok(()),
    }
}

/// Opens the journal: the configured file, or a file in the data directory.
fn journal(settings: &Settings, directory: Option<&Path>) -> Result<Arc<dyn Journal>, String> {
    let file = settings.journal.file.clone().or_else(|| directory.map(|directory| directory.join(JOURNAL)));
    let Some(file) = file else {
        tracing::warn!(
            remedy = "set KEYFERRY_JOURNAL_FILE to a file on a persistent disk",
            "no journal of accepted orders: a restored database is not noticed"
        );
        return Ok(Arc::new(NoJournal));
    };
    Ok(Arc::new(FileJournal::open(&file).map_err(|error| error.to_string())?))
}

/// Returns the stores in Azure for reading the event chain, without calling them.
pub(super) fn azure_evidence(
    settings: &Settings,
    azure: &AzureStores,
    entropy: &Arc<dyn Entropy>,
    keyring: SecretSources<'_>,
) -> Result<Arc<dyn EvidenceStore>, String> {
    let vault = vault(settings, azure, &azure.vault, keyring)?;
    Ok(Arc::new(tables(settings, azure, entropy, keyring, &vault)?))
}

/// Returns the store in Table Storage. `vault` keeps the keys that sign the event chain.
fn tables(
    settings: &Settings,
    azure: &AzureStores,
    entropy: &Arc<dyn Entropy>,
    keyring: SecretSources<'_>,
    vault: &VaultStore,
) -> Result<TableStore, String> {
    let extra_roots_pem = settings.outgoing.extra_ca.clone().into_iter().collect();
    let options = ClientOptions { extra_roots_pem, max_body: PAGE, ..ClientOptions::default() };
    let http = Client::new(options).map_err(|error| error.to_string())?;
    let tokens = azure_tokens(settings, STORAGE, keyring)?;
    let (clock, keys) = (keyring.clock.clone(), Arc::new(vault.clone()));
    TableStore::new(&azure.tables, &azure.table, http, tokens, clock, entropy.clone(), keys)
        .map_err(|error| error.to_string())
}

fn vault(
    settings: &Settings,
    azure: &AzureStores,
    endpoint: &Url,
    keyring: SecretSources<'_>,
) -> Result<VaultStore, String> {
    let http = client(settings.outgoing.extra_ca.as_deref(), None)?;
    let tokens = azure_tokens(settings, &vault_resource(endpoint), keyring)?;
    let vault = VaultSettings { endpoint: endpoint.clone(), verify_challenge: azure.verify_vault };
    VaultStore::new(&vault, http, tokens, keyring.clock.clone()).map_err(|error| error.to_string())
}

/// Returns tokens for an Azure resource, issued to the identity of the settings.
pub(super) fn azure_tokens(
    settings: &Settings,
    resource: &str,
    keyring: SecretSources<'_>,
) -> Result<Arc<dyn TokenSource>, String> {
    let http = client(settings.outgoing.extra_ca.as_deref(), None)?;
    match &settings.azure_identity {
        AzureIdentity::App => {
            let app_credential = keyring.app_credential(settings, &http)?;
            app_tokens(settings, resource.to_owned(), http, app_credential, keyring.clock.clone())
        }
        AzureIdentity::Managed { client_id } => {
            Ok(Arc::new(managed_identity(client_id.as_deref(), resource, http, keyring.clock.clone())))
        }
    }
}

/// Returns the resource of a vault's cloud: its host without the vault's name. For other hosts (stand-ins) it is the
/// global cloud's.
fn vault_resource(endpoint: &Url) -> String {
    let cloud = endpoint.domain().and_then(|host| host.split_once('.')).map(|(_, cloud)| cloud);
    match cloud.filter(|cloud| cloud.starts_with("vault.")) {
        Some(cloud) => format!("https://{cloud}"),
        None => "https://vault.azure.net".to_owned(),
    }
}

/// Logs how many rows of other applications the table contains. An unreadable table does not prevent the start, because
/// a new role assignment takes minutes to apply.
async fn report(tables: &TableStore, azure: &AzureStores) {
    match tables.foreign_rows().await {
        Ok(ForeignRows { counted: 0, .. }) => {}
        Ok(ForeignRows { counted, more }) => {
            let counted = if more { format!("{counted} or more") } else { counted.to_string() };
            tracing::info!(
                table = azure.table,
                rows = counted,
                "table contains rows of other applications, which are not changed"
            );
        }
        Err(error) => tracing::warn!(%error, "could not read the table: starting anyway, not ready until it can be \
                                              read"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vault_resource_follows_cloud() {
        for (endpoint, resource) in [
            ("https://name.vault.azure.net", "https://vault.azure.net"),
            ("https://name.vault.usgovcloudapi.net/", "https://vault.usgovcloudapi.net"),
            ("https://name.vault.azure.cn/", "https://vault.azure.cn"),
            ("https://127.0.0.1:8443/", "https://vault.azure.net"),
            ("https://localhost:8443/", "https://vault.azure.net"),
            ("https://vault.example/", "https://vault.azure.net"),
        ] {
            assert_eq!(vault_resource(&Url::parse(endpoint).unwrap()), resource, "{endpoint}");
        }
    }
}
