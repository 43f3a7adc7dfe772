//! Where shipments and their secrets are kept.

use std::path::PathBuf;

use url::Url;

use super::parse::{Noted, Reader, guid};

/// Where everything is kept.
pub(crate) enum StoreSettings {
    /// In one directory of this machine.
    Embedded { directory: PathBuf, key_file: Option<PathBuf>, check_disk: bool },
    /// In Table Storage and Key Vault.
    Azure(AzureStoreSettings),
}

pub(crate) struct AzureStoreSettings {
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

pub(super) fn read(reader: &mut Reader<'_>) -> Result<StoreSettings, Noted> {
    let directory = reader.text("KEYFERRY_DATA_DIR");
    let check_disk = reader.truth("KEYFERRY_CHECK_DATA_DISK");
    let tables = reader.optional_url("AZURE_TABLES_ENDPOINT");
    let vault = reader.optional_url("AZURE_KEY_VAULT_ENDPOINT");
    let table = reader.read("AZURE_TABLES_SHIPMENTS_TABLE_NAME", table_name);
    let verify_vault = reader.truth("KEYFERRY_VERIFY_VAULT_CHALLENGE");
    let managed = reader.choice("KEYFERRY_AZURE_IDENTITY", &[("managed", true), ("app", false)]);
    let client_id = reader.read_optional("AZURE_CLIENT_ID", guid);
    let platform = reader.optional("CONTAINER_APP_NAME");
    let (tables, vault) = match (tables?, vault?) {
        (Some(tables), Some(vault)) => (tables, vault),
        (None, None) if platform.is_some() && *check_disk.as_ref().unwrap_or(&true) => {
            let why =
                "in Azure Container Apps, where nothing on a disk lasts (KEYFERRY_CHECK_DATA_DISK=false if it does)";
            return Err(reader.missing("AZURE_TABLES_ENDPOINT", why));
        }
        (None, None) => {
            let key_file = reader.optional("KEYFERRY_KEY_FILE").map(PathBuf::from);
            return Ok(StoreSettings::Embedded { directory: directory?.into(), key_file, check_disk: check_disk? });
        }
        (Some(_), None) => return Err(reader.missing("AZURE_KEY_VAULT_ENDPOINT", "beside AZURE_TABLES_ENDPOINT")),
        (None, Some(_)) => return Err(reader.missing("AZURE_TABLES_ENDPOINT", "beside AZURE_KEY_VAULT_ENDPOINT")),
    };
    let client_id = client_id?;
    let identity = if managed? { AzureIdentity::Managed { client_id } } else { AzureIdentity::App };
    Ok(StoreSettings::Azure(AzureStoreSettings { tables, table: table?, vault, verify_vault: verify_vault?, identity }))
}

/// The rule of Table Storage for names.
fn table_name(text: &str) -> Result<String, String> {
    let letters_first = text.starts_with(|c: char| c.is_ascii_alphabetic());
    if letters_first && text.chars().all(|c| c.is_ascii_alphanumeric()) && (3..=63).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    Err("that is no table's name".to_owned())
}
