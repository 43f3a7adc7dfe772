//! Leases: select the replica that does what only one of them should do at a time.
//!
//! Claims prevent two replicas from processing the same shipment. A lease prevents all replicas from reading the same
//! records at the same time. If its holder dies, the lease expires, and another replica takes over within two minutes.

use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::Party;
use keyferry_domain::ports::Claim;

use crate::context::Context;
use crate::failures::{explain, findings};

/// Time after which a lease expires unless renewed.
pub(crate) const LIFETIME: TimeDelta = TimeDelta::seconds(90);

/// Interval of renewals. Shorter than half of [`LIFETIME`], so that one failed renewal does not lose the lease.
pub(crate) const RENEWAL: Duration = Duration::from_secs(30);

/// Holder of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    ThisReplica,
    OtherReplica,
    Nobody,
}

/// Work that one replica does at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// Scheduled runs and clean-up.
    Schedules,
    /// Sending queued orders.
    Queue,
    /// Checking and feeding batches.
    Batches,
    /// Sending messages to webhooks.
    Webhooks,
}

impl Duty {
    /// All duties.
    pub const ALL: [Self; 4] = [Self::Schedules, Self::Queue, Self::Batches, Self::Webhooks];

    /// Returns the name of the lease.
    pub fn name(self) -> &'static str {
        match self {
            Self::Schedules => "schedules",
            Self::Queue => "queue",
            Self::Batches => "batches",
            Self::Webhooks => "webhooks",
        }
    }
}

/// Lease of this replica.
pub(crate) struct Lease<'a> {
    context: &'a Context,
    duty: Duty,
}

impl<'a> Lease<'a> {
    pub(crate) fn new(context: &'a Context, duty: Duty) -> Self {
        Self { context, duty }
    }

    /// Takes or renews the lease. Returns its holder. While the store is unavailable, no replica holds it.
    pub(crate) async fn renew(&self) -> Holder {
        let context = self.context;
        let now = context.now();
        let claim = Claim { holder: context.replica.clone(), until: now + LIFETIME };
        match context.ports.leases.take_lease(self.duty.name(), &claim, now).await {
            Ok(ours) => {
                self.measure(ours);
                if context.outages.end(Party::Store) {
                    tracing::info!("store is available again");
                }
                if ours { Holder::ThisReplica } else { Holder::OtherReplica }
            }
            Err(error) => {
                self.measure(false);
                let reason = explain(&findings::store(&error));
                // Log the outage once, not on every renewal.
                if context.outages.add(Party::Store, reason.clone()) {
                    tracing::error!(%reason, "store is unavailable; schedules and queue are on hold");
                }
                Holder::Nobody
            }
        }
    }

    fn measure(&self, ours: bool) {
        if self.duty == Duty::Schedules {
            self.context.metrics.lease_held(ours);
        }
    }

    /// Runs the work and renews the lease meanwhile. If the lease is lost, the work continues: claims protect each
    /// shipment.
    pub(crate) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let renewals = async {
            loop {
                self.context.ports.clock.sleep(RENEWAL).await;
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
    pub(crate) async fn release(&self) {
        let context = self.context;
        self.measure(false);
        if let Err(error) = context.ports.leases.release_lease(self.duty.name(), &context.replica).await {
            tracing::debug!(%error, lease = self.duty.name(), "could not release lease; it will expire");
        }
    }
}
