//! Judgement after each call, of what the call changed.

use std::collections::{BTreeMap, HashMap};

use chrono::TimeDelta;
use keyferry_domain::ports::CLOCK_TOLERANCE;
use keyferry_domain::{Party, PhaseName, ShipmentId, Timestamp, UserRef};
use keyferry_testkit::outside::{About, Call, Outside, lock};

use super::book::Book;
use super::noticed::Noticed;
use super::receivers::Books;
use super::verdict::{Finding, Harm, Verdict};

/// Most calls to outside parties about one shipment in an hour, for each replica that may hold the same lease.
const CALLS_PER_HOUR: u32 = 90;

/// Most findings that are kept. All are counted.
const KEPT: usize = 200;

/// The judge of a run.
#[derive(Debug, Default)]
pub struct Court {
    /// Counts.
    pub verdict: Verdict,
    /// First findings.
    pub findings: Vec<Finding>,
    /// What people did.
    pub book: Book,
    /// Failures, and which of them became visible.
    pub noticed: Noticed,
    /// URLs of receivers that want every event.
    pub receivers: Vec<String>,
    pub(super) received: Books,
    /// Person of each order, when it was placed.
    pub(super) person: HashMap<ShipmentId, usize>,
    /// Shipment of each credential.
    credentials: HashMap<Vec<u8>, ShipmentId>,
    placed: BTreeMap<usize, u64>,
    orders: usize,
    pub(super) sent: usize,
    /// First PIN of each shipment.
    pub(super) told: HashMap<ShipmentId, FirstPin>,
    pub(super) known: HashMap<ShipmentId, Known>,
    calls: HashMap<ShipmentId, (i64, u32)>,
}

/// First PIN of a shipment.
#[derive(Clone, Debug)]
pub(super) struct FirstPin {
    pub(super) at: Timestamp,
    pub(super) to: Vec<String>,
}

/// What the judge saw last of a record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    phase: Option<PhaseName>,
    events: u32,
}

impl Court {
    /// Adds a finding. Returns it if it is one of the first.
    pub fn find(&mut self, harm: Harm, shipment: Option<ShipmentId>, text: impl Into<String>) {
        self.verdict.add(harm);
        if self.findings.len() < KEPT {
            self.findings.push(Finding { harm, shipment, text: text.into() });
        }
    }

    pub(super) fn add(&mut self, findings: Vec<Finding>) {
        for Finding { harm, shipment, text } in findings {
            self.find(harm, shipment, text);
        }
    }

    /// Counts a call about a shipment.
    pub fn called(&mut self, call: Call, shipment: Option<ShipmentId>, now: Timestamp) {
        let Some(id) = shipment.filter(|_| call.party() != Party::Store) else { return };
        let hour = now.timestamp() / 3600;
        let counted = self.calls.entry(id).or_default();
        *counted = if counted.0 == hour { (hour, counted.1 + 1) } else { (hour, 1) };
        let most = CALLS_PER_HOUR * (1 + u32::try_from(self.book.wrong_clocks.len()).unwrap());
        if counted.1 == most {
            self.find(Harm::Doubled, shipment, format!("{most} calls about one shipment in an hour"));
        }
    }

    /// Notes whose key the factory made.
    pub fn made(&mut self, credential: Vec<u8>, shipment: ShipmentId) {
        self.credentials.insert(credential, shipment);
    }

    /// Returns the person for whom an order was placed.
    pub fn person_of(&self, id: ShipmentId) -> Option<usize> {
        self.person.get(&id).copied()
    }

    /// Notes that somebody deletes passkeys of a person: none of the person's shipments needs to be usable any more.
    pub fn revoking(&mut self, person: usize) {
        self.book.losers.insert(person);
    }

    /// Notes by how much the clock of a replica is wrong. Beyond the tolerance, it takes leases that others hold.
    pub fn clock_set(&mut self, replica: usize, wrong: TimeDelta) {
        let tolerance = TimeDelta::from_std(CLOCK_TOLERANCE).unwrap();
        match wrong.abs() > tolerance {
            true => self.book.wrong_clocks.insert(replica),
            false => self.book.wrong_clocks.remove(&replica),
        };
    }

    /// Notes that the stores were restored from a backup: what was only in them since then is gone.
    pub fn restored(&mut self, outside: &Outside) {
        self.book.restoring = Some(outside.clock.right() + TimeDelta::hours(1));
        let records = lock(&outside.records);
        let ids: Vec<_> = self.known.keys().copied().collect();
        for id in ids {
            let last = records.events(id, 0, u32::MAX).last().map_or(0, |event| event.seq);
            let phase = records.shipment(id).map(|shipment| shipment.phase().name());
            self.known.insert(id, Known { phase, events: last });
        }
        let phase = |id: &ShipmentId| records.shipment(*id).map(|shipment| shipment.phase().name());
        self.book.acknowledged.retain(|id, _| phase(id).is_some());
        let is_withdrawn = |id: &ShipmentId| records.shipment(*id).is_some_and(|it| it.withdrawal().is_some());
        self.book.withdrawn.retain(is_withdrawn);
        self.book.cancelled.retain(|id, _| matches!(phase(id), Some(PhaseName::Cancelling | PhaseName::Cancelled)));
    }

    /// Judges what a call changed.
    pub fn judge(&mut self, call: Call, about: About<'_>, outside: &Outside) {
        match (call, about) {
            (Call::Order, _) => self.orders(outside),
            (Call::Register, About::User(user)) => self.registration(user, outside),
            (Call::Deliver, _) => self.pins(outside),
            (Call::Insert | Call::Commit, About::Shipment(id)) => self.record(id, outside),
            (Call::UpdateRows, About::Rows(rows)) => {
                for finding in rows.iter().flat_map(|row| row.findings()) {
                    self.noticed.read(&finding.message);
                }
            }
            (Call::Send, _) => {
                let findings = self.received.read(outside);
                self.add(findings);
            }
            _ => {}
        }
    }

    fn orders(&mut self, outside: &Outside) {
        let (delivery, people) = (lock(&outside.delivery), lock(&outside.people));
        while let Some((_, parcel)) = delivery.parcels.get(self.orders) {
            self.orders += 1;
            let id = parcel.request;
            if delivery.orders.get(&id).is_some_and(|times| *times > 1) {
                self.find(Harm::Doubled, Some(id), "one order was placed twice");
            }
            let records = lock(&outside.records);
            let phase = records.shipment(id).map(|shipment| shipment.phase().name());
            // A replica that was suspended during the call sends the order after its claim has expired. Until then,
            // another one has put it on the list of a human.
            if !matches!(phase, Some(PhaseName::Submitting | PhaseName::Unconfirmed)) {
                self.find(Harm::Lost, Some(id), format!("an order was placed while its record was {phase:?}"));
            }
            drop(records);
            if self.book.cancelled.contains_key(&id) {
                self.find(Harm::Doubled, Some(id), "an order was placed after its cancellation was acknowledged");
            }
            let Some(person) = people.find_user(&parcel.order.user) else { continue };
            self.person.insert(id, person);
            let placed = self.placed.entry(person).or_default();
            *placed += 1;
            let (placed, meant) = (*placed, self.book.meant.get(&person).copied().unwrap_or_default());
            if placed > meant && !self.book.renamed.contains(&person) {
                let text = format!("{placed} orders were placed for a person for whom {meant} were meant");
                self.find(Harm::Doubled, Some(id), text);
            }
        }
    }

    fn registration(&mut self, user: &UserRef, outside: &Outside) {
        let people = lock(&outside.people);
        let Some(number) = people.find_user(user) else { return };
        let user = &people.users[number];
        let Some(method) = user.methods.last() else { return };
        let shipment = self.credentials.get(&method.credential_id).copied();
        if method.made_for != user.handle {
            self.find(Harm::Misbound, shipment, "a key is registered for a person for whom it was not made");
        }
        let Some(id) = shipment else {
            self.find(Harm::Misbound, None, "a credential is registered that the factory did not make");
            return;
        };
        if self.person.get(&id).is_some_and(|person| *person != number) {
            self.find(Harm::Misbound, shipment, "a key is registered for a person for whom it was not ordered");
        }
        if self.book.withdrawn.contains(&id) {
            self.find(Harm::Misbound, shipment, "a key is registered that was lost, returned or withdrawn");
        }
    }

    fn record(&mut self, id: ShipmentId, outside: &Outside) {
        let records = lock(&outside.records);
        let Some(shipment) = records.shipment(id) else { return };
        let before = self.known.get(&id).copied().unwrap_or_default();
        let phase = shipment.phase().name();
        if let Some(obstacle) = shipment.obstacle() {
            self.noticed.read(&obstacle.message);
        }
        // The newest event that is known may have been counted again.
        let events = records.events(id, before.events.saturating_sub(1), u32::MAX);
        let mut next = before.events.max(1);
        for event in &events {
            self.noticed.read(&event.detail);
            self.noticed.read(event.correlation.as_deref().unwrap_or_default());
            if event.seq != next {
                self.find(Harm::Silent, Some(id), format!("event {} follows event {}", event.seq, next - 1));
            }
            next = event.seq + 1;
        }
        let last = events.last().map_or(before.events, |event| event.seq);
        if before.phase != Some(phase) && last == before.events {
            self.find(Harm::Silent, Some(id), format!("the phase became {phase:?} without an event"));
        }
        self.known.insert(id, Known { phase: Some(phase), events: last });
        if before.phase == Some(phase) || self.book.decided.contains(&id) || records.is_set_by_hand(id) {
            return;
        }
        match phase {
            PhaseName::Complete => self.complete(id, shipment.state(), outside),
            PhaseName::Refused if lock(&outside.delivery).orders.contains_key(&id) => {
                self.find(Harm::Lost, Some(id), "an order that was placed is recorded as refused");
            }
            // Listed: the stores were restored, and a batch queued it again. The dispatcher must hold it.
            PhaseName::Queued
                if lock(&outside.delivery).orders.contains_key(&id) && !self.book.listed.contains(&id) =>
            {
                self.find(Harm::Doubled, Some(id), "an order that was placed waits in the queue again");
            }
            _ => {}
        }
    }

    fn complete(&mut self, id: ShipmentId, state: &str, outside: &Outside) {
        if state != "complete" {
            return;
        }
        let (delivery, people) = (lock(&outside.delivery), lock(&outside.people));
        let made = delivery.parcel_of(id).and_then(|(_, parcel)| parcel.made.as_ref());
        let credential = made.and_then(|made| made.credential.as_ref()).map(|made| made.id.as_slice());
        let person = credential.and_then(|credential| people.registered_for(credential));
        let holds = |person: usize| {
            people.users[person].methods.iter().any(|method| Some(method.credential_id.as_slice()) == credential)
        };
        let usable = person.is_some_and(|person| self.person.get(&id) == Some(&person) && holds(person));
        let is_lost = person.is_some_and(|person| self.book.losers.contains(&person));
        drop((delivery, people));
        if !usable && !is_lost {
            self.find(Harm::Misbound, Some(id), "a shipment is complete although its key cannot be used");
        }
        if !self.told.contains_key(&id) {
            self.find(Harm::Misbound, Some(id), "a shipment is complete although its PIN was not sent");
        }
    }
}
