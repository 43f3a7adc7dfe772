//! A record that one worker holds: nobody else writes it meanwhile, and the claim lasts as long as the work.

use chrono::TimeDelta;
use keyferry_domain::ports::{Claim, StoreError, Version};
use keyferry_domain::{Change, Shipment, ShipmentId};
use tokio::sync::Mutex;

use crate::context::Context;

/// A worker that hangs must not hold its record for ever: after this no renewal follows.
const LONGEST: TimeDelta = TimeDelta::minutes(10);

/// A claimed record. Its version changes with each write and with each renewal of the claim.
pub(crate) struct Claimed<'a> {
    context: &'a Context,
    id: ShipmentId,
    holder: String,
    version: Mutex<Version>,
}

impl Context {
    /// Claims the record as it was read at `version`, under a name that no other worker has.
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
    /// Does the work, keeps the claim meanwhile, and gives it back. Who dies on the way holds it for `settings.claim` at most.
    pub(crate) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let clock = self.context.ports.clock.as_ref();
        let last = clock.now() + LONGEST;
        let renewals = async {
            loop {
                clock.sleep(self.context.settings.claim / 3).await;
                if clock.now() >= last {
                    std::future::pending::<()>().await;
                }
                // Lost or unreachable: the version tells it at the next write.
                if let Err(error) = self.renew().await {
                    tracing::debug!(shipment = %self.id, %error, "a claim was not renewed");
                }
            }
        };
        let done = tokio::select! {
            biased;
            done = work => done,
            () = renewals => unreachable!("renewals have no end"),
        };
        if let Err(error) = self.context.ports.shipments.release(self.id, &self.holder).await {
            tracing::debug!(shipment = %self.id, %error, "a claim was not given back; it ends by itself");
        }
        done
    }

    /// Commits the change, unless the record changed since we read it; the shipment as it is stored then.
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
