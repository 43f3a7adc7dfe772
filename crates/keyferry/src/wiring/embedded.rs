//! The store alone, for the commands that verify events and replace the sealing key. They call no other service.

use std::sync::Arc;

use keyferry_azure_identity::AppCredentialExpiries;
use keyferry_domain::{Clock, Entropy};
use keyferry_evidence::EvidenceStore;
use keyferry_store_sqlite::{Opened, SqliteStore};

use super::outside::SecretSources;
use super::store::{azure_evidence, embedded_options};
use crate::config::{Settings, StoreSettings};
use crate::system::{SystemClock, SystemEntropy};

/// Opens the store, which must exist, to read its event chain. The connector may be running.
pub(crate) fn evidence_store(settings: &Settings) -> Result<Arc<dyn EvidenceStore>, String> {
    let StoreSettings::Azure(azure) = &settings.store else {
        return Ok(Arc::new(embedded_store(settings, "")?));
    };
    let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let keyring = SecretSources { vault: None, clock: &clock, expiries: &AppCredentialExpiries::default() };
    azure_evidence(settings, azure, &entropy, keyring)
}

/// Opens the embedded store, which must exist. The connector may be running. `in_azure` is the error for the other
/// stores.
pub(crate) fn embedded_store(settings: &Settings, in_azure: &str) -> Result<SqliteStore, String> {
    let StoreSettings::Embedded(data) = &settings.store else { return Err(in_azure.to_owned()) };
    let options = embedded_options(data, &settings.app.tenant_id, Arc::new(SystemClock));
    match options.inspect().map_err(|error| error.to_string())? {
        Opened::Existing => SqliteStore::open(options).map_err(|error| error.to_string()),
        Opened::New { .. } => Err(format!(
            "there is no database in {}: set KEYFERRY_DATA_DIR to the connector's data directory",
            options.directory.display()
        )),
    }
}
