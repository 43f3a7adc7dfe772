//! Indexes of records, so that no query reads all of them.

use std::collections::{BTreeMap, BTreeSet};

use keyferry_domain::ports::ShipmentFilter;
use keyferry_domain::{BatchId, PhaseName, Shipment, ShipmentId, Term};

/// What the indexes contain of one record.
#[derive(Clone, Default)]
pub(super) struct Entry {
    phase: Option<PhaseName>,
    batch: Option<BatchId>,
    terms: Vec<Term>,
    by_hand: bool,
}

impl Entry {
    pub(super) fn of(shipment: &Shipment, by_hand: bool) -> Self {
        Self { phase: Some(shipment.phase().name()), batch: shipment.batch(), terms: shipment.terms(), by_hand }
    }
}

/// Indexes of all records.
#[derive(Clone, Default)]
pub(super) struct Index {
    entries: BTreeMap<ShipmentId, Entry>,
    phases: BTreeMap<PhaseName, BTreeSet<ShipmentId>>,
    batches: BTreeMap<BatchId, BTreeSet<ShipmentId>>,
    terms: BTreeMap<Term, BTreeSet<ShipmentId>>,
    by_hand: BTreeSet<ShipmentId>,
}

impl Index {
    pub(super) fn set(&mut self, id: ShipmentId, entry: Entry) {
        let before = self.entries.remove(&id).unwrap_or_default();
        if before.phase != entry.phase {
            if let Some(phase) = before.phase {
                self.phases.entry(phase).or_default().remove(&id);
            }
            if let Some(phase) = entry.phase {
                self.phases.entry(phase).or_default().insert(id);
            }
        }
        if before.batch != entry.batch {
            if let Some(batch) = before.batch {
                self.batches.entry(batch).or_default().remove(&id);
            }
            if let Some(batch) = entry.batch {
                self.batches.entry(batch).or_default().insert(id);
            }
        }
        if before.terms != entry.terms {
            for term in &before.terms {
                if let Some(ids) = self.terms.get_mut(term) {
                    ids.remove(&id);
                }
            }
            for term in &entry.terms {
                self.terms.entry(term.clone()).or_default().insert(id);
            }
        }
        if entry.by_hand {
            self.by_hand.insert(id)
        } else {
            self.by_hand.remove(&id)
        };
        if entry.phase.is_some() {
            self.entries.insert(id, entry);
        }
    }

    pub(super) fn remove(&mut self, id: ShipmentId) {
        self.set(id, Entry::default());
    }

    /// Returns the records with a term.
    pub(super) fn with_term(&self, term: &Term) -> impl DoubleEndedIterator<Item = ShipmentId> + use<'_> {
        self.terms.get(term).into_iter().flatten().copied()
    }

    /// Returns all records that may match the filter, in the order of their ids, after this one. `None`: all records.
    pub(super) fn candidates(&self, filter: &ShipmentFilter, after: Option<ShipmentId>) -> Option<Vec<ShipmentId>> {
        let terms = filter.terms();
        let by_term = terms.first().map(|term| self.terms.get(term).into_iter().collect::<Vec<_>>());
        let by_batch = filter.batch.map(|batch| self.batches.get(&batch).into_iter().collect::<Vec<_>>());
        let by_phase = (!filter.phases.is_empty()).then(|| {
            let hand = filter.or_set_by_hand.then_some(&self.by_hand);
            filter.phases.iter().filter_map(|phase| self.phases.get(phase)).chain(hand).collect::<Vec<_>>()
        });
        let size = |sets: &Vec<&BTreeSet<ShipmentId>>| sets.iter().map(|set| set.len()).sum::<usize>();
        let sets = [by_term, by_batch, by_phase].into_iter().flatten().min_by_key(size)?;
        let mut found: Vec<_> = match after {
            Some(after) => sets.iter().flat_map(|set| set.range(after..)).copied().filter(|id| *id != after).collect(),
            None => sets.iter().flat_map(|set| set.iter()).copied().collect(),
        };
        found.sort_unstable();
        found.dedup();
        Some(found)
    }
}
