//! Claims on records. Only the holder of a claim writes the record; the claim is renewed while the work runs.

use std::time::Duration;

use keyferry_domain::ports::{Claim, StoreError, Version};
use keyferry_domain::{Change, Shipment, ShipmentId};
use tokio::sync::Mutex;

use crate::context::Context;

/// Longest time for which a claim is renewed, so that a worker that hangs does not block its record forever.
const LONGEST: Duration = Duration::from_secs(600);

/// Claimed record. Each write and each renewal of the claim changes its version.
pub(crate) struct Claimed<'a> {
    context: &'a Context,
    id: ShipmentId,
    holder: String,
    version: Mutex<Version>,
}

impl Context {
    /// Claims the record for `holder` if it still has the given version. `holder` must be unique for each worker and
    /// run.
    pub(crate) async fn claim(
        &self,
        id: ShipmentId,
        version: &Version,
        holder: ShipmentId,
    ) -> Result<Claimed<'_>, StoreError> {
        let claimed = Claimed { context: self, id, holder: holder.to_string(), version: Mutex::new(version.clone()) };
        claimed.renew().await?;
        Ok(claimed)
    }
}

impl Claimed<'_> {
    /// Runs the work, renews the claim meanwhile, and releases it. If the process dies, the claim expires after at most
    /// `settings.claim`.
    pub(crate) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let clock = self.context.ports.clock.as_ref();
        let last = clock.monotonic() + LONGEST;
        let renewals = async {
            loop {
                clock.sleep(self.context.settings.claim / 3).await;
                if clock.monotonic() >= last {
                    // Stop renewing, so that the claim expires.
                    std::future::pending::<()>().await;
                }
                // A lost claim needs no handling here: the next write fails with a version conflict.
                if let Err(error) = self.renew().await {
                    tracing::debug!(shipment = %self.id, %error, "could not renew claim");
                }
            }
        };
        let done = tokio::select! {
            // Poll the work first: if both are ready, finished work must not wait for a renewal.
            biased;
            done = work => done,
            () = renewals => unreachable!("renewals have no end"),
        };
        if let Err(error) = self.context.ports.shipments.release(self.id, &self.holder).await {
            tracing::debug!(shipment = %self.id, %error, "could not release claim; it will expire");
        }
        done
    }

    /// Commits the change if the record did not change since it was read. Returns the stored shipment.
    pub(crate) async fn commit(&self, change: Change) -> Result<Shipment, StoreError> {
        let mut version = self.version.lock().await;
        *version = self.context.ports.shipments.commit(&change, &version).await?;
        Ok(change.into_shipment())
    }

    async fn renew(&self) -> Result<(), StoreError> {
        let mut version = self.version.lock().await;
        let now = self.context.ports.clock.now();
        let claim = Claim { holder: self.holder.clone(), until: now + self.context.settings.claim };
        *version = self.context.ports.shipments.claim(self.id, &version, &claim, now).await?;
        Ok(())
    }
}
