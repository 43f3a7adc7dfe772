//! Where shipments and their secrets are kept: which of the two stores is meant.

use keyferry_azure_identity::settings::ManagedIdentitySettings;
use keyferry_settings::{Noted, Reader};
use keyferry_store_azure::{AzureStoreSettings, StoreIdentity};
use keyferry_store_sqlite::DataDirectorySettings;
use url::Url;

/// Where everything is kept.
pub(crate) enum StoreSettings {
    /// In one directory of this machine.
    Embedded(DataDirectorySettings),
    /// In Table Storage and Key Vault.
    Azure(AzureStores),
}

pub(crate) struct AzureStores {
    pub(crate) tables: Url,
    pub(crate) table: String,
    pub(crate) vault: Url,
    pub(crate) verify_vault: bool,
    pub(crate) identity: AzureIdentity,
}

/// Who asks storage and vault.
pub(crate) enum AzureIdentity {
    /// The identity that the platform gave this machine or container.
    Managed {
        /// Of a user-assigned one; the system-assigned one when there is none.
        client_id: Option<String>,
    },
    /// The connector's app registration.
    App,
}

pub(super) fn choose(
    reader: &mut Reader<'_>,
    directory: Result<DataDirectorySettings, Noted>,
    azure: &Result<AzureStoreSettings, Noted>,
    identity: &Result<ManagedIdentitySettings, Noted>,
) -> Result<StoreSettings, Noted> {
    let azure = azure.as_ref().map_err(|Noted| Noted)?;
    match (&azure.tables, &azure.vault) {
        (Some(tables), Some(vault)) => {
            let client_id = identity.as_ref().map_err(|Noted| Noted)?.client_id.clone();
            let identity = match azure.identity {
                StoreIdentity::Managed => AzureIdentity::Managed { client_id },
                StoreIdentity::App => AzureIdentity::App,
            };
            let (tables, table, vault) = (tables.clone(), azure.table.clone(), vault.clone());
            let verify_vault = azure.verify_vault_challenge;
            Ok(StoreSettings::Azure(AzureStores { tables, table, vault, verify_vault, identity }))
        }
        (None, None)
            if azure.container_app.is_some() && directory.as_ref().map_or(true, |directory| directory.check_disk) =>
        {
            let why =
                "in Azure Container Apps, where nothing on a disk lasts (KEYFERRY_CHECK_DATA_DISK=false if it does)";
            Err(reader.missing("AZURE_TABLES_ENDPOINT", why))
        }
        (None, None) => directory.map(StoreSettings::Embedded),
        (Some(_), None) => Err(reader.missing("AZURE_KEY_VAULT_ENDPOINT", "beside AZURE_TABLES_ENDPOINT")),
        (None, Some(_)) => Err(reader.missing("AZURE_TABLES_ENDPOINT", "beside AZURE_KEY_VAULT_ENDPOINT")),
    }
}
