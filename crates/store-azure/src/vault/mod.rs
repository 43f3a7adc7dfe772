//! Azure Key Vault (<https://learn.microsoft.com/rest/api/keyvault/secrets>), by the official SDK over our HTTP stack.
//!
//! Names are never used again, since a deleted secret keeps its name until it is purged, and with purge protection for weeks. What the SDK
//! asks again after 408, 429 and 5xx may be done twice without harm: a value put twice is two equal versions of one secret.

mod error;
mod secret;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport};
use azure_core::time::Duration as Pause;
use azure_security_keyvault_secrets::models::{SecretProperties, SetSecretParameters};
use azure_security_keyvault_secrets::{ResourceExt as _, SecretClient, SecretClientOptions};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::DateTime;
use futures::TryStreamExt as _;
use keyferry_azure_identity::TokenSource;
use keyferry_azure_identity::sdk::Bridge;
use keyferry_domain::ports::{Cursor, SecretName, SecretStore, StoreError};
use keyferry_domain::{Clock, Operation, Party, SecretBytes, Timestamp};
use keyferry_http::Client;
use url::Url;

use self::error::{Refusal, refusal};
pub use self::secret::VaultSecret;

/// The longest value that the vault takes, in bytes of the text that is put.
const LONGEST: usize = 25 * 1024;

/// The form of a value that is no text.
const BINARY: &str = "application/octet-stream;base64url";
const TEXT: &str = "text/plain;charset=utf-8";

/// How often a deleted secret is looked for, which shows up some seconds later, and the pause between.
const LOOKS: u32 = 10;
const PAUSE: Duration = Duration::from_secs(1);

/// Secrets of shipments in one vault. Cheap to clone.
#[derive(Clone)]
pub struct VaultStore {
    client: Arc<SecretClient>,
    clock: Arc<dyn Clock>,
}

/// Which vault.
pub struct VaultSettings {
    /// Such as `https://vault-name.vault.azure.net`.
    pub endpoint: Url,
    /// Whether the vault must ask for tokens for its own host's cloud, so that none is sent to a stranger. Off for stand-ins only.
    pub verify_challenge: bool,
}

impl VaultStore {
    /// Sets the store up; no call is made. `tokens` are for the vault's resource, such as `https://vault.azure.net`.
    ///
    /// # Errors
    /// When the endpoint is no https URL.
    pub fn new(
        settings: &VaultSettings,
        http: Client,
        tokens: Arc<dyn TokenSource>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let bridge = Bridge::new(http, tokens, Party::Store, Operation::Secrets);
        let retry = ExponentialRetryOptions {
            max_retries: 4,
            max_total_elapsed: Pause::seconds(20),
            max_delay: Pause::seconds(10),
            ..ExponentialRetryOptions::default()
        };
        let options = SecretClientOptions {
            client_options: ClientOptions {
                transport: Some(Transport::new(bridge.clone())),
                retry: RetryOptions::exponential(retry),
                ..ClientOptions::default()
            },
            verify_challenge_resource: Some(settings.verify_challenge),
            ..SecretClientOptions::default()
        };
        let client = SecretClient::new(settings.endpoint.as_str(), bridge, Some(options))
            .map_err(|error| StoreError::Unavailable(format!("Azure Key Vault: {error}")))?;
        Ok(Self { client: Arc::new(client), clock })
    }

    /// Whether the secret is there, deleted or not.
    async fn purge_deleted(&self, name: &str) -> Result<(), StoreError> {
        for _ in 0..LOOKS {
            let deleted = match self.client.get_deleted_secret(name, None).await {
                Ok(answer) => answer.into_model().map_err(|error| refusal(error, name))?,
                Err(error) => match Refusal::of(error, name) {
                    Refusal::Missing => {
                        self.clock.sleep(PAUSE).await;
                        continue;
                    }
                    refusal => return Err(refusal.into_store_error(name)),
                },
            };
            let level = deleted.attributes.and_then(|attributes| attributes.recovery_level);
            if level.is_some_and(|level| !level.to_string().contains("Purgeable")) {
                tracing::debug!(name, "the vault keeps deleted secrets for its retention time: purge protection is on");
                return Ok(());
            }
            match self.client.purge_deleted_secret(name, None).await.map_err(|error| Refusal::of(error, name)) {
                Ok(_) | Err(Refusal::Missing) => return Ok(()),
                Err(Refusal::Busy) => self.clock.sleep(PAUSE).await,
                Err(Refusal::Forbidden(reason)) => {
                    // It is deleted, and the vault will purge it by itself.
                    tracing::debug!(name, %reason, "a deleted secret was not purged");
                    return Ok(());
                }
                Err(refusal) => return Err(refusal.into_store_error(name)),
            }
        }
        Err(StoreError::Unavailable(format!("the secret {name} is being deleted, and is not purged yet")))
    }
}

#[async_trait]
impl SecretStore for VaultStore {
    async fn put(&self, name: &SecretName, value: &SecretBytes) -> Result<(), StoreError> {
        let name = name.to_string();
        let (text, form) = match std::str::from_utf8(value.expose()) {
            Ok(text) => (text.to_owned(), TEXT),
            Err(_) => (BASE64_URL_SAFE_NO_PAD.encode(value.expose()), BINARY),
        };
        if text.len() > LONGEST {
            return Err(StoreError::Unavailable(format!(
                "the secret {name} has {} bytes, and Azure Key Vault takes {LONGEST} at most",
                text.len()
            )));
        }
        // Setting it would make a new version of the old one.
        match self.client.get_secret(&name, None).await.map_err(|error| Refusal::of(error, &name)) {
            Err(Refusal::Missing) => {}
            Ok(_) | Err(Refusal::Disabled) => return Err(StoreError::Exists(format!("the secret {name}"))),
            Err(refusal) => return Err(refusal.into_store_error(&name)),
        }
        let parameters = SetSecretParameters {
            content_type: Some(form.into()),
            tags: Some([("keyferry".to_owned(), "shipment".to_owned())].into()),
            value: Some(text),
            ..SetSecretParameters::default()
        };
        let parameters = parameters.try_into().map_err(|error| refusal(error, &name))?;
        match self.client.set_secret(&name, parameters, None).await {
            Ok(_) => Ok(()),
            Err(error) => Err(refusal(error, &name)),
        }
    }

    async fn get(&self, name: &SecretName) -> Result<Option<SecretBytes>, StoreError> {
        let name = name.to_string();
        let broken = |reason: &str| StoreError::Broken { id: format!("the secret {name}"), reason: reason.into() };
        let secret = match self.client.get_secret(&name, None).await {
            Ok(answer) => answer.into_model().map_err(|error| refusal(error, &name))?,
            Err(error) => match Refusal::of(error, &name) {
                Refusal::Missing => return Ok(None),
                Refusal::Disabled => return Err(broken("it is disabled: enable it in the vault")),
                refusal => return Err(refusal.into_store_error(&name)),
            },
        };
        let value = secret.value.ok_or_else(|| broken("the vault answered without its value"))?;
        if secret.content_type.as_deref() == Some(BINARY) {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(&value).map_err(|_| broken("its value is not base64url"))?;
            return Ok(Some(SecretBytes::new(bytes)));
        }
        Ok(Some(SecretBytes::new(value.into_bytes())))
    }

    async fn purge(&self, name: &SecretName) -> Result<(), StoreError> {
        let name = name.to_string();
        match self.client.delete_secret(&name, None).await.map_err(|error| Refusal::of(error, &name)) {
            Ok(_) | Err(Refusal::Busy) => self.purge_deleted(&name).await,
            // Deleted earlier, and perhaps not purged then.
            Err(Refusal::Missing) => match self.client.get_deleted_secret(&name, None).await {
                Ok(_) => self.purge_deleted(&name).await,
                Err(error) => match Refusal::of(error, &name) {
                    Refusal::Missing => Ok(()),
                    refusal => Err(refusal.into_store_error(&name)),
                },
            },
            Err(refusal) => Err(refusal.into_store_error(&name)),
        }
    }

    /// All names at once: the SDK follows the vault's pages.
    async fn list(&self, _: Option<&Cursor>) -> Result<(Vec<(SecretName, Timestamp)>, Option<Cursor>), StoreError> {
        const ALL: &str = "all secrets";
        let pager = self.client.list_secret_properties(None).map_err(|error| refusal(error, ALL))?;
        let found: Vec<SecretProperties> = pager.try_collect().await.map_err(|error| refusal(error, ALL))?;
        Ok((found.iter().filter_map(ours).collect(), None))
    }
}

/// The name and when it was made, if it is ours.
fn ours(properties: &SecretProperties) -> Option<(SecretName, Timestamp)> {
    let name = SecretName::parse(&properties.resource_id().ok()?.name)?;
    let created = properties.attributes.as_ref()?.created?;
    Some((name, DateTime::from_timestamp(created.unix_timestamp(), 0)?))
}
