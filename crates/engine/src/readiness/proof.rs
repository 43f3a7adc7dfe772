//! Proof that the store accepts writes.

use std::time::Duration;

use keyferry_domain::{Clock, ShipmentStore};
use tokio::sync::Mutex;

/// Longest time to wait for the store. Shorter than the usual timeout of probes.
const PATIENCE: Duration = Duration::from_secs(3);

/// Time for which a proof remains valid, so that frequent probes do not become load.
const VALID: Duration = Duration::from_secs(2);

/// Last proof of a write: its time on the monotonic clock, and the problem.
#[derive(Default)]
pub(crate) struct LastProof(Mutex<Option<(Duration, Option<String>)>>);

impl LastProof {
    /// Proves a write unless the last proof is recent. Returns the problem, if there is one.
    pub(super) async fn prove(&self, clock: &dyn Clock, store: &dyn ShipmentStore) -> Option<String> {
        let mut last = self.0.lock().await;
        if let Some((at, problem)) = &*last
            && clock.monotonic().saturating_sub(*at) < VALID
        {
            return problem.clone();
        }
        let problem = tokio::select! {
            biased;
            proof = store.prove_write() => proof.err().map(|error| error.to_string()),
            () = clock.sleep(PATIENCE) => {
                Some(format!("the store is unavailable: it did not accept a write within {} s", PATIENCE.as_secs()))
            }
        };
        *last = Some((clock.monotonic(), problem.clone()));
        problem
    }
}
