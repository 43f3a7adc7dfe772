use async_trait::async_trait;
use keyferry_domain::ports::{Cursor, SecretName, StoreError};
use keyferry_domain::{SecretBytes, SecretStore, Timestamp};

use super::super::flows::FlowHint::Begins;
use super::Wrapped;

#[async_trait]
impl SecretStore for Wrapped<dyn SecretStore> {
    async fn put(&self, name: &SecretName, value: &SecretBytes) -> Result<(), StoreError> {
        self.steps.around(Begins("create"), "secrets.put", self.inner.put(name, value)).await
    }

    async fn get(&self, name: &SecretName) -> Result<Option<SecretBytes>, StoreError> {
        self.steps.around(Begins("process"), "secrets.get", self.inner.get(name)).await
    }

    async fn replace(&self, name: &SecretName, from: &SecretBytes, to: &SecretBytes) -> Result<(), StoreError> {
        self.steps.around(Begins("process"), "secrets.replace", self.inner.replace(name, from, to)).await
    }

    async fn purge(&self, name: &SecretName) -> Result<(), StoreError> {
        self.steps.around(Begins("clean-up"), "secrets.purge", self.inner.purge(name)).await
    }

    async fn list(&self, after: Option<&Cursor>) -> Result<(Vec<(SecretName, Timestamp)>, Option<Cursor>), StoreError> {
        self.steps.around(Begins("clean-up"), "secrets.list", self.inner.list(after)).await
    }
}
