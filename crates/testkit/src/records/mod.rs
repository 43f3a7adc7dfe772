//! Store of shipments and events in memory.

mod index;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use keyferry_domain::ports::{
    CURSOR, Claim, ClaimChange, Counts, Cursor, EventCursor, Page, RecordColumns, RecordedEvent, ShipmentFilter,
    ShipmentSort, StoreError, Stored, Summary, SummaryColumns, Version,
};
use keyferry_domain::shipment::EventWrite;
use keyferry_domain::{Change, DeliveryId, Event, Shipment, ShipmentId, Term, Timestamp};

use self::index::{Attempt, Entry, Index};

/// Maximum page size. It is small, so that callers must follow the cursor.
const PAGE: usize = 7;

#[derive(Clone)]
struct Row {
    shipment: Shipment,
    updated_at: Timestamp,
    version: u64,
    claim: Option<Claim>,
    set_complete_by_hand: bool,
    broken: bool,
    /// Computed when it is first listed after a write.
    summary: OnceLock<Summary>,
}

/// Store of shipments in memory. The methods are those of the port; the caller passes the time.
#[derive(Clone)]
pub struct Records {
    rows: BTreeMap<ShipmentId, Row>,
    index: Index,
    /// All events in the order of commits. The position of an event is its index. `None`: deleted.
    feed: Vec<Option<(ShipmentId, Event)>>,
    /// Positions of the events of each shipment.
    positions: BTreeMap<ShipmentId, Vec<usize>>,
    /// Maximum page size.
    pub page: usize,
    /// Whether each written record is compared with what is read again.
    pub rereads: bool,
    /// All records and events ever written, as JSON, if `keep_writings` is set.
    pub written: Vec<String>,
    /// Whether to record all writes in `written`.
    pub keep_writings: bool,
    /// Shipments whose columns listings cannot read.
    pub unlistable: BTreeSet<ShipmentId>,
    /// Index of an event that cannot be read, in the order of all events.
    pub damaged_event: Option<usize>,
}

impl Default for Records {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            index: Index::default(),
            feed: Vec::new(),
            positions: BTreeMap::new(),
            page: PAGE,
            rereads: true,
            written: Vec::new(),
            keep_writings: false,
            unlistable: BTreeSet::new(),
            damaged_event: None,
        }
    }
}

fn conflict(id: ShipmentId) -> StoreError {
    StoreError::Conflict(id.to_string())
}

impl Row {
    fn version(&self) -> Version {
        Version(format!("{}{}", self.version, if self.set_complete_by_hand { " by hand" } else { "" }))
    }

    fn stored(&self, now: Timestamp) -> Stored {
        let shipment = self.shipment.clone();
        let change = match self.set_complete_by_hand {
            true => shipment.completed_by_hand(now),
            false => Change::none(shipment),
        };
        Stored { change, version: self.version(), claim: self.claim.clone() }
    }

    fn has_terms(&self, terms: &[Term]) -> bool {
        terms.is_empty() || {
            let own = self.shipment.terms();
            terms.iter().all(|term| own.contains(term))
        }
    }

    fn summary(&self) -> &Summary {
        self.summary.get_or_init(|| self.new_summary())
    }

    fn new_summary(&self) -> Summary {
        let columns = RecordColumns::of(&self.shipment).unwrap();
        let state = if self.set_complete_by_hand { "complete" } else { columns.state };
        let columns = SummaryColumns {
            id: columns.id,
            shipment_id: columns.shipment_id,
            state: state.to_owned(),
            phase: columns.phase.to_owned(),
            error_message: columns.error_message,
            obstacle_class: columns.obstacle_class.map(str::to_owned),
            obstacle_code: columns.obstacle_code,
            user_id: columns.user_id,
            object_id: columns.object_id,
            serial: columns.serial,
            tracking_number: columns.tracking_number,
            requested_by: columns.requested_by,
            needs_human: columns.needs_human,
            batch: columns.batch,
            product_id: columns.product_id,
            reference: columns.reference,
            country: columns.country,
            not_before: columns.not_before,
            needed_by: columns.needed_by,
            created_at: Some(columns.created_at),
            updated_at: Some(self.updated_at),
            deadline: columns.deadline,
            next_attempt: columns.next_attempt,
        };
        columns.read().unwrap()
    }
}

#[expect(clippy::missing_errors_doc, missing_docs, reason = "the methods are those of the port")]
impl Records {
    fn write(&mut self, shipment: &Shipment) -> Shipment {
        if !self.rereads && !self.keep_writings {
            return shipment.clone();
        }
        let json = serde_json::to_string(shipment).unwrap();
        let read = serde_json::from_str(&json).unwrap();
        assert_eq!(*shipment, read, "the record changes when it is written and read");
        if self.keep_writings {
            self.written.push(json);
        }
        read
    }

    fn write_events(&mut self, change: &Change) {
        let id = change.shipment().id();
        let positions = self.positions.entry(id).or_default();
        for write in change.writes() {
            let (EventWrite::Append(event) | EventWrite::Recount(event)) = write;
            if self.keep_writings {
                self.written.push(serde_json::to_string(event).unwrap());
            }
            let newest_first = positions.iter().rev().copied();
            let position = newest_first
                .into_iter()
                .find(|at| self.feed[*at].as_ref().is_some_and(|(of, stored)| *of == id && stored.seq == event.seq));
            match (write, position) {
                (EventWrite::Append(_), None) => {
                    positions.push(self.feed.len());
                    self.feed.push(Some((id, event.clone())));
                }
                (EventWrite::Recount(_), Some(at)) => self.feed[at] = Some((id, event.clone())),
                (write, _) => panic!("{write:?} does not match the stored events"),
            }
        }
    }

    /// Updates what is derived from a row that changed.
    fn changed(&mut self, id: ShipmentId) {
        if let Some(row) = self.rows.get_mut(&id) {
            row.summary = OnceLock::new();
            self.index.set(id, Entry::of(&row.shipment, row.set_complete_by_hand));
        }
    }

    fn row(&mut self, id: ShipmentId, expected: &Version) -> Result<&mut Row, StoreError> {
        self.rows.get_mut(&id).filter(|row| row.version() == *expected).ok_or_else(|| conflict(id))
    }

    pub fn insert(&mut self, change: &Change, now: Timestamp) -> Result<Version, StoreError> {
        let id = change.shipment().id();
        if self.rows.contains_key(&id) {
            return Err(StoreError::Exists(id.to_string()));
        }
        let shipment = self.write(change.shipment());
        self.write_events(change);
        let row = Row {
            shipment,
            updated_at: now,
            version: 1,
            claim: None,
            set_complete_by_hand: false,
            broken: false,
            summary: OnceLock::new(),
        };
        let version = row.version();
        self.rows.insert(id, row);
        self.changed(id);
        Ok(version)
    }

    pub fn get(&self, id: ShipmentId, now: Timestamp) -> Result<Option<Stored>, StoreError> {
        match self.rows.get(&id) {
            Some(row) if row.broken => Err(StoreError::Broken { id: id.to_string(), reason: "damaged".into() }),
            row => Ok(row.map(|row| row.stored(now))),
        }
    }

    /// Sets the member at this JSON pointer of the record, as an editor of the table would.
    pub fn edit_by_hand(&mut self, id: ShipmentId, pointer: &str, value: serde_json::Value) {
        let row = self.rows.get_mut(&id).unwrap();
        let mut record = serde_json::to_value(&row.shipment).unwrap();
        *record.pointer_mut(pointer).unwrap() = value;
        row.shipment = serde_json::from_value(record).unwrap();
        row.version += 1;
        self.changed(id);
    }

    pub fn find(&self, id: &DeliveryId, now: Timestamp) -> Option<Stored> {
        let mut found = self.index.with_term(&Term::delivery_id(id)).filter_map(|found| self.rows.get(&found));
        found.find(|row| row.shipment.phase().delivery_id() == Some(id)).map(|row| row.stored(now))
    }

    pub fn commit(&mut self, change: &Change, expected: &Version, now: Timestamp) -> Result<Version, StoreError> {
        let id = change.shipment().id();
        self.row(id, expected)?;
        let shipment = self.write(change.shipment());
        self.write_events(change);
        let row = self.row(id, expected)?;
        row.shipment = shipment;
        row.updated_at = now;
        row.version += 1;
        row.set_complete_by_hand = false;
        let version = row.version();
        self.changed(id);
        Ok(version)
    }

    pub fn commit_and_claim(
        &mut self,
        change: &Change,
        expected: &Version,
        claim: &ClaimChange,
        now: Timestamp,
    ) -> Result<Version, StoreError> {
        let id = change.shipment().id();
        match claim {
            ClaimChange::Take(claim, at) => {
                let held = self.row(id, expected)?.claim.as_ref();
                if held.is_some_and(|held| held.blocks(claim, *at)) {
                    return Err(conflict(id));
                }
                let version = self.commit(change, expected, now)?;
                self.row(id, &version)?.claim = Some(claim.clone());
                Ok(version)
            }
            ClaimChange::Release(holder) => {
                let version = self.commit(change, expected, now)?;
                self.row(id, &version)?.claim.take_if(|held| held.holder == *holder);
                Ok(version)
            }
        }
    }

    pub fn query(
        &self,
        filter: &ShipmentFilter,
        sort: ShipmentSort,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Page<Summary> {
        let limit = self.page.min(usize::try_from(limit).unwrap());
        // By value, so that rows that change while a caller lists neither shift the next page nor are missed.
        let key = |summary: &Summary| (sort_key(sort, summary), summary.id.to_string());
        let after = after.map(|cursor| match cursor.0.split_once(' ') {
            Some((at, id)) => (at.parse::<i64>().unwrap(), id.to_owned()),
            None => (0, cursor.0.clone()),
        });
        let found: Vec<_> = if sort == ShipmentSort::Id {
            let last = after.and_then(|(_, id)| ShipmentId::parse(&id));
            self.matching(filter, last).take(limit + 1).cloned().collect()
        } else if sort == ShipmentSort::NextAttempt && !filter.phases.is_empty() && !filter.or_set_by_hand {
            let after = after.and_then(|(at, id)| Some((at, Some(ShipmentId::parse(&id)?))));
            self.by_attempt(filter, after).take(limit + 1).cloned().collect()
        } else {
            let mut found: Vec<_> = self.matching(filter, None).map(|summary| (key(summary), summary)).collect();
            found.retain(|(key, _)| after.as_ref().is_none_or(|after| key > after));
            found.sort_by(|(one, _), (other, _)| one.cmp(other));
            found.into_iter().take(limit + 1).map(|(_, summary)| summary.clone()).collect()
        };
        let has_more = found.len() > limit;
        let items: Vec<_> = found.into_iter().take(limit).collect();
        let next = items.last().filter(|_| has_more).map(key).map(|(at, id)| match sort {
            ShipmentSort::Id => Cursor(id),
            _ => Cursor(format!("{at} {id}")),
        });
        let (broken, items): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| self.unlistable.contains(&item.id));
        let broken = broken.into_iter().map(|summary| (summary.id.to_string(), "damaged".into())).collect();
        Page { items, next, broken }
    }

    /// Returns the matching records in the order of their ids, after this one.
    fn matching(&self, filter: &ShipmentFilter, after: Option<ShipmentId>) -> impl Iterator<Item = &Summary> {
        let terms = filter.terms();
        let rows: Box<dyn Iterator<Item = &Row>> = match self.index.candidates(filter, after) {
            Some(ids) => Box::new(ids.filter_map(|id| self.rows.get(&id))),
            None => Box::new(
                self.rows.iter().filter(move |(id, _)| after.is_none_or(|after| **id > after)).map(|(_, row)| row),
            ),
        };
        rows.filter(move |row| row.has_terms(&terms)).map(Row::summary).filter(|summary| filter.matches(summary))
    }

    /// Returns the matching records in the order of their next attempts, after this one.
    fn by_attempt(&self, filter: &ShipmentFilter, after: Option<Attempt>) -> impl Iterator<Item = &Summary> {
        let terms = filter.terms();
        let least = (filter.next_attempt.from.map_or(i64::MIN, |at| at.timestamp_micros()), None);
        let before = filter.next_attempt.before.map(|at| at.timestamp_micros());
        let found = self.index.by_attempt(&filter.phases, after.unwrap_or(least).max(least));
        let found = found.filter(move |entry| Some(*entry) != after);
        let found = found.take_while(move |(at, _)| before.is_none_or(|before| *at <= before));
        let rows = found.filter_map(|(_, id)| self.rows.get(&id?)).filter(move |row| row.has_terms(&terms));
        rows.map(Row::summary).filter(|summary| filter.matches(summary))
    }

    pub fn counts(&self, filter: &ShipmentFilter) -> Counts {
        let by_phase = ShipmentFilter { phases: filter.phases.clone(), few: filter.few, ..ShipmentFilter::default() };
        if *filter == by_phase {
            return self.index.counts(&filter.phases);
        }
        let mut counts = Counts::default();
        for summary in self.matching(filter, None) {
            *counts.0.entry((summary.phase, summary.obstacle.clone())).or_default() += 1;
        }
        counts
    }

    pub fn events(&self, id: ShipmentId, after: u32, limit: u32) -> Vec<Event> {
        let positions = self.positions.get(&id).into_iter().flatten();
        let own = positions.filter_map(|at| self.feed[*at].as_ref()).filter(|(_, event)| event.seq > after);
        own.take(limit as usize).map(|(_, event)| event.clone()).collect()
    }

    pub fn append_event(&mut self, event: &Event) -> Result<(), StoreError> {
        let id = ShipmentId::ORGANISATION;
        if self.events(id, event.seq - 1, 1).first().is_some_and(|stored| stored.seq == event.seq) {
            return Err(StoreError::Exists(format!("event {} of the organisation", event.seq)));
        }
        self.positions.entry(id).or_default().push(self.feed.len());
        self.feed.push(Some((id, event.clone())));
        Ok(())
    }

    pub fn events_after(&self, cursor: &EventCursor, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        let reason = || StoreError::Broken { id: CURSOR.into(), reason: "it is not a position".into() };
        let begin: usize = match *cursor == EventCursor::start() {
            true => 0,
            false => cursor.0.parse().ok().filter(|begin| *begin <= self.feed.len()).ok_or_else(reason)?,
        };
        if self.damaged_event.is_some_and(|damaged| (begin..begin + limit as usize).contains(&damaged)) {
            return Err(StoreError::Broken { id: "a shipment".into(), reason: "its event is damaged".into() });
        }
        let rest = self.feed[begin..].iter().zip(begin..).filter_map(|(event, at)| Some((at, event.as_ref()?)));
        let events = rest.take(limit as usize).map(|(position, (shipment, event))| RecordedEvent {
            cursor: EventCursor((position + 1).to_string()),
            shipment: *shipment,
            event: event.clone(),
        });
        Ok(events.collect())
    }

    pub fn claim(
        &mut self,
        id: ShipmentId,
        expected: &Version,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Version, StoreError> {
        let row = self.row(id, expected)?;
        if row.claim.as_ref().is_some_and(|held| held.blocks(claim, now)) {
            return Err(conflict(id));
        }
        row.claim = Some(claim.clone());
        row.version += 1;
        Ok(row.version())
    }

    pub fn release(&mut self, id: ShipmentId, holder: &str) {
        if let Some(row) = self.rows.get_mut(&id)
            && row.claim.as_ref().is_some_and(|claim| claim.holder == holder)
        {
            row.claim = None;
            row.version += 1;
        }
    }

    pub fn delete(&mut self, id: ShipmentId, expected: &Version) -> Result<(), StoreError> {
        self.row(id, expected)?;
        self.rows.remove(&id);
        self.index.remove(id);
        for at in self.positions.remove(&id).unwrap_or_default() {
            self.feed[at] = None;
        }
        Ok(())
    }

    /// Returns a stored shipment.
    pub fn shipment(&self, id: ShipmentId) -> Option<&Shipment> {
        self.rows.get(&id).map(|row| &row.shipment)
    }

    /// Returns whether a worker holds a claim on the record.
    pub fn is_claimed(&self, id: ShipmentId, now: Timestamp) -> bool {
        self.rows.get(&id).and_then(|row| row.claim.as_ref()).is_some_and(|claim| claim.until > now)
    }

    /// Returns the newest shipment with a term.
    pub fn newest_with(&self, term: &Term) -> Option<ShipmentId> {
        self.index.with_term(term).next_back()
    }

    /// Returns the ids of all stored shipments.
    pub fn ids(&self) -> impl Iterator<Item = ShipmentId> {
        self.rows.keys().copied()
    }

    /// Returns the number of stored shipments.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// Returns the number of events ever stored, including deleted ones.
    pub fn feed_length(&self) -> usize {
        self.feed.len()
    }

    /// Returns whether the state was set to `complete` by hand and the completion is not committed yet.
    pub fn is_set_by_hand(&self, id: ShipmentId) -> bool {
        self.rows.get(&id).is_some_and(|row| row.set_complete_by_hand)
    }

    /// Returns all stored shipments.
    pub fn all(&self) -> Vec<Shipment> {
        self.rows.values().map(|row| row.shipment.clone()).collect()
    }

    /// Returns the number of claimed records, including expired claims.
    pub fn claims(&self) -> usize {
        self.rows.values().filter(|row| row.claim.is_some()).count()
    }

    /// Returns the number of claims that have not expired.
    pub fn live_claims(&self, now: Timestamp) -> usize {
        self.rows.values().filter(|row| row.claim.as_ref().is_some_and(|claim| claim.until > now)).count()
    }

    /// Sets the state column to `complete`, as an operator would in a storage browser.
    pub fn set_complete_by_hand(&mut self, id: ShipmentId) {
        self.rows.get_mut(&id).unwrap().set_complete_by_hand = true;
        self.changed(id);
    }

    /// Makes the record unreadable, or readable again.
    pub fn damage(&mut self, id: ShipmentId, broken: bool) {
        self.rows.get_mut(&id).unwrap().broken = broken;
    }

    /// Claims the record as another replica would.
    pub fn claim_by_hand(&mut self, id: ShipmentId, until: Timestamp) {
        let row = self.rows.get_mut(&id).unwrap();
        row.claim = Some(Claim { holder: "another replica".into(), until });
        row.version += 1;
    }
}

/// Returns a time as a key of its order. Missing times are last.
fn micros(at: Option<Timestamp>) -> i64 {
    at.map_or(i64::MAX, |at| at.timestamp_micros())
}

fn sort_key(sort: ShipmentSort, summary: &Summary) -> i64 {
    match sort {
        ShipmentSort::Id => 0,
        ShipmentSort::Newest => -micros(Some(summary.created_at)),
        ShipmentSort::Updated => -micros(Some(summary.updated_at)),
        ShipmentSort::Deadline => micros(summary.deadline),
        ShipmentSort::NextAttempt => micros(summary.next_attempt),
    }
}
