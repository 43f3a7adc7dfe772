//! Scheduler lease: selects the replica that runs the schedules.
//!
//! Claims prevent two replicas from processing the same shipment. The lease prevents all replicas from reading every
//! record on each scheduled run. If its holder dies, the lease expires, and another replica takes over within two
//! minutes.

use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::Party;
use keyferry_domain::ports::Claim;

use crate::context::Context;
use crate::failures::{explain, findings};

/// Name of the lease.
const SCHEDULES: &str = "schedules";

/// Time after which the lease expires unless renewed.
pub(super) const LIFETIME: TimeDelta = TimeDelta::seconds(90);

/// Interval of renewals. Shorter than half of [`LIFETIME`], so that one failed renewal does not lose the lease.
pub(super) const RENEWAL: Duration = Duration::from_secs(30);

/// Holder of the lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    ThisReplica,
    OtherReplica,
    Nobody,
}

/// Scheduler lease of this replica.
pub(super) struct Lease<'a>(pub(super) &'a Context);

impl Lease<'_> {
    /// Takes or renews the lease. Returns its holder. While the store is unavailable, no replica holds it.
    pub(super) async fn renew(&self) -> Holder {
        let context = self.0;
        let now = context.now();
        let claim = Claim { holder: context.replica.clone(), until: now + LIFETIME };
        match context.ports.leases.take_lease(SCHEDULES, &claim, now).await {
            Ok(ours) => {
                context.metrics.lease_held(ours);
                if context.outages.end(Party::Store) {
                    tracing::info!("store is available again");
                }
                if ours { Holder::ThisReplica } else { Holder::OtherReplica }
            }
            Err(error) => {
                context.metrics.lease_held(false);
                let reason = explain(&findings::store(&error));
                // Log the outage once, not on every renewal.
                if context.outages.add(Party::Store, reason.clone()) {
                    tracing::error!(%reason, "store is unavailable; schedules are on hold");
                }
                Holder::Nobody
            }
        }
    }

    /// Runs the work and renews the lease meanwhile. If the lease is lost, the work continues: claims protect each
    /// shipment.
    pub(super) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let renewals = async {
            loop {
                self.0.ports.clock.sleep(RENEWAL).await;
                self.renew().await;
            }
        };
        tokio::select! {
            biased;
            done = work => done,
            () = renewals => unreachable!("renewals have no end"),
        }
    }

    /// Releases the lease, so that another replica does not have to wait until it expires.
    pub(super) async fn release(&self) {
        let context = self.0;
        context.metrics.lease_held(false);
        if let Err(error) = context.ports.leases.release_lease(SCHEDULES, &context.replica).await {
            tracing::debug!(%error, "could not release scheduler lease; it will expire");
        }
    }
}
