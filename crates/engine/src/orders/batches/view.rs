//! A batch for callers: counts, pace and time left.

use std::collections::BTreeMap;

use keyferry_domain::ports::{ShipmentFilter, StoreError};
use keyferry_domain::{Batch, BatchId, BatchState, PhaseName, RowCounts, RowState, Timestamp};

use crate::context::Context;

/// Batch with its counts.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchView {
    /// The batch.
    pub batch: Batch,
    /// Its rows.
    pub rows: RowCounts,
    /// Its shipments.
    pub shipments: BatchShipments,
    /// Progress of the check or of the orders. `None` if neither is going on, or if it is too early to tell.
    pub progress: Option<BatchProgress>,
}

/// Shipments of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchShipments {
    /// By phase.
    pub phases: BTreeMap<PhaseName, u32>,
    /// That need an operator.
    pub needs_human: u32,
    /// That wait for the address, which the person gives.
    pub awaits_address: u32,
}

impl BatchShipments {
    /// Returns the number of orders that have left the queue.
    pub fn left(&self) -> u32 {
        let waits = |phase: &PhaseName| matches!(phase, PhaseName::Queued | PhaseName::Submitting);
        self.phases.iter().filter(|(phase, _)| !waits(phase)).map(|(_, count)| count).sum()
    }
}

/// Pace of a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchProgress {
    /// Rows per minute, on average since the check began, or since the batch was submitted or resumed.
    pub rate_per_minute: f64,
    /// Seconds until the last row at this pace.
    pub seconds_left: u64,
}

pub(super) async fn view(context: &Context, batch: Batch) -> Result<BatchView, StoreError> {
    let rows = context.ports.batches.row_counts(batch.id).await?;
    let shipments = match rows.of(RowState::Queued) + rows.of(RowState::Ready) {
        0 => BatchShipments::default(),
        _ => shipments(context, batch.id).await?,
    };
    let progress = progress(&batch, &rows, &shipments, context.now());
    Ok(BatchView { batch, rows, shipments, progress })
}

pub(super) async fn shipments(context: &Context, batch: BatchId) -> Result<BatchShipments, StoreError> {
    let store = &context.ports.shipments;
    let all = ShipmentFilter { batch: Some(batch), ..ShipmentFilter::default() };
    let stuck = ShipmentFilter { needs_human: true, ..all.clone() };
    let mut phases = BTreeMap::new();
    for ((phase, _), count) in store.counts(&all).await?.0 {
        *phases.entry(phase).or_default() += number(count);
    }
    let needs_human = number(store.counts(&stuck).await?.0.values().sum());
    let awaits_address = match phases.get(&PhaseName::Queued).copied().unwrap_or_default() {
        0 => 0,
        _ => number(store.counts(&ShipmentFilter { awaits_address: true, ..all }).await?.0.values().sum()),
    };
    Ok(BatchShipments { phases, needs_human, awaits_address })
}

/// A batch has fewer rows than this type can count.
fn number(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn progress(batch: &Batch, rows: &RowCounts, shipments: &BatchShipments, now: Timestamp) -> Option<BatchProgress> {
    let (since, done, rest) = match &batch.state {
        BatchState::Checking(run) => (run.started_at, run.checked, batch.total.saturating_sub(run.checked)),
        BatchState::Submitted(run) => {
            let left = shipments.left();
            // Nothing is known about the pace of persons.
            let waiting = rows.of(RowState::Queued).saturating_sub(left + shipments.awaits_address);
            (run.running_since, left.saturating_sub(run.left_before), rows.of(RowState::Ready) + waiting)
        }
        _ => return None,
    };
    let seconds = (now - since).as_seconds_f64();
    if done == 0 || rest == 0 || seconds <= 0.0 {
        return None;
    }
    let rate_per_minute = f64::from(done) * 60.0 / seconds;
    let seconds_left = (f64::from(rest) * 60.0 / rate_per_minute).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number, not negative")]
    Some(BatchProgress { rate_per_minute, seconds_left: seconds_left as u64 })
}

#[cfg(test)]
mod tests {
    use keyferry_domain::{Caller, CallerId};

    use super::*;

    #[test]
    fn time_left_is_counted_from_the_last_resume() {
        let at = |seconds: i64| Timestamp::from_timestamp(1_790_000_000 + seconds, 0).unwrap_or_default();
        let caller = Caller::application(CallerId::new("portal"));
        let id = id();
        let batch = Batch::begin(id, "b".to_owned(), caller.clone(), at(0)).stored(100, at(0));
        let batch = batch.and_then(|batch| batch.begin_check(caller.clone(), false, at(0)));
        let batch = batch.and_then(|batch| batch.end_check(Vec::new(), at(1)));
        let batch = batch.and_then(|batch| batch.submit(caller.clone(), false, at(10)));
        let batch = batch.and_then(|batch| batch.pause(caller.clone(), "x".to_owned(), at(20)));
        let batch = batch.and_then(|batch| batch.resume(caller, "x".to_owned(), 10, at(1_000)));
        let Ok(batch) = batch else { panic!("{batch:?}") };
        let rows = RowCounts {
            states: [(RowState::Queued, 30), (RowState::Ready, 65), (RowState::Invalid, 5)].into(),
            ..RowCounts::default()
        };
        let shipments = BatchShipments {
            phases: [(PhaseName::Queued, 5), (PhaseName::Accepted, 25)].into(),
            ..BatchShipments::default()
        };
        // 15 orders in the 60 seconds since it was resumed; 65 rows and 5 orders wait.
        let expected = BatchProgress { rate_per_minute: 15.0, seconds_left: 280 };
        assert_eq!(progress(&batch, &rows, &shipments, at(1_060)), Some(expected));
        let awaiting = BatchShipments { awaits_address: 5, ..shipments };
        let expected = BatchProgress { rate_per_minute: 15.0, seconds_left: 260 };
        assert_eq!(progress(&batch, &rows, &awaiting, at(1_060)), Some(expected));
        assert_eq!(progress(&batch, &rows, &BatchShipments::default(), at(1_060)), None);
    }

    fn id() -> BatchId {
        struct Zero;
        impl keyferry_domain::Entropy for Zero {
            fn fill(&self, buffer: &mut [u8]) {
                buffer.fill(0);
            }
        }
        BatchId::new(Timestamp::UNIX_EPOCH, &Zero)
    }
}
