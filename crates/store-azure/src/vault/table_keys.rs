//! The secrets with the keys of the table. Each key is a version of its secret.

use async_trait::async_trait;
use azure_security_keyvault_secrets::ResourceExt as _;
use azure_security_keyvault_secrets::models::{SecretClientGetSecretOptions, SecretProperties};
use futures::TryStreamExt as _;
use keyferry_domain::SecretBytes;
use keyferry_domain::ports::StoreError;

use super::error::{Refusal, refusal};
use super::{Text, VaultStore, value};
use crate::{KeyUse, TableKeys};

/// Secret with the keys for one use.
struct Place {
    /// Name of the secret. It is not the name of a shipment's secret, so that the clean-up does not purge it.
    name: &'static str,
    /// Value of the tag.
    tag: &'static str,
    /// What is lost with the secret, for a message.
    purpose: &'static str,
}

fn place(for_use: KeyUse) -> Place {
    match for_use {
        KeyUse::EventSigning => {
            Place { name: "KEYFERRY-EVENT-SIGNING-KEY", tag: "event-signing-key", purpose: "signs the event chain" }
        }
        KeyUse::OrderSealing => Place {
            name: "KEYFERRY-ORDER-SEALING-KEY",
            tag: "order-sealing-key",
            purpose: "opens the orders of batches",
        },
    }
}

#[async_trait]
impl TableKeys for VaultStore {
    /// A disabled version is not returned.
    async fn all(&self, for_use: KeyUse) -> Result<Vec<SecretBytes>, StoreError> {
        let name = place(for_use).name;
        let failed = |error| refusal(error, name);
        let pager = self.client.list_secret_properties_versions(name, None).map_err(failed)?;
        let found: Vec<SecretProperties> = match pager.try_collect().await.map_err(|error| Refusal::of(error, name)) {
            Ok(found) => found,
            Err(Refusal::Missing) => return Ok(Vec::new()),
            Err(refusal) => return Err(refusal.into_store_error(name)),
        };
        let mut versions: Vec<_> = found.iter().filter_map(version).collect();
        versions.sort();
        let mut keys = Vec::new();
        for (_, version) in versions {
            let options = SecretClientGetSecretOptions { secret_version: Some(version), ..Default::default() };
            let secret = self.client.get_secret(name, Some(options)).await.and_then(|answer| answer.into_model());
            let secret = match secret.map_err(|error| Refusal::of(error, name)) {
                Ok(secret) => secret,
                // Disabled or deleted since it was listed.
                Err(Refusal::Missing | Refusal::Disabled) => continue,
                Err(refusal) => return Err(refusal.into_store_error(name)),
            };
            // A value that an administrator put there by hand is not a key. The caller reports it.
            keys.push(value(secret).unwrap_or_else(|_| SecretBytes::new(Vec::new())));
        }
        Ok(keys)
    }

    async fn add(&self, for_use: KeyUse, key: &SecretBytes) -> Result<(), StoreError> {
        let Place { name, tag, purpose } = place(for_use);
        match self.set(name, tag, Text::of(name, key)?).await {
            Err(Refusal::Taken) => Err(StoreError::Unavailable(format!(
                "the secret {name}, which {purpose}, was deleted from the vault. Recover it"
            ))),
            answer => answer.map_err(|refusal| refusal.into_store_error(name)),
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
