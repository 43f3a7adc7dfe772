//! Which replica the schedules run on.
//!
//! Claims keep two replicas from working on one shipment; the lease keeps all of them from reading every record each hour. It ends
//! by itself when its holder dies, and another replica goes on within two minutes.

use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::Party;
use keyferry_domain::ports::Claim;

use crate::context::Context;
use crate::failures::{explain, findings};

/// The lease's name.
const SCHEDULES: &str = "schedules";

/// How long it holds without being renewed.
pub(super) const LIFE: TimeDelta = TimeDelta::seconds(90);

/// How often it is renewed: a renewal that fails is made up for by the next one.
pub(super) const RENEWAL: Duration = Duration::from_secs(30);

/// The lease of the schedules, as this replica asks for it.
pub(super) struct Lease<'a>(pub(super) &'a Context);

impl Lease<'_> {
    /// Takes or renews the lease; whether it is ours. While the store does not answer, nobody's schedule does anything.
    pub(super) async fn renew(&self) -> bool {
        let context = self.0;
        let now = context.now();
        let claim = Claim { holder: context.replica.clone(), until: now + LIFE };
        match context.ports.leases.take_lease(SCHEDULES, &claim, now).await {
            Ok(ours) => {
                context.metrics.lease_held(ours);
                if context.outages.end(Party::Store) {
                    tracing::info!("the store answers again");
                }
                ours
            }
            Err(error) => {
                context.metrics.lease_held(false);
                let reason = explain(&findings::store(&error));
                // Said once, not at every renewal.
                if context.outages.add(Party::Store, reason.clone()) {
                    tracing::error!(%reason, "the schedules wait for the store");
                }
                false
            }
        }
    }

    /// Does the work and keeps the lease meanwhile. Should it be lost, the work goes on all the same: claims protect each shipment.
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

    /// Gives the lease back, so that another replica need not wait for its end.
    pub(super) async fn give_back(&self) {
        let context = self.0;
        context.metrics.lease_held(false);
        if let Err(error) = context.ports.leases.give_back_lease(SCHEDULES, &context.replica).await {
            tracing::debug!(%error, "the lease of the schedules was not given back; it ends by itself");
        }
    }
}
