//! Adapters of external systems, which share one HTTP stack.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyferry_azure_identity::failures::FAILURES as TOKEN_ENDPOINT;
use keyferry_azure_identity::settings::{AppRegistrationSettings, LoginSettings};
use keyferry_azure_identity::{
    AppCredential, AppCredentialExpiries, AppTokens, ClientCertificate, FederatedToken, GrantSettings, TokenSource,
    managed_identity,
};
use keyferry_domain::{Clock, Entropy, Failure, FailureKind, FailureTable, Operation, SecretBytes};
use keyferry_entra::{Entra, GraphClients};
use keyferry_http::{Client, ClientOptions, Pacing, SecretSource};
use keyferry_settings::Secret;
use keyferry_store_azure::{VaultSecret, VaultStore};
use keyferry_yubico::Delivery;
use keyferry_yubico::failures::DELIVERY_SERVICE;
use url::Url;

use crate::config::{AppCredentialSettings, SecretPlace, Settings};

/// Pace of calls to a party whose limit is not known. It becomes slower when the party answers 429. A caller of the API
/// does not wait for the end of a pause that the party asked for.
const ADAPTIVE: Pacing =
    Pacing { requests: 500, per: Duration::from_secs(10), longest_wait: Some(Duration::from_secs(5)) };

/// Pace of calls to the directory. Graph permits an app 3,500 resource units in 10 seconds in a small tenant; a user, a
/// manager or memberships cost one or two (<https://learn.microsoft.com/graph/throttling-limits>).
const DIRECTORY: Pacing = Pacing { requests: 1_500, ..ADAPTIVE };

/// Adapters of external systems.
pub(super) struct Outside {
    pub(super) entra: Arc<Entra>,
    pub(super) delivery: Arc<Delivery>,
    /// Client without pacing.
    pub(super) http: Client,
    pub(super) graph_endpoint: Url,
    pub(super) graph_tokens: Arc<dyn TokenSource>,
}

pub(super) fn adapters(
    settings: &Settings,
    entropy: &Arc<dyn Entropy>,
    keyring: SecretSources<'_>,
) -> Result<Outside, String> {
    let clock = keyring.clock;
    let http = client(settings.outgoing.extra_ca.as_deref(), None)?;
    let pace = settings.entra.requests_per_10_seconds;
    let pacing = (pace > 0).then_some(Pacing {
        requests: pace,
        per: Duration::from_secs(10),
        // A caller of the API does not wait longer than this for an order.
        longest_wait: Some(settings.engine.create_budget),
    });
    let app_credential = keyring.app_credential(settings, &http)?;
    let api_token = keyring.source(&settings.api_token, "api_token", &DELIVERY_SERVICE)?;
    let resource = graph_resource(&settings.entra.graph_endpoint);
    let graph_tokens = app_tokens(settings, resource, http.clone(), app_credential, clock.clone())?;
    let paced = |pacing| client(settings.outgoing.extra_ca.as_deref(), pacing);
    let clients = GraphClients { methods: paced(pacing)?, directory: paced(Some(DIRECTORY))? };
    let entra = Entra::new(settings.entra.clone(), clients, graph_tokens.clone());
    let delivery =
        Delivery::new(settings.delivery.clone(), paced(Some(ADAPTIVE))?, api_token, entropy.clone(), clock.clone());
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

/// Returns tokens for a resource, issued to the connector's app registration.
pub(super) fn app_tokens(
    settings: &Settings,
    resource: String,
    http: Client,
    app_credential: AppCredential,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn TokenSource>, String> {
    let source = AppTokens::of_app(grant(&settings.login, &settings.app, resource), http, app_credential, clock)
        .map_err(|error| error.to_string())?;
    Ok(Arc::new(source))
}

fn grant(login: &LoginSettings, app: &AppRegistrationSettings, resource: String) -> GrantSettings {
    GrantSettings {
        login_endpoint: login.login_endpoint.clone(),
        tenant: app.tenant_id.clone(),
        client_id: app.client_id.clone(),
        resource,
    }
}

/// Returns Graph's resource, which is its endpoint in each cloud. A plain HTTP endpoint is a stand-in for the global
/// cloud.
fn graph_resource(endpoint: &Url) -> String {
    if endpoint.scheme() == "http" {
        return "https://graph.microsoft.com".to_owned();
    }
    endpoint.as_str().trim_end_matches('/').to_owned()
}

/// Context for reading the connector's app credentials.
#[derive(Clone, Copy)]
pub(super) struct SecretSources<'a> {
    pub(super) vault: Option<&'a VaultStore>,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) expiries: &'a AppCredentialExpiries,
}

impl SecretSources<'_> {
    /// Returns the app credential of the app registration.
    pub(super) fn app_credential(&self, settings: &Settings, http: &Client) -> Result<AppCredential, String> {
        let assertion: Arc<dyn TokenSource> = match &settings.app_credential {
            AppCredentialSettings::Secret(place) => {
                return self.source(place, "client_secret", &TOKEN_ENDPOINT).map(AppCredential::Secret);
            }
            AppCredentialSettings::Certificate(place) => {
                let name = match place {
                    SecretPlace::Given(_) => "KEYFERRY_CLIENT_CERTIFICATE",
                    SecretPlace::Vault(name) => name,
                };
                let source = self.source(place, "client_certificate", &TOKEN_ENDPOINT)?;
                let endpoint = grant(&settings.login, &settings.app, String::new())
                    .token_endpoint()
                    .map_err(|error| error.to_string())?;
                let (clock, expiries) = (self.clock.clone(), self.expiries.clone());
                Arc::new(ClientCertificate::new(source, name, &settings.app.client_id, endpoint, clock, expiries))
            }
            AppCredentialSettings::WorkloadIdentity(file) => Arc::new(FederatedToken::in_file(file)),
            AppCredentialSettings::ManagedIdentity { client_id, audience } => {
                Arc::new(managed_identity(Some(client_id), audience, http.clone(), self.clock.clone()))
            }
        };
        Ok(AppCredential::Assertion(assertion))
    }

    /// Returns the source of one of the connector's own secrets. Metrics use `label` for it.
    pub(super) fn source(
        &self,
        place: &SecretPlace,
        label: &'static str,
        table: &'static FailureTable,
    ) -> Result<Arc<dyn SecretSource>, String> {
        match (place, self.vault) {
            (SecretPlace::Given(secret), _) => Ok(Arc::new(SettingSecret(secret.clone(), table))),
            (SecretPlace::Vault(name), Some(vault)) => {
                let expiries = self.expiries.clone();
                Ok(Arc::new(VaultSecret::new(vault.clone(), name, label, table, expiries)))
            }
            (SecretPlace::Vault(name), None) => {
                Err(format!("cannot read the secret {name}: AZURE_KEY_VAULT_ENDPOINT is not set"))
            }
        }
    }
}

/// A secret from the settings, read on each use.
pub(super) struct SettingSecret(pub(super) Secret, pub(super) &'static FailureTable);

#[async_trait]
impl SecretSource for SettingSecret {
    async fn secret(&self) -> Result<SecretBytes, Failure> {
        let text = self.0.read().map_err(|error| {
            Failure::new(self.1, Operation::Secrets, FailureKind::Found("secret-unreadable"), error.to_string())
        })?;
        Ok(SecretBytes::new(text.as_bytes().to_vec()))
    }
}
