//! Batches in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use keyferry_domain::ports::{Cursor, MOST_ROWS, Page, RowFilter, StoreError, StoredBatch, Version};
use keyferry_domain::{
    Batch, BatchId, BatchRow, BatchStateName, BatchStore, NewRow, RowCounts, RowState, SecretBytes, Severity,
};

/// Batches in memory.
#[derive(Default)]
pub struct MemoryBatches(Mutex<State>);

#[derive(Clone, Default)]
struct State {
    batches: BTreeMap<BatchId, (Batch, u64)>,
    rows: BTreeMap<(BatchId, u32), Row>,
    /// Rows by state.
    states: BTreeMap<(BatchId, RowState), BTreeSet<u32>>,
    versions: u64,
}

/// Row, and its order as it was stored.
type Row = (BatchRow, Option<Vec<u8>>);

impl State {
    fn next(&mut self) -> u64 {
        self.versions += 1;
        self.versions
    }

    fn set(&mut self, batch: BatchId, row: BatchRow, order: Option<Vec<u8>>) {
        let (number, state) = (row.row, row.state);
        if let Some((before, _)) = self.rows.insert((batch, number), (row, order)) {
            self.states.entry((batch, before.state)).or_default().remove(&number);
        }
        self.states.entry((batch, state)).or_default().insert(number);
    }

    /// Returns the rows of a batch that may match the filter, after this one.
    fn candidates(&self, batch: BatchId, filter: &RowFilter, after: u32) -> Box<dyn Iterator<Item = &Row> + '_> {
        let range = (Bound::Excluded(after), Bound::Unbounded);
        if let [state] = filter.states[..] {
            let rows = self.states.get(&(batch, state)).into_iter().flat_map(move |rows| rows.range(range));
            return Box::new(rows.filter_map(move |row| self.rows.get(&(batch, *row))));
        }
        let range = (Bound::Excluded((batch, after)), Bound::Included((batch, u32::MAX)));
        Box::new(self.rows.range(range).map(|(_, row)| row))
    }
}

fn version(version: u64) -> Version {
    Version(version.to_string())
}

impl MemoryBatches {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a copy of everything, as a backup.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self(Mutex::new(self.state().clone()))
    }

    /// Replaces everything by a backup.
    pub fn restore(&self, backup: &Self) {
        let state = backup.state().clone();
        *self.state() = state;
    }

    /// Makes the order of a row unreadable.
    pub fn damage(&self, batch: BatchId, row: u32) {
        if let Some((_, order)) = self.state().rows.get_mut(&(batch, row)) {
            *order = None;
        }
    }

    /// Returns the number of orders that are kept.
    pub fn orders(&self) -> usize {
        self.state().rows.values().filter(|(_, order)| order.is_some()).count()
    }
}

#[async_trait]
impl BatchStore for MemoryBatches {
    async fn insert_batch(&self, batch: &Batch) -> Result<Version, StoreError> {
        let mut state = self.state();
        if state.batches.contains_key(&batch.id) {
            return Err(StoreError::Exists(batch.id.to_string()));
        }
        let next = state.next();
        state.batches.insert(batch.id, (batch.clone(), next));
        Ok(version(next))
    }

    async fn batch(&self, id: BatchId) -> Result<Option<StoredBatch>, StoreError> {
        let stored = self.state().batches.get(&id).cloned();
        Ok(stored.map(|(batch, at)| StoredBatch { batch, version: version(at) }))
    }

    async fn commit_batch(&self, batch: &Batch, expected: &Version) -> Result<Version, StoreError> {
        let mut state = self.state();
        let next = state.next();
        // A process that dies right after this never works on the batch again, so their addresses would stay.
        let is_over = matches!(batch.state.name(), BatchStateName::Finished | BatchStateName::Cancelled);
        let rows = state.rows.range((batch.id, 0)..=(batch.id, u32::MAX));
        let orders = rows.filter(|(_, (_, order))| order.is_some());
        assert!(!is_over || orders.count() == 0, "the batch is over, and orders are kept");
        match state.batches.get_mut(&batch.id) {
            Some(stored) if version(stored.1) == *expected => *stored = (batch.clone(), next),
            _ => return Err(StoreError::Conflict(batch.id.to_string())),
        }
        Ok(version(next))
    }

    async fn batches(
        &self,
        states: &[BatchStateName],
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<StoredBatch>, StoreError> {
        let after = match after {
            None => None,
            Some(cursor) => Some(BatchId::parse(&cursor.0).ok_or_else(|| StoreError::Broken {
                id: "the cursor".to_owned(),
                reason: "it is not an id".to_owned(),
            })?),
        };
        let state = self.state();
        let mut found: Vec<_> = state
            .batches
            .values()
            .rev()
            .filter(|(batch, _)| after.is_none_or(|after| batch.id < after))
            .filter(|(batch, _)| states.is_empty() || states.contains(&batch.state.name()))
            .take(limit as usize + 1)
            .map(|(batch, at)| StoredBatch { batch: batch.clone(), version: version(*at) })
            .collect();
        let more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let next = found.last().filter(|_| more).map(|last| Cursor(last.batch.id.to_string()));
        Ok(Page { items: found, next, broken: Vec::new() })
    }

    async fn add_rows(&self, batch: BatchId, rows: &[NewRow]) -> Result<(), StoreError> {
        assert!(rows.len() <= MOST_ROWS, "{} rows at once", rows.len());
        let mut state = self.state();
        if let Some(taken) = rows.iter().find(|row| state.rows.contains_key(&(batch, row.row.row))) {
            return Err(StoreError::Exists(format!("row {} of {batch}", taken.row.row)));
        }
        for NewRow { row, order } in rows {
            let order = order.as_ref().map(|order| order.expose().to_vec());
            state.set(batch, row.clone(), order);
        }
        Ok(())
    }

    async fn rows(
        &self,
        batch: BatchId,
        filter: &RowFilter,
        after: u32,
        limit: u32,
    ) -> Result<Vec<NewRow>, StoreError> {
        let state = self.state();
        let found = state.candidates(batch, filter, after).filter(|(row, _)| filter.matches(row)).take(limit as usize);
        let rows = found.map(|(row, order)| {
            let order = order.clone().filter(|_| filter.orders).map(SecretBytes::new);
            NewRow { row: row.clone(), order }
        });
        Ok(rows.collect())
    }

    async fn update_rows(&self, batch: BatchId, rows: &[BatchRow]) -> Result<(), StoreError> {
        assert!(rows.len() <= MOST_ROWS, "{} rows at once", rows.len());
        let mut state = self.state();
        for row in rows {
            if let Some((_, order)) = state.rows.get(&(batch, row.row)) {
                let order = order.clone().filter(|_| row.state.needs_order());
                state.set(batch, row.clone(), order);
            }
        }
        Ok(())
    }

    async fn replace_row(&self, batch: BatchId, row: &NewRow) -> Result<bool, StoreError> {
        let mut state = self.state();
        if !state.rows.contains_key(&(batch, row.row.row)) {
            return Ok(false);
        }
        state.set(batch, row.row.clone(), row.order.as_ref().map(|order| order.expose().to_vec()));
        Ok(true)
    }

    async fn drop_orders(&self, batch: BatchId) -> Result<(), StoreError> {
        let mut state = self.state();
        for (_, (row, order)) in state.rows.range_mut((batch, 0)..=(batch, u32::MAX)) {
            order.take_if(|_| row.state != RowState::Ready);
        }
        Ok(())
    }

    async fn row_counts(&self, batch: BatchId) -> Result<RowCounts, StoreError> {
        let mut counts = RowCounts::default();
        for (_, (row, _)) in self.state().rows.range((batch, 0)..=(batch, u32::MAX)) {
            *counts.states.entry(row.state).or_default() += 1;
            counts.errors += u32::from(row.has(Severity::Error));
            counts.warnings += u32::from(row.has(Severity::Warning));
        }
        Ok(counts)
    }

    async fn delete_batch(&self, id: BatchId) -> Result<(), StoreError> {
        let mut state = self.state();
        state.batches.remove(&id);
        state.rows.retain(|(batch, _), _| *batch != id);
        state.states.retain(|(batch, _), _| *batch != id);
        Ok(())
    }
}
