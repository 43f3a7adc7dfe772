//! Which app credential the connector uses, and where its secrets are: what no single part can decide.

use std::path::PathBuf;

use keyferry_azure_identity::settings::{
    AppCredentialKind, AppCredentialKindSettings, ClientCertificateSettings, ClientSecretSettings,
    ManagedIdentitySettings, TokenExchangeSettings, WorkloadIdentitySettings,
};
use keyferry_settings::{Noted, Reader, Secret, SettingsGroup as _};
use keyferry_store_azure::AzureStoreSettings;

/// Where one of the connector's own secrets is.
pub(crate) enum SecretPlace {
    /// A setting gives it, or names its file.
    Given(Secret),
    /// Under this name in the vault of the store.
    Vault(String),
}

/// How the connector's app registration shows who it is.
pub(crate) enum AppCredentialSettings {
    /// By a client secret.
    Secret(SecretPlace),
    /// By assertions signed with a certificate's key.
    Certificate(SecretPlace),
    /// By the token in this file, of an issuer that the registration trusts.
    WorkloadIdentity(PathBuf),
    /// By a managed identity that the registration trusts, so that there is no secret at all.
    ManagedIdentity {
        /// Of the user-assigned identity.
        client_id: String,
        /// Whom the identity's token is for, such as `api://AzureADTokenExchange`.
        audience: String,
    },
}

/// Reads the app credential of the chosen kind.
pub(super) fn read(
    reader: &mut Reader<'_>,
    azure: &Result<AzureStoreSettings, Noted>,
    identity: &Result<ManagedIdentitySettings, Noted>,
) -> Result<AppCredentialSettings, Noted> {
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
            let why = "beside KEYFERRY_ENTRA_CREDENTIAL=workload-identity";
            let settings = reader.because(why, WorkloadIdentitySettings::read)?;
            Ok(AppCredentialSettings::WorkloadIdentity(settings.token_file))
        }
        AppCredentialKind::ManagedIdentity => {
            let exchange = TokenExchangeSettings::read(reader);
            // A system-assigned identity cannot be trusted by a registration.
            match &identity.as_ref().map_err(|Noted| Noted)?.client_id {
                Some(client_id) => {
                    let (client_id, audience) = (client_id.clone(), exchange?.audience);
                    Ok(AppCredentialSettings::ManagedIdentity { client_id, audience })
                }
                None => Err(reader.missing("AZURE_CLIENT_ID", "beside KEYFERRY_ENTRA_CREDENTIAL=managed-identity")),
            }
        }
    }
}

/// The secret as it is given, else where the vault has it.
pub(super) fn place(
    reader: &mut Reader<'_>,
    given: Option<Secret>,
    name: &'static str,
    in_vault: Result<&String, &Noted>,
) -> Result<SecretPlace, Noted> {
    match given {
        Some(secret) => Ok(SecretPlace::Given(secret)),
        None if reader.is_given("AZURE_KEY_VAULT_ENDPOINT") => {
            in_vault.map(|name| SecretPlace::Vault(name.clone())).map_err(|_| Noted)
        }
        None => Err(reader.missing(name, "")),
    }
}
