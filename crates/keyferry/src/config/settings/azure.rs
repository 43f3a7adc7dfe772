//! The settings of Azure's stores.

use crate::config::table::Group::Azure;
use crate::config::table::{Setting, setting};

/// They follow the others on the reference page.
pub(super) const SETTINGS: &[Setting] = &[
    setting(
        Azure,
        "AZURE_TABLES_ENDPOINT",
        "",
        "an https URL",
        "https://account.table.core.windows.net",
        "Table endpoint of the storage account that keeps shipments. With it and a vault nothing is kept on this machine, and several replicas may run. Not set: everything is in the data directory.",
    ),
    setting(
        Azure,
        "AZURE_TABLES_SHIPMENTS_TABLE_NAME",
        "fprshipments",
        "3 to 63 letters and digits, a letter first",
        "fprshipments",
        "Name of the table, which must be there. Rows of others in it stay as they are.",
    ),
    setting(
        Azure,
        "AZURE_KEY_VAULT_ENDPOINT",
        "",
        "an https URL",
        "https://name.vault.azure.net",
        "The vault that keeps response keys and creation options of open shipments.",
    ),
    setting(
        Azure,
        "KEYFERRY_VAULT_CLIENT_CERTIFICATE",
        "ENTRA-FIDO-API-CLIENT-CERTIFICATE",
        "a name in the vault",
        "keyferry-certificate",
        "Where `KEYFERRY_CLIENT_CERTIFICATE` is read when it is not set: a secret with PEM in it, as a certificate of the vault with content type PEM is.",
    ),
    setting(
        Azure,
        "KEYFERRY_VAULT_CLIENT_SECRET",
        "ENTRA-FIDO-API-CLIENT-SECRET",
        "a secret's name",
        "",
        "Where the vault has the client secret. Its newest version is used, kept for five minutes, and read anew when it is refused.",
    ),
    setting(
        Azure,
        "KEYFERRY_VAULT_API_TOKEN",
        "YED-API-TOKEN",
        "a secret's name",
        "",
        "Where the vault has the delivery service's API token. The same.",
    ),
    setting(
        Azure,
        "KEYFERRY_AZURE_IDENTITY",
        "managed",
        "`managed` or `app`",
        "app",
        "Who asks storage and vault: the managed identity of the platform, or the connector's own app registration.",
    ),
    setting(
        Azure,
        "AZURE_CLIENT_ID",
        "",
        "a client id, a GUID",
        "0c0ffee0-0000-4000-8000-000000000003",
        "Client id of a user-assigned managed identity. Not set: the system-assigned one.",
    ),
    setting(
        Azure,
        "KEYFERRY_VERIFY_VAULT_CHALLENGE",
        "true",
        "`true` or `false`",
        "false",
        "Whether the vault must ask for tokens for the cloud that its own address belongs to. `false` is for stand-ins only.",
    ),
    setting(
        Azure,
        "CONTAINER_APP_NAME",
        "",
        "a name",
        "",
        "Set by Azure Container Apps. With it the data directory is refused, as nothing on a disk lasts there.",
    ),
];
