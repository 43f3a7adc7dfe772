//! Leases with a planted bug.

use async_trait::async_trait;
use keyferry_domain::ports::{Claim, StoreError};
use keyferry_domain::{LeaseStore, Timestamp};

use super::{Bug, Faulty};

#[async_trait]
impl LeaseStore for Faulty<dyn LeaseStore> {
    async fn take_lease(&self, name: &str, claim: &Claim, now: Timestamp) -> Result<bool, StoreError> {
        if matches!(self.bug, Bug::LeaseFromFuture | Bug::LeaseWithoutExpiry)
            && let Some(held) = self.inner.lease(name).await?
            && held.holder != claim.holder
            && (self.is(Bug::LeaseWithoutExpiry) || held.until > now)
        {
            return Ok(false);
        }
        if self.is(Bug::QueueWithoutClaim) && name == "queue" {
            return Ok(true);
        }
        self.inner.take_lease(name, claim, now).await
    }

    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        self.inner.release_lease(name, holder).await
    }

    async fn lease(&self, name: &str) -> Result<Option<Claim>, StoreError> {
        self.inner.lease(name).await
    }
}
