//! Choice of the app credential and the places of its secrets, which depends on settings of several crates.

use std::path::PathBuf;

use keyferry_azure_identity::settings::{
    AppCredentialKind, AppCredentialKindSettings, ClientCertificateSettings, ClientSecretSettings,
    ManagedIdentitySettings, TokenExchangeSettings, WorkloadIdentitySettings,
};
use keyferry_settings::{ErrorRecorded, Reader, Secret, SettingsGroup as _};
use keyferry_store_azure::AzureStoreSettings;

/// Where one of the connector's own secrets is stored.
pub(crate) enum SecretPlace {
    /// In the settings, as a value or as a file.
    Given(Secret),
    /// In the vault of the store, under this name.
    Vault(String),
}

/// How the connector authenticates as its app registration.
pub(crate) enum AppCredentialSettings {
    /// With a client secret.
    Secret(SecretPlace),
    /// With assertions signed by a certificate's private key.
    Certificate(SecretPlace),
    /// With the token in this file. The app registration trusts its issuer.
    WorkloadIdentity(PathBuf),
    /// With a managed identity that the app registration trusts. Needs no secret.
    ManagedIdentity {
        /// Client id of the user-assigned identity.
        client_id: String,
        /// Audience of the identity's token, for example `api://AzureADTokenExchange`.
        audience: String,
    },
}

/// Reads the app credential of the chosen kind.
pub(super) fn read(
    reader: &mut Reader<'_>,
    azure: &Result<AzureStoreSettings, ErrorRecorded>,
    identity: &Result<ManagedIdentitySettings, ErrorRecorded>,
) -> Result<AppCredentialSettings, ErrorRecorded> {
    match AppCredentialKindSettings::read(reader)?.kind {
        AppCredentialKind::Secret => {
            let given = ClientSecretSettings::read(reader)?.client_secret;
            let name = azure.as_ref().map(|azure| &azure.client_secret_name);
            place(reader, given, "ENTRA_FIDO_API_CLIENT_SECRET", name).map(AppCredentialSettings::Secret)
        }
        AppCredentialKind::Certificate => {
            let given = ClientCertificateSettings::read(reader)?.client_certificate;
            let name = azure.as_ref().map(|azure| &azure.client_certificate_name);
            place(reader, given, "KEYFERRY_CLIENT_CERTIFICATE", name).map(AppCredentialSettings::Certificate)
        }
        AppCredentialKind::WorkloadIdentity => {
            let why = "with KEYFERRY_ENTRA_CREDENTIAL=workload-identity";
            let settings = reader.required_if(why, WorkloadIdentitySettings::read)?;
            Ok(AppCredentialSettings::WorkloadIdentity(settings.token_file))
        }
        AppCredentialKind::ManagedIdentity => {
            let exchange = TokenExchangeSettings::read(reader);
            // Only a user-assigned identity: an app registration cannot trust a system-assigned one.
            match &identity.as_ref().map_err(|ErrorRecorded| ErrorRecorded)?.client_id {
                Some(client_id) => {
                    let (client_id, audience) = (client_id.clone(), exchange?.audience);
                    Ok(AppCredentialSettings::ManagedIdentity { client_id, audience })
                }
                None => Err(reader.missing("AZURE_CLIENT_ID", "with KEYFERRY_ENTRA_CREDENTIAL=managed-identity")),
            }
        }
    }
}

/// Returns the secret's place: the settings if they give it, otherwise the vault.
pub(super) fn place(
    reader: &mut Reader<'_>,
    given: Option<Secret>,
    name: &'static str,
    in_vault: Result<&String, &ErrorRecorded>,
) -> Result<SecretPlace, ErrorRecorded> {
    match given {
        Some(secret) => Ok(SecretPlace::Given(secret)),
        None if reader.is_given("AZURE_KEY_VAULT_ENDPOINT") => {
            in_vault.map(|name| SecretPlace::Vault(name.clone())).map_err(|_| ErrorRecorded)
        }
        None => Err(reader.missing(name, "")),
    }
}
