//! Settings of the stores in Azure.

use keyferry_http::setting::https_url;
use keyferry_settings::{Invalid, Setting, parse, setting, settings};
use url::Url;

settings! {
    /// Table Storage, Key Vault, and the names of the connector's own secrets in the vault.
    #[derive(Clone, Debug)]
    pub struct AzureStoreSettings in "Azure stores" {
        /// Table endpoint of the storage account that stores shipments. With this setting and a vault, Keyferry stores
        /// nothing on the machine, and several replicas can run. Without it, everything is in the data directory.
        pub tables: Option<Url> = setting("AZURE_TABLES_ENDPOINT", https_url)
            .expected("an https URL")
            .example("https://account.table.core.windows.net")
            .status(),

        /// Name of the table, which must exist. Keyferry does not change rows of other applications in it.
        pub table: String = setting("AZURE_TABLES_SHIPMENTS_TABLE_NAME", table_name)
            .default("fprshipments")
            .expected("3 to 63 letters and digits, a letter first")
            .example("fprshipments")
            .status(),

        /// Key Vault that stores response keys and creation options of open shipments.
        pub vault: Option<Url> = setting("AZURE_KEY_VAULT_ENDPOINT", https_url)
            .expected("an https URL")
            .example("https://name.vault.azure.net")
            .status(),

        /// Key Vault with the connector's own secrets. Default: `AZURE_KEY_VAULT_ENDPOINT`. In a vault of their own,
        /// the connector needs only the role Key Vault Secrets User on them, and cannot overwrite them.
        pub credential_vault: Option<Url> = setting("KEYFERRY_CREDENTIAL_VAULT_ENDPOINT", https_url)
            .expected("an https URL")
            .example("https://name-cred.vault.azure.net"),

        /// Name of the secret with the client certificate, used if `KEYFERRY_CLIENT_CERTIFICATE` is not set. The secret
        /// contains PEM, as that of a vault certificate with content type PEM does.
        pub client_certificate_name: String = name_in_vault("KEYFERRY_VAULT_CLIENT_CERTIFICATE")
            .default("ENTRA-FIDO-API-CLIENT-CERTIFICATE")
            .expected("a name in the vault")
            .example("keyferry-certificate"),

        /// Name of the secret with the client secret. Keyferry uses the newest version, caches it for five minutes, and
        /// reads it again when it is refused.
        pub client_secret_name: String = name_in_vault("KEYFERRY_VAULT_CLIENT_SECRET")
            .default("ENTRA-FIDO-API-CLIENT-SECRET")
            .expected("a secret's name"),

        /// Name of the secret with the delivery service's API token, which is cached in the same way.
        pub api_token_name: String = name_in_vault("KEYFERRY_VAULT_API_TOKEN")
            .default("YED-API-TOKEN")
            .expected("a secret's name"),

        /// Identity used for storage and vault: the platform's managed identity, or the connector's app registration.
        pub identity: StoreIdentity = setting("KEYFERRY_AZURE_IDENTITY", |text| {
                parse::choice(text, &[("managed", StoreIdentity::Managed), ("app", StoreIdentity::App)])
            })
            .default("managed")
            .expected("`managed` or `app`")
            .example("app"),

        /// Whether the vault may request access tokens only for the cloud of its own address. Set `false` only for test
        /// doubles.
        pub verify_vault_challenge: bool = setting("KEYFERRY_VERIFY_VAULT_CHALLENGE", parse::boolean)
            .default("true")
            .expected("`true` or `false`")
            .example("false"),

        /// Set by Azure Container Apps. If set, Keyferry rejects a data directory, because disks of container apps are
        /// not persistent.
        pub container_app: Option<String> = setting("CONTAINER_APP_NAME", parse::text).expected("a name"),
    }
}

/// Identity used for storage and vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreIdentity {
    /// The managed identity of this machine or container.
    Managed,
    /// The connector's app registration.
    App,
}

fn name_in_vault(name: &'static str) -> Setting<String> {
    setting(name, |text| {
        let allowed = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && text.len() <= 127;
        if allowed {
            Ok(text.to_owned())
        } else {
            Err("names in a vault contain letters, digits and dashes only".into())
        }
    })
}

/// Validates a table name by the naming rules of Table Storage.
fn table_name(text: &str) -> Result<String, Invalid> {
    let letters_first = text.starts_with(|c: char| c.is_ascii_alphabetic());
    if letters_first && text.chars().all(|c| c.is_ascii_alphanumeric()) && (3..=63).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    Err("it is not a valid table name".into())
}
