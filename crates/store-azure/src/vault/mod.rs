//! Secrets in Azure Key Vault (<https://learn.microsoft.com/rest/api/keyvault/secrets>), with the official SDK over our
//! HTTP client.
//!
//! Names are never reused, because a deleted secret keeps its name until it is purged, with purge protection for weeks.
//! The SDK retries after 408, 429 and 5xx. A repeated call is harmless: putting a value twice creates two equal
//! versions of one secret.

mod error;
mod secret;
mod table_keys;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport};
use azure_core::time::Duration as Pause;
use azure_security_keyvault_secrets::models::{Secret, SecretProperties, SetSecretParameters};
use azure_security_keyvault_secrets::{ResourceExt as _, SecretClient, SecretClientOptions};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::DateTime;
use futures::TryStreamExt as _;
use keyferry_azure_identity::TokenSource;
use keyferry_azure_identity::sdk::SdkAdapter;
use keyferry_domain::ports::{Cursor, SecretName, SecretStore, StoreError};
use keyferry_domain::{Clock, Operation, Party, SecretBytes, Timestamp};
use keyferry_http::Client;
use url::Url;

use self::error::{Refusal, refusal};
pub use self::secret::VaultSecret;

/// Maximum size of a value in the vault, in bytes of the stored text. Documented as "25k bytes"
/// (<https://learn.microsoft.com/azure/key-vault/secrets/about-secrets>); this is the smaller meaning.
const MAX_BYTES: usize = 25_000;

/// Content type of values that are not UTF-8, which are stored as base64url.
const BINARY: &str = "application/octet-stream;base64url";
const TEXT: &str = "text/plain;charset=utf-8";

/// How often a deleted secret is looked up, and the pause in between. It becomes visible after some seconds.
const MAX_TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_secs(1);

/// Store of the secrets of shipments in one vault. Cheap to clone.
#[derive(Clone)]
pub struct VaultStore {
    client: Arc<SecretClient>,
    clock: Arc<dyn Clock>,
}

/// Address of the vault, and how its authentication challenge is verified.
pub struct VaultSettings {
    /// URL of the vault, for example `https://vault-name.vault.azure.net`.
    pub endpoint: Url,
    /// Whether the vault may request access tokens only for the cloud of its own host. This prevents sending tokens to
    /// foreign hosts. `false` is for test doubles only.
    pub verify_challenge: bool,
}

impl VaultStore {
    /// Creates the store without calling the vault. `tokens` provides access tokens for the vault's resource, for
    /// example `https://vault.azure.net`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the endpoint is not an https URL.
    pub fn new(
        settings: &VaultSettings,
        http: Client,
        tokens: Arc<dyn TokenSource>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let bridge = SdkAdapter::new(http, tokens, Party::Store, Operation::Secrets);
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

    /// Sets a secret, tagged with its purpose. An existing secret gets a new version.
    async fn set(&self, name: &str, purpose: &str, value: Text) -> Result<(), Refusal> {
        let parameters = SetSecretParameters {
            content_type: Some(value.form.into()),
            tags: Some([("keyferry".to_owned(), purpose.to_owned())].into()),
            value: Some(value.text),
            ..SetSecretParameters::default()
        };
        let parameters = parameters.try_into().map_err(|error| Refusal::of(error, name))?;
        self.client.set_secret(name, parameters, None).await.map(drop).map_err(|error| Refusal::of(error, name))
    }

    /// Waits until the deleted secret is visible, and purges it. With purge protection, or if purging is not allowed,
    /// the vault purges the secret itself later.
    async fn purge_deleted(&self, name: &str) -> Result<(), StoreError> {
        for _ in 0..MAX_TRIES {
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
                tracing::debug!(name, "deleted secret not purged: the vault has purge protection");
                return Ok(());
            }
            match self.client.purge_deleted_secret(name, None).await.map_err(|error| Refusal::of(error, name)) {
                Ok(_) | Err(Refusal::Missing) => return Ok(()),
                Err(Refusal::Busy) => self.clock.sleep(PAUSE).await,
                Err(Refusal::Forbidden(reason)) => {
                    // The secret is deleted. The vault purges it when its retention time ends.
                    tracing::debug!(name, %reason, "deleted secret not purged: access denied");
                    return Ok(());
                }
                Err(refusal) => return Err(refusal.into_store_error(name)),
            }
        }
        Err(StoreError::Unavailable(format!("the secret {name} is being deleted and not purged yet")))
    }
}

#[async_trait]
impl SecretStore for VaultStore {
    async fn put(&self, name: &SecretName, value: &SecretBytes) -> Result<(), StoreError> {
        let name = name.to_string();
        let text = Text::of(&name, value)?;
        // Checks first, because setting an existing secret would silently add a new version.
        match self.client.get_secret(&name, None).await.map_err(|error| Refusal::of(error, &name)) {
            Err(Refusal::Missing) => {}
            Ok(_) | Err(Refusal::Disabled) => return Err(StoreError::Exists(format!("the secret {name}"))),
            Err(refusal) => return Err(refusal.into_store_error(&name)),
        }
        self.set(&name, "shipment", text).await.map_err(|refusal| refusal.into_store_error(&name))
    }

    /// The vault has no conditional write, so this reads the value first. The new value is a new version of the secret;
    /// purging deletes all versions.
    async fn replace(&self, name: &SecretName, from: &SecretBytes, to: &SecretBytes) -> Result<(), StoreError> {
        let text = Text::of(&name.to_string(), to)?;
        match self.get(name).await? {
            Some(current) if current.expose() == from.expose() => {
                let name = name.to_string();
                self.set(&name, "shipment", text).await.map_err(|refusal| refusal.into_store_error(&name))
            }
            _ => Err(StoreError::Conflict(format!("the secret {name}"))),
        }
    }

    async fn get(&self, name: &SecretName) -> Result<Option<SecretBytes>, StoreError> {
        let name = name.to_string();
        let broken = |reason: &str| StoreError::Broken { id: format!("the secret {name}"), reason: reason.into() };
        let secret = match self.client.get_secret(&name, None).await {
            Ok(answer) => answer.into_model().map_err(|error| refusal(error, &name))?,
            Err(error) => match Refusal::of(error, &name) {
                Refusal::Missing => return Ok(None),
                Refusal::Disabled => return Err(broken("it is disabled; enable it in the vault")),
                refusal => return Err(refusal.into_store_error(&name)),
            },
        };
        value(secret).map(Some).map_err(broken)
    }

    async fn purge(&self, name: &SecretName) -> Result<(), StoreError> {
        let name = name.to_string();
        match self.client.delete_secret(&name, None).await.map_err(|error| Refusal::of(error, &name)) {
            Ok(_) | Err(Refusal::Busy) => self.purge_deleted(&name).await,
            // An earlier call may have deleted the secret without purging it.
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

    /// Returns all names in one page. The SDK follows the vault's pages.
    async fn list(&self, _: Option<&Cursor>) -> Result<(Vec<(SecretName, Timestamp)>, Option<Cursor>), StoreError> {
        const ALL: &str = "all secrets";
        let pager = self.client.list_secret_properties(None).map_err(|error| refusal(error, ALL))?;
        let found: Vec<SecretProperties> = pager.try_collect().await.map_err(|error| refusal(error, ALL))?;
        Ok((found.iter().filter_map(ours).collect(), None))
    }
}

/// Value as it is stored, and its content type.
struct Text {
    text: String,
    form: &'static str,
}

impl Text {
    fn of(name: &str, value: &SecretBytes) -> Result<Self, StoreError> {
        let (text, form) = match std::str::from_utf8(value.expose()) {
            Ok(text) => (text.to_owned(), TEXT),
            Err(_) => (BASE64_URL_SAFE_NO_PAD.encode(value.expose()), BINARY),
        };
        if text.len() > MAX_BYTES {
            return Err(StoreError::Unavailable(format!(
                "the secret {name} has {} bytes; Azure Key Vault accepts at most {MAX_BYTES}",
                text.len()
            )));
        }
        Ok(Self { text, form })
    }
}

/// Returns the value of a secret, or what is wrong with it.
fn value(secret: Secret) -> Result<SecretBytes, &'static str> {
    let value = secret.value.ok_or("the vault returned no value")?;
    if secret.content_type.as_deref() != Some(BINARY) {
        return Ok(SecretBytes::new(value.into_bytes()));
    }
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(&value).map_err(|_| "its value is not base64url")?;
    Ok(SecretBytes::new(bytes))
}

/// Returns name and creation time of a secret if Keyferry created it.
fn ours(properties: &SecretProperties) -> Option<(SecretName, Timestamp)> {
    let name = SecretName::parse(&properties.resource_id().ok()?.name)?;
    let created = properties.attributes.as_ref()?.created?;
    Some((name, DateTime::from_timestamp(created.unix_timestamp(), 0)?))
}
