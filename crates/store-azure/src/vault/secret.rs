//! A secret of the connector itself, which an administrator stores and rotates in the vault.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use azure_security_keyvault_secrets::models::Secret;
use chrono::{DateTime, TimeDelta};
use keyferry_azure_identity::AppCredentialExpiries;
use keyferry_domain::ports::StoreError;
use keyferry_domain::{Failure, FailureKind, FailureTable, Operation, SecretBytes, Timestamp};
use keyferry_http::SecretSource;
use tokio::sync::Mutex as AsyncMutex;

use super::VaultStore;
use super::error::Refusal;

/// How long a value is used without reading it again.
const FRESH: TimeDelta = TimeDelta::minutes(5);

/// How long a value is used while the vault is unavailable.
const STALE: TimeDelta = TimeDelta::hours(1);

/// Minimum time between reads caused by refusals, so that a wrong secret does not cause a call to the vault each time.
const REFUSED_READ_INTERVAL: TimeDelta = TimeDelta::seconds(30);

/// Newest version of one secret. It is read on first use, cached for five minutes, and read again after a refusal.
pub struct VaultSecret {
    vault: VaultStore,
    name: String,
    /// Name of the secret in metrics.
    label: &'static str,
    table: &'static FailureTable,
    kept: Mutex<Option<Kept>>,
    reading: AsyncMutex<()>,
    expiries: AppCredentialExpiries,
}

struct Kept {
    value: SecretBytes,
    read: Timestamp,
    refused: bool,
    /// Time of the last read that was caused by a refusal.
    looked: Option<Timestamp>,
}

impl Kept {
    fn copy(&self) -> SecretBytes {
        SecretBytes::new(self.value.expose().to_vec())
    }
}

impl VaultSecret {
    /// Creates a source for the secret of this name. `label` is its name in metrics. `table` classifies the failures to
    /// read it.
    pub fn new(
        vault: VaultStore,
        name: impl Into<String>,
        label: &'static str,
        table: &'static FailureTable,
        expiries: AppCredentialExpiries,
    ) -> Self {
        Self {
            vault,
            name: name.into(),
            label,
            table,
            kept: Mutex::default(),
            reading: AsyncMutex::default(),
            expiries,
        }
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the cached value if it may be used without reading it again.
    fn fresh(&self, now: Timestamp) -> Option<SecretBytes> {
        let kept = self.kept();
        let kept = kept.as_ref()?;
        let fresh = match kept.refused {
            true => kept.looked.is_some_and(|looked| now - looked < REFUSED_READ_INTERVAL),
            false => now - kept.read < FRESH,
        };
        fresh.then(|| kept.copy())
    }

    async fn read(&self, now: Timestamp) -> Result<SecretBytes, StoreError> {
        let answer = self.vault.client.get_secret(&self.name, None).await;
        let secret =
            answer.and_then(|answer| answer.into_model()).map_err(|error| match Refusal::of(error, &self.name) {
                Refusal::Missing => {
                    self.wrong("is not in the vault; add it as described in the how-to page on rotating it")
                }
                Refusal::Disabled => self.wrong("is disabled; enable its newest version, or add a new version"),
                refusal => refusal.into_store_error(&self.name),
            })?;
        let ends = attribute(&secret, |attributes| attributes.expires);
        self.expiries.note(self.label, &self.name, ends, now);
        if ends.is_some_and(|ends| ends <= now) {
            return Err(self.wrong("has expired according to its expiration date in the vault; add a new version"));
        }
        if attribute(&secret, |attributes| attributes.not_before).is_some_and(|begins| begins > now) {
            return Err(self.wrong("is not valid yet according to its activation date in the vault"));
        }
        let value = secret.value.unwrap_or_default();
        match value.trim() {
            "" => Err(self.wrong("is empty")),
            value => Ok(SecretBytes::new(value.as_bytes().to_vec())),
        }
    }

    fn wrong(&self, what: &str) -> StoreError {
        StoreError::Broken { id: format!("the secret {}", self.name), reason: format!("it {what}") }
    }
}

fn attribute<T>(
    secret: &Secret,
    which: impl Fn(&azure_security_keyvault_secrets::models::SecretAttributes) -> Option<T>,
) -> Option<Timestamp>
where
    T: Into<azure_core::time::OffsetDateTime>,
{
    DateTime::from_timestamp(which(secret.attributes.as_ref()?)?.into().unix_timestamp(), 0)
}

#[async_trait]
impl SecretSource for VaultSecret {
    async fn secret(&self) -> Result<SecretBytes, Failure> {
        if let Some(value) = self.fresh(self.vault.clock.now()) {
            return Ok(value);
        }
        // Only one caller reads the vault at a time. The others find a fresh value afterwards.
        let _reading = self.reading.lock().await;
        let now = self.vault.clock.now();
        if let Some(value) = self.fresh(now) {
            return Ok(value);
        }
        match self.read(now).await {
            Ok(value) => {
                let mut kept = self.kept();
                let before = kept.take();
                let refused = before.as_ref().is_some_and(|before| before.refused);
                // A refused value that the vault still returns stays refused. Otherwise it would be cached for five
                // minutes, and a rotation would take effect that much later.
                let new = Kept {
                    refused: refused && before.as_ref().is_some_and(|before| before.value.expose() == value.expose()),
                    looked: if refused { Some(now) } else { before.and_then(|before| before.looked) },
                    value,
                    read: now,
                };
                Ok(kept.insert(new).copy())
            }
            Err(StoreError::Unavailable(reason)) => match &*self.kept() {
                Some(kept) if !kept.refused && now - kept.read < STALE => {
                    tracing::warn!(secret = self.name, reason, "could not read secret from vault: using cached value");
                    Ok(kept.copy())
                }
                _ => Err(self.failure(&StoreError::Unavailable(reason))),
            },
            Err(error) => Err(self.failure(&error)),
        }
    }

    fn refused(&self, secret: &SecretBytes) {
        if let Some(kept) = &mut *self.kept()
            && kept.value.expose() == secret.expose()
        {
            kept.refused = true;
        }
    }
}

impl VaultSecret {
    fn failure(&self, error: &StoreError) -> Failure {
        let kind = match error {
            StoreError::Unavailable(_) | StoreError::Damaged(_) => FailureKind::Unreachable,
            _ => FailureKind::Found("secret-unreadable"),
        };
        Failure::new(self.table, Operation::Secrets, kind, error.to_string())
    }
}

impl fmt::Debug for VaultSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultSecret").field("name", &self.name).finish_non_exhaustive()
    }
}
