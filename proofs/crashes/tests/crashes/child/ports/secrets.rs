use async_trait::async_trait;
use keyferry_domain::ports::{Cursor, SecretName, StoreError};
use keyferry_domain::{SecretBytes, SecretStore, Timestamp};

use super::super::flows::FlowHint::Begins;
use super::super::planted::Bug;
use super::Wrapped;

#[async_trait]
impl SecretStore for Wrapped<dyn SecretStore> {
    async fn put(&self, name: &SecretName, value: &SecretBytes) -> Result<(), StoreError> {
        let (flow, call) = match name {
            SecretName::Order(_) => ("accept", "secrets.put[order]"),
            _ => ("create", "secrets.put"),
        };
        let work = async {
            if self.planted.is(Bug::OrderNotSealed) && matches!(name, SecretName::Order(_)) {
                self.planted.hold_order(*name, value);
                return Ok(());
            }
            self.inner.put(name, value).await
        };
        self.steps.around(Begins(flow), call, work).await
    }

    async fn get(&self, name: &SecretName) -> Result<Option<SecretBytes>, StoreError> {
        let call = if matches!(name, SecretName::Order(_)) { "secrets.get[order]" } else { "secrets.get" };
        let work = async {
            match self.planted.held_order(name) {
                Some(held) => Ok(Some(held)),
                None => self.inner.get(name).await,
            }
        };
        self.steps.around(Begins("process"), call, work).await
    }

    async fn replace(&self, name: &SecretName, from: &SecretBytes, to: &SecretBytes) -> Result<(), StoreError> {
        let call = if matches!(name, SecretName::Order(_)) { "secrets.replace[order]" } else { "secrets.replace" };
        let work = async {
            if self.planted.holds_back(name) {
                self.planted.hold_order(*name, to);
                return Ok(());
            }
            self.inner.replace(name, from, to).await
        };
        self.steps.around(Begins("process"), call, work).await
    }

    async fn purge(&self, name: &SecretName) -> Result<(), StoreError> {
        let call = if matches!(name, SecretName::Order(_)) { "secrets.purge[order]" } else { "secrets.purge" };
        self.steps.around(Begins("clean-up"), call, self.inner.purge(name)).await
    }

    async fn list(&self, after: Option<&Cursor>) -> Result<(Vec<(SecretName, Timestamp)>, Option<Cursor>), StoreError> {
        self.steps.around(Begins("clean-up"), "secrets.list", self.inner.list(after)).await
    }
}
