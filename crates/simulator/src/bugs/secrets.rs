//! Store of secrets with a planted bug.

use async_trait::async_trait;
use keyferry_domain::ports::{Cursor, SecretName, StoreError};
use keyferry_domain::{SecretBytes, SecretStore, Timestamp};

use super::{Bug, Faulty};

#[async_trait]
impl SecretStore for Faulty<dyn SecretStore> {
    async fn put(&self, name: &SecretName, value: &SecretBytes) -> Result<(), StoreError> {
        match self.inner.put(name, value).await {
            // The second dispatcher overwrites what the first one stored.
            Err(StoreError::Exists(_)) if self.is(Bug::QueueWithoutClaim) => {
                self.inner.purge(name).await?;
                self.inner.put(name, value).await
            }
            put => put,
        }
    }

    async fn get(&self, name: &SecretName) -> Result<Option<SecretBytes>, StoreError> {
        self.inner.get(name).await
    }

    async fn replace(&self, name: &SecretName, from: &SecretBytes, to: &SecretBytes) -> Result<(), StoreError> {
        self.inner.replace(name, from, to).await
    }

    async fn purge(&self, name: &SecretName) -> Result<(), StoreError> {
        match (self.bug, name) {
            (Bug::SecretKept, SecretName::Shipment(_)) => Ok(()),
            _ => self.inner.purge(name).await,
        }
    }

    async fn list(&self, after: Option<&Cursor>) -> Result<(Vec<(SecretName, Timestamp)>, Option<Cursor>), StoreError> {
        let (mut names, next) = self.inner.list(after).await?;
        if self.is(Bug::OrphansWithoutAge) {
            names.iter_mut().for_each(|(_, at)| *at = Timestamp::UNIX_EPOCH);
        }
        Ok((names, next))
    }
}
