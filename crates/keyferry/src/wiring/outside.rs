//! The outside systems, called over one HTTP stack.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyferry_credentials::managed_identity;
use keyferry_domain::{Clock, Entropy, Failure, FailureKind, Operation, Party, SecretBytes};
use keyferry_entra::{CreationOptionsForm, Entra};
use keyferry_http::oauth::{ClientCredentials, ClientCredentialsSettings, Credential, SecretSource, TokenSource};
use keyferry_http::{Client, ClientOptions, Pacing};
use keyferry_store_azure::{VaultSecret, VaultStore};
use keyferry_yubico::{Delivery, YubicoSettings};
use url::Url;

use crate::config::{AppCredential, DeliverySettings, EntraSettings, Secret, SecretPlace, Settings};

/// What the ports need of the outside.
pub(super) struct Outside {
    pub(super) entra: Arc<Entra>,
    pub(super) delivery: Arc<Delivery>,
    /// For whatever has no pace of its own.
    pub(super) http: Client,
    pub(super) graph_endpoint: Url,
    pub(super) graph_tokens: Arc<dyn TokenSource>,
}

pub(super) fn adapters(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
    vault: Option<&VaultStore>,
) -> Result<Outside, String> {
    let http = client(settings.extra_ca.as_deref(), None)?;
    let pace = settings.entra.requests_per_10_seconds;
    let pacing = (pace > 0).then_some(Pacing { requests: pace, per: Duration::from_secs(10) });
    let credential = app_credential(&settings.entra, vault, &http, clock)?;
    let api_token = source(&settings.delivery.api_token, vault, "api_token", Party::DeliveryService)?;
    let resource = graph_resource(&settings.entra.graph_endpoint);
    let graph_tokens = app_tokens(&settings.entra, resource, http.clone(), credential, clock.clone())?;
    let entra = Entra::new(
        entra_settings(&settings.entra),
        client(settings.extra_ca.as_deref(), pacing)?,
        graph_tokens.clone(),
    );
    let delivery =
        Delivery::new(delivery_settings(&settings.delivery), http.clone(), api_token, entropy.clone(), clock.clone());
    Ok(Outside {
        entra: Arc::new(entra),
        delivery: Arc::new(delivery.map_err(|error| error.to_string())?),
        http,
        graph_endpoint: settings.entra.graph_endpoint.clone(),
        graph_tokens,
    })
}

pub(super) fn client(extra_ca: Option<&[u8]>, pacing: Option<Pacing>) -> Result<Client, String> {
    let extra_roots_pem = extra_ca.map(<[u8]>::to_vec).into_iter().collect();
    Client::new(ClientOptions { extra_roots_pem, pacing, ..ClientOptions::default() })
        .map_err(|error| error.to_string())
}

/// Tokens for a resource, as the connector's app registration.
pub(super) fn app_tokens(
    settings: &EntraSettings,
    resource: String,
    http: Client,
    credential: Credential,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn TokenSource>, String> {
    let credentials = ClientCredentialsSettings {
        login_endpoint: settings.login_endpoint.clone(),
        tenant: settings.tenant_id.clone(),
        client_id: settings.client_id.clone(),
        resource,
    };
    let source = ClientCredentials::of_app(credentials, http, credential, clock).map_err(|error| error.to_string())?;
    Ok(Arc::new(source))
}

/// Graph's resource is its endpoint, in each cloud; a stand-in on this machine stands in for the global one.
fn graph_resource(endpoint: &Url) -> String {
    if endpoint.scheme() == "http" {
        return "https://graph.microsoft.com".to_owned();
    }
    endpoint.as_str().trim_end_matches('/').to_owned()
}

fn entra_settings(settings: &EntraSettings) -> keyferry_entra::EntraSettings {
    keyferry_entra::EntraSettings {
        graph_endpoint: settings.graph_endpoint.clone(),
        api_version: settings.api_version.clone(),
        creation_options_form: if settings.creation_options_by_query {
            CreationOptionsForm::Query
        } else {
            CreationOptionsForm::Function
        },
    }
}

fn delivery_settings(settings: &DeliverySettings) -> YubicoSettings {
    YubicoSettings {
        format: settings.envelope_format,
        alg: settings.envelope_alg,
        enc: settings.envelope_enc,
        ..YubicoSettings::new(settings.base_url.clone(), settings.jwks_sign.clone(), settings.jwks_transport.clone())
    }
}

/// How the app registration shows who it is.
pub(super) fn app_credential(
    settings: &EntraSettings,
    vault: Option<&VaultStore>,
    http: &Client,
    clock: &Arc<dyn Clock>,
) -> Result<Credential, String> {
    match &settings.credential {
        AppCredential::Secret(place) => {
            source(place, vault, "client_secret", Party::TokenEndpoint).map(Credential::Secret)
        }
        AppCredential::ManagedIdentity { client_id, audience } => {
            let identity = managed_identity(Some(client_id), audience, http.clone(), clock.clone());
            Ok(Credential::Assertion(Arc::new(identity)))
        }
    }
}

/// One of the connector's own secrets. `label` is what metrics call it.
pub(super) fn source(
    place: &SecretPlace,
    vault: Option<&VaultStore>,
    label: &'static str,
    party: Party,
) -> Result<Arc<dyn SecretSource>, String> {
    match (place, vault) {
        (SecretPlace::Given(secret), _) => Ok(Arc::new(Kept(secret.clone(), party))),
        (SecretPlace::Vault(name), Some(vault)) => Ok(Arc::new(VaultSecret::new(vault.clone(), name, label, party))),
        (SecretPlace::Vault(name), None) => {
            Err(format!("the secret {name} is in no vault: AZURE_KEY_VAULT_ENDPOINT is not set"))
        }
    }
}

/// A secret of the settings, read anew each time it is asked for.
pub(super) struct Kept(pub(super) Secret, pub(super) Party);

#[async_trait]
impl SecretSource for Kept {
    async fn secret(&self) -> Result<SecretBytes, Failure> {
        self.0.read().map_err(|error| {
            Failure::new(self.1, Operation::Secrets, FailureKind::Found("secret-unreadable"), error.to_string())
        })
    }
}
