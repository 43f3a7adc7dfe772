//! Choice of the store for shipments and secrets.

use keyferry_azure_identity::settings::ManagedIdentitySettings;
use keyferry_settings::{ErrorRecorded, Reader};
use keyferry_store_azure::{AzureStoreSettings, StoreIdentity};
use keyferry_store_sqlite::DataDirectorySettings;
use url::Url;

/// Store for shipments and secrets.
pub(crate) enum StoreSettings {
    /// A directory on this machine.
    Embedded(DataDirectorySettings),
    /// Table Storage and Key Vault.
    Azure(Box<AzureStores>),
}

pub(crate) struct AzureStores {
    pub(crate) tables: Url,
    pub(crate) table: String,
    pub(crate) vault: Url,
    /// Vault with the connector's own secrets, if it is another one.
    pub(crate) credential_vault: Option<Url>,
    pub(crate) verify_vault: bool,
    pub(crate) identity: AzureIdentity,
}

/// Identity used for Azure resources: storage, vault, and the Logic App with a policy.
#[derive(Clone)]
pub(crate) enum AzureIdentity {
    /// The managed identity of this machine or container.
    Managed {
        /// Client id of the user-assigned identity. `None`: the system-assigned one.
        client_id: Option<String>,
    },
    /// The connector's app registration.
    App,
}

/// Returns the identity used for Azure resources.
pub(super) fn azure_identity(
    azure: &Result<AzureStoreSettings, ErrorRecorded>,
    identity: &Result<ManagedIdentitySettings, ErrorRecorded>,
) -> Result<AzureIdentity, ErrorRecorded> {
    let azure = azure.as_ref().map_err(|ErrorRecorded| ErrorRecorded)?;
    let client_id = identity.as_ref().map_err(|ErrorRecorded| ErrorRecorded)?.client_id.clone();
    Ok(match azure.identity {
        StoreIdentity::Managed => AzureIdentity::Managed { client_id },
        StoreIdentity::App => AzureIdentity::App,
    })
}

pub(super) fn choose(
    reader: &mut Reader<'_>,
    directory: Result<DataDirectorySettings, ErrorRecorded>,
    azure: &Result<AzureStoreSettings, ErrorRecorded>,
    identity: &Result<AzureIdentity, ErrorRecorded>,
) -> Result<StoreSettings, ErrorRecorded> {
    let azure = azure.as_ref().map_err(|ErrorRecorded| ErrorRecorded)?;
    match (&azure.tables, &azure.vault) {
        (Some(tables), Some(vault)) => {
            let identity = identity.as_ref().map_err(|ErrorRecorded| ErrorRecorded)?.clone();
            let (tables, table, vault) = (tables.clone(), azure.table.clone(), vault.clone());
            let verify_vault = azure.verify_vault_challenge;
            let credential_vault = azure.credential_vault.clone();
            let stores = AzureStores { tables, table, vault, credential_vault, verify_vault, identity };
            Ok(StoreSettings::Azure(Box::new(stores)))
        }
        (None, None)
            if azure.container_app.is_some() && directory.as_ref().map_or(true, |directory| directory.check_disk) =>
        {
            let why = "in Azure Container Apps, whose disks are ephemeral (if yours is persistent, set \
                       KEYFERRY_CHECK_DATA_DISK=false)";
            Err(reader.missing("AZURE_TABLES_ENDPOINT", why))
        }
        (None, None) => directory.map(StoreSettings::Embedded),
        (Some(_), None) => Err(reader.missing("AZURE_KEY_VAULT_ENDPOINT", "with AZURE_TABLES_ENDPOINT")),
        (None, Some(_)) => Err(reader.missing("AZURE_TABLES_ENDPOINT", "with AZURE_KEY_VAULT_ENDPOINT")),
    }
}
