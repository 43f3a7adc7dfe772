//! The chain over all events: verified as a whole in the background, and for single events on each page.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::{StreamExt as _, stream};
use keyferry_domain::Clock;
use keyferry_domain::ports::StoreError;
use keyferry_engine::HistoryEvent;
use keyferry_evidence::{EvidenceStore, Standing, Summary, standing, verify_counting};

use crate::job::{Job, State};

/// Time limit of a verification.
const LIMIT: Duration = Duration::from_secs(120);

/// Age of a result that a request for a verification does not repeat.
const FRESH: Duration = Duration::from_secs(5);

/// Age of a result that a visit of the page repeats.
const OLD: Duration = Duration::from_secs(600);

/// Number of events that are compared at the same time.
const CONCURRENCY: usize = 8;

/// Chain over all events. Clones share the last result.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Chain {
    store: Arc<dyn EvidenceStore>,
    job: Job<Verification>,
    count: Arc<AtomicU64>,
}

/// Result of a verification.
pub(super) enum Verification {
    /// The chain is intact. With the ids of the keys that the store holds.
    Intact(Summary, Vec<String>),
    /// The first broken entry, in English.
    Broken(String),
    /// It could not be verified.
    Failed(String),
}

impl Chain {
    /// Creates it. The chain is verified when a page is visited.
    pub fn new(store: Arc<dyn EvidenceStore>) -> Self {
        Self { store, job: Job::default(), count: Arc::default() }
    }

    pub(super) fn store(&self) -> &Arc<dyn EvidenceStore> {
        &self.store
    }

    /// Returns the number of entries that were verified so far.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Verifies the whole chain if the last result is older than the limit for the reason, and no verification is in
    /// progress. Waits for it up to `patience` if it was requested or is the first one, and returns the last result.
    pub(super) async fn verify(
        &self,
        clock: &Arc<dyn Clock>,
        is_requested: bool,
        patience: Duration,
    ) -> State<Verification> {
        let age = if is_requested { FRESH } else { OLD };
        let (store, count) = (self.store.clone(), self.count.clone());
        self.job.refresh(clock, age, LIMIT, async move {
            count.store(0, Ordering::Relaxed);
            match whole(store.as_ref(), &count).await {
                Ok(verification) => verification,
                Err(error) => Verification::Failed(error.to_string()),
            }
        });
        // A visit shows the last result, however old, rather than to wait.
        let patience = if is_requested || !self.job.has_ended_once() { patience } else { Duration::ZERO };
        self.job.wait(patience).await
    }

    /// Compares events with their entries. `None` for one that could not be compared.
    pub(super) async fn standings(&self, events: &[HistoryEvent]) -> Vec<Option<Standing>> {
        let of = |event: &HistoryEvent| (event.shipment.to_string(), event.event.seq);
        let places: Vec<_> = events.iter().map(of).collect();
        let compare = |(shipment, seq): (String, u32)| async move {
            match standing(self.store.as_ref(), &shipment, seq).await {
                Ok(standing) => Some(standing),
                Err(error) => {
                    tracing::warn!(%error, shipment, seq, "could not compare an event with the event chain");
                    None
                }
            }
        };
        stream::iter(places).map(compare).buffered(CONCURRENCY).collect().await
    }
}

async fn whole(store: &dyn EvidenceStore, count: &AtomicU64) -> Result<Verification, StoreError> {
    let found = verify_counting(store, &[], Vec::new(), |entries| count.store(entries, Ordering::Relaxed)).await?;
    Ok(match found {
        Ok(summary) => {
            let keys = store.signing_keys().await?.into_iter().filter(|key| key.is_held);
            let kids = keys.filter_map(|key| key.jwk["kid"].as_str().map(str::to_owned));
            Verification::Intact(summary, kids.collect())
        }
        Err(broken) => {
            tracing::error!(reason = %broken, "events were changed outside of Keyferry");
            Verification::Broken(broken.to_string())
        }
    })
}
