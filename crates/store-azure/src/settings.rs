//! Settings of the stores in Azure.

use keyferry_http::setting::https_url;
use keyferry_settings::{Invalid, Setting, parse, setting, settings};
use url::Url;

settings! {
    /// Table Storage, Key Vault, and what else is in the vault.
    #[derive(Clone, Debug)]
    pub struct AzureStoreSettings in "Azure stores" {
        /// Table endpoint of the storage account that keeps shipments. With it and a vault nothing is kept on this machine, and several
        /// replicas may run. Not set: everything is in the data directory.
        pub tables: Option<Url> = setting("AZURE_TABLES_ENDPOINT", https_url)
            .expected("an https URL")
            .example("https://account.table.core.windows.net")
            .status(),

        /// Name of the table, which must be there. Rows of others in it stay as they are.
        pub table: String = setting("AZURE_TABLES_SHIPMENTS_TABLE_NAME", table_name)
            .default("fprshipments")
            .expected("3 to 63 letters and digits, a letter first")
            .example("fprshipments")
            .status(),

        /// The vault that keeps response keys and creation options of open shipments.
        pub vault: Option<Url> = setting("AZURE_KEY_VAULT_ENDPOINT", https_url)
            .expected("an https URL")
            .example("https://name.vault.azure.net")
            .status(),

        /// Where `KEYFERRY_CLIENT_CERTIFICATE` is read when it is not set: a secret with PEM in it, as a certificate of the vault with
        /// content type PEM is.
        pub client_certificate_name: String = name_in_vault("KEYFERRY_VAULT_CLIENT_CERTIFICATE")
            .default("ENTRA-FIDO-API-CLIENT-CERTIFICATE")
            .expected("a name in the vault")
            .example("keyferry-certificate"),

        /// Where the vault has the client secret. Its newest version is used, kept for five minutes, and read anew when it is refused.
        pub client_secret_name: String = name_in_vault("KEYFERRY_VAULT_CLIENT_SECRET")
            .default("ENTRA-FIDO-API-CLIENT-SECRET")
            .expected("a secret's name"),

        /// Where the vault has the delivery service's API token. The same.
        pub api_token_name: String = name_in_vault("KEYFERRY_VAULT_API_TOKEN")
            .default("YED-API-TOKEN")
            .expected("a secret's name"),

        /// Who asks storage and vault: the managed identity of the platform, or the connector's own app registration.
        pub identity: StoreIdentity = setting("KEYFERRY_AZURE_IDENTITY", |text| {
                parse::choice(text, &[("managed", StoreIdentity::Managed), ("app", StoreIdentity::App)])
            })
            .default("managed")
            .expected("`managed` or `app`")
            .example("app"),

        /// Whether the vault must ask for tokens for the cloud that its own address belongs to. `false` is for stand-ins only.
        pub verify_vault_challenge: bool = setting("KEYFERRY_VERIFY_VAULT_CHALLENGE", parse::truth)
            .default("true")
            .expected("`true` or `false`")
            .example("false"),

        /// Set by Azure Container Apps. With it the data directory is refused, as nothing on a disk lasts there.
        pub container_app: Option<String> = setting("CONTAINER_APP_NAME", parse::text).expected("a name"),
    }
}

/// Who asks storage and vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreIdentity {
    /// The identity that the platform gave this machine or container.
    Managed,
    /// The connector's app registration.
    App,
}

fn name_in_vault(name: &'static str) -> Setting<String> {
    setting(name, |text| {
        let allowed = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && text.len() <= 127;
        if allowed { Ok(text.to_owned()) } else { Err("the vault takes letters, digits and dashes only".into()) }
    })
}

/// The rule of Table Storage for names.
fn table_name(text: &str) -> Result<String, Invalid> {
    let letters_first = text.starts_with(|c: char| c.is_ascii_alphabetic());
    if letters_first && text.chars().all(|c| c.is_ascii_alphanumeric()) && (3..=63).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    Err("that is no table's name".into())
}
