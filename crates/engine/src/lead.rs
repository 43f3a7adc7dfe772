//! Which replica the schedules run on.
//!
//! Claims keep two replicas from working on one shipment; the lease keeps all of them from reading every record each hour. It ends
//! by itself when its holder dies, and another replica goes on within two minutes.

use std::sync::PoisonError;
use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::Party;
use keyferry_domain::ports::Claim;

use crate::Engine;
use crate::engine::store_failure;
use crate::failures::explain;
use crate::measure::lease_held;

/// The lease's name.
const SCHEDULES: &str = "schedules";

/// How long it holds without being renewed.
pub(crate) const LIFE: TimeDelta = TimeDelta::seconds(90);

/// How often it is renewed: a renewal that fails is made up for by the next one.
pub(crate) const RENEWAL: Duration = Duration::from_secs(30);

impl Engine {
    /// Takes or renews the lease; whether it is ours. While the store does not answer, nobody's schedule does anything.
    pub(crate) async fn leads(&self) -> bool {
        let now = self.ports.clock.now();
        let claim = Claim { holder: self.replica.clone(), until: now + LIFE };
        let answer = self.ports.leases.take_lease(SCHEDULES, &claim, now).await;
        let mut stops = self.stops.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(ours) => {
                lease_held(ours);
                if stops.remove(&Party::Store).is_some() {
                    tracing::info!("the store answers again");
                }
                ours
            }
            Err(error) => {
                lease_held(false);
                let reason = explain(&store_failure(&error));
                // Said once, not at every renewal.
                if stops.insert(Party::Store, reason.clone()).is_none() {
                    tracing::error!(%reason, "the schedules wait for the store");
                }
                false
            }
        }
    }

    /// Does the work and keeps the lease meanwhile. Should it be lost, the work goes on all the same: claims protect each shipment.
    pub(crate) async fn leading<T>(&self, work: impl Future<Output = T>) -> T {
        let renewals = async {
            loop {
                self.ports.clock.sleep(RENEWAL).await;
                self.leads().await;
            }
        };
        tokio::select! {
            biased;
            done = work => done,
            () = renewals => unreachable!("renewals have no end"),
        }
    }

    /// Gives the lease back, so that another replica need not wait for its end.
    pub(crate) async fn stop_leading(&self) {
        lease_held(false);
        if let Err(error) = self.ports.leases.give_back_lease(SCHEDULES, &self.replica).await {
            tracing::debug!(%error, "the lease of the schedules was not given back; it ends by itself");
        }
    }
}
