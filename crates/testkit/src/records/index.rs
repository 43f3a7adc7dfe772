//! Indexes of records, so that no query reads all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::ops::Bound;

use keyferry_domain::ports::{Counts, ShipmentFilter};
use keyferry_domain::{BatchId, ObstacleClass, PhaseName, Shipment, ShipmentId, Term};

/// Phase and obstacle, by which records are counted.
type Kind = (PhaseName, Option<(ObstacleClass, String)>);

/// Place in the order of next attempts. No record is the place before all records with this time.
pub(super) type Attempt = (i64, Option<ShipmentId>);

/// What the indexes contain of one record.
#[derive(Clone, Default)]
pub(super) struct Entry {
    kind: Option<Kind>,
    next_attempt: i64,
    batch: Option<BatchId>,
    terms: Vec<Term>,
    by_hand: bool,
}

impl Entry {
    pub(super) fn of(shipment: &Shipment, by_hand: bool) -> Self {
        let obstacle = shipment.obstacle().map(|obstacle| (obstacle.class, obstacle.code.to_string()));
        Self {
            kind: Some((shipment.phase().name(), obstacle)),
            next_attempt: super::micros(shipment.next_attempt()),
            batch: shipment.batch(),
            terms: shipment.terms(),
            by_hand,
        }
    }

    fn phase(&self) -> Option<PhaseName> {
        self.kind.as_ref().map(|(phase, _)| *phase)
    }
}

/// Merges sorted sequences into one, without repetitions.
fn merge<'a, T: Ord + Copy + 'a>(sorted: Vec<impl Iterator<Item = T> + 'a>) -> impl Iterator<Item = T> + 'a {
    let mut sorted: Vec<Peekable<_>> = sorted.into_iter().map(Iterator::peekable).collect();
    std::iter::from_fn(move || {
        let least = sorted.iter_mut().filter_map(|one| one.peek().copied()).min()?;
        for one in &mut sorted {
            while one.next_if_eq(&least).is_some() {}
        }
        Some(least)
    })
}

/// Indexes of all records.
#[derive(Clone, Default)]
pub(super) struct Index {
    entries: BTreeMap<ShipmentId, Entry>,
    phases: BTreeMap<PhaseName, BTreeSet<ShipmentId>>,
    batches: BTreeMap<BatchId, BTreeSet<ShipmentId>>,
    terms: BTreeMap<Term, BTreeSet<ShipmentId>>,
    by_hand: BTreeSet<ShipmentId>,
    /// In the order of their next attempts, by phase.
    attempts: BTreeMap<PhaseName, BTreeSet<Attempt>>,
    counts: BTreeMap<Kind, u64>,
}

impl Index {
    pub(super) fn set(&mut self, id: ShipmentId, entry: Entry) {
        let before = self.entries.remove(&id).unwrap_or_default();
        if let Some(kind) = &before.kind {
            self.phases.entry(kind.0).or_default().remove(&id);
            self.attempts.entry(kind.0).or_default().remove(&(before.next_attempt, Some(id)));
            if let Some(count) = self.counts.get_mut(kind) {
                *count -= 1;
            }
        }
        if let Some(kind) = &entry.kind {
            self.phases.entry(kind.0).or_default().insert(id);
            self.attempts.entry(kind.0).or_default().insert((entry.next_attempt, Some(id)));
            *self.counts.entry(kind.clone()).or_default() += 1;
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
        if entry.phase().is_some() {
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

    /// Returns the number of records in these phases, or of all.
    pub(super) fn counts(&self, phases: &[PhaseName]) -> Counts {
        let some = self
            .counts
            .iter()
            .filter(|((phase, _), count)| **count > 0 && (phases.is_empty() || phases.contains(phase)));
        Counts(some.map(|(kind, count)| (kind.clone(), *count)).collect())
    }

    /// Returns the records in these phases in the order of their next attempts, from this one.
    pub(super) fn by_attempt(&self, phases: &[PhaseName], from: Attempt) -> impl Iterator<Item = Attempt> {
        let sets = phases.iter().filter_map(|phase| self.attempts.get(phase));
        merge(sets.map(|set| set.range(from..).copied()).collect())
    }

    /// Returns all records that may match the filter, in the order of their ids, after this one. `None`: all records.
    pub(super) fn candidates(
        &self,
        filter: &ShipmentFilter,
        after: Option<ShipmentId>,
    ) -> Option<impl Iterator<Item = ShipmentId> + use<'_>> {
        let terms = filter.terms();
        let by_term = terms.first().map(|term| self.terms.get(term).into_iter().collect::<Vec<_>>());
        let by_batch = filter.batch.map(|batch| self.batches.get(&batch).into_iter().collect::<Vec<_>>());
        let by_phase = (!filter.phases.is_empty()).then(|| {
            let hand = filter.or_set_by_hand.then_some(&self.by_hand);
            filter.phases.iter().filter_map(|phase| self.phases.get(phase)).chain(hand).collect::<Vec<_>>()
        });
        let size = |sets: &Vec<&BTreeSet<ShipmentId>>| sets.iter().map(|set| set.len()).sum::<usize>();
        let sets = [by_term, by_batch, by_phase].into_iter().flatten().min_by_key(size)?;
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        Some(merge(sets.into_iter().map(|set| set.range((start, Bound::Unbounded)).copied()).collect()))
    }
}
