//! The secret with the keys that sign checkpoints of the event chain. Each key is a version of it.

use async_trait::async_trait;
use azure_security_keyvault_secrets::ResourceExt as _;
use azure_security_keyvault_secrets::models::{SecretClientGetSecretOptions, SecretProperties};
use futures::TryStreamExt as _;
use keyferry_domain::SecretBytes;
use keyferry_domain::ports::StoreError;

use super::error::{Refusal, refusal};
use super::{Text, VaultStore, value};
use crate::SigningKeys;

/// Name of the secret. It is not the name of a shipment's secret, so that the clean-up does not purge it.
const NAME: &str = "KEYFERRY-EVENT-SIGNING-KEY";

#[async_trait]
impl SigningKeys for VaultStore {
    /// A disabled version is not returned.
    async fn all(&self) -> Result<Vec<SecretBytes>, StoreError> {
        let failed = |error| refusal(error, NAME);
        let pager = self.client.list_secret_properties_versions(NAME, None).map_err(failed)?;
        let found: Vec<SecretProperties> = match pager.try_collect().await.map_err(|error| Refusal::of(error, NAME)) {
            Ok(found) => found,
            Err(Refusal::Missing) => return Ok(Vec::new()),
            Err(refusal) => return Err(refusal.into_store_error(NAME)),
        };
        let mut versions: Vec<_> = found.iter().filter_map(version).collect();
        versions.sort();
        let mut keys = Vec::new();
        for (_, version) in versions {
            let options = SecretClientGetSecretOptions { secret_version: Some(version), ..Default::default() };
            let secret = self.client.get_secret(NAME, Some(options)).await.and_then(|answer| answer.into_model());
            let secret = match secret.map_err(|error| Refusal::of(error, NAME)) {
                Ok(secret) => secret,
                // Disabled or deleted since it was listed.
                Err(Refusal::Missing | Refusal::Disabled) => continue,
                Err(refusal) => return Err(refusal.into_store_error(NAME)),
            };
            // A value that an administrator put there by hand is not a key. The caller reports it.
            keys.push(value(secret).unwrap_or_else(|_| SecretBytes::new(Vec::new())));
        }
        Ok(keys)
    }

    async fn add(&self, key: &SecretBytes) -> Result<(), StoreError> {
        match self.set(NAME, "event-signing-key", Text::of(NAME, key)?).await {
            Err(Refusal::Taken) => Err(StoreError::Unavailable(format!(
                "the secret {NAME}, which signs the event chain, was deleted from the vault. Recover it"
            ))),
            answer => answer.map_err(|refusal| refusal.into_store_error(NAME)),
        }
    }
}

/// Returns creation time and version of an enabled version.
fn version(properties: &SecretProperties) -> Option<(i64, String)> {
    let attributes = properties.attributes.as_ref()?;
    let created = attributes.created.map_or(0, |created| created.unix_timestamp());
    let enabled = attributes.enabled.unwrap_or(true);
    properties.resource_id().ok()?.version.filter(|_| enabled).map(|version| (created, version))
}
