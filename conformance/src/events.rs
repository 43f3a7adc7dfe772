//! Events: of one shipment, and of all in the order of commits.

use std::collections::{BTreeMap, BTreeSet};

use keyferry_domain::ports::{EventCursor, RecordedEvent};
use keyferry_domain::{Change, EventKind, ShipmentId, ShipmentStore};

use super::samples::{accepted, at, note, obstacle, obstructed, submitting};
use super::shipments::after;
use super::{Shipments, is_conflict};

/// All that a reader sees who takes `limit` at a time and remembers the cursor of the last one.
async fn read_on(store: &dyn ShipmentStore, cursor: &mut EventCursor, limit: u32) -> Vec<RecordedEvent> {
    let mut all = Vec::new();
    loop {
        let page = store.events_after(cursor, limit).await.unwrap();
        assert!(page.len() <= limit as usize);
        let Some(last) = page.last() else { return all };
        *cursor = last.cursor.clone();
        all.extend(page);
    }
}

pub async fn events_are_stored_with_the_record_and_paged_by_their_number(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let change = accepted();
    let id = change.shipment().id();
    store.insert(&accepted()).await.unwrap();
    let version = store.insert(&change).await.unwrap();
    let next = obstructed(change.shipment());
    store.commit(&next, &version).await.unwrap();
    let expected = [change.events(), next.events()].concat();
    assert_eq!(store.events(id, 0, 100).await.unwrap(), expected);
    assert_eq!(store.events(id, 1, 1).await.unwrap(), expected[1..2]);
    assert_eq!(store.events(id, 3, 100).await.unwrap(), expected[3..]);
    assert_eq!(store.events(submitting().shipment().id(), 0, 100).await.unwrap(), []);
}

pub async fn a_repetition_is_counted_on_its_row(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let change = accepted();
    let id = change.shipment().id();
    let mut version = store.insert(&change).await.unwrap();
    let mut shipment = change.shipment().clone();
    for attempt in 1..=3 {
        let mut met = obstacle();
        met.at = at(100 * attempt);
        met.correlation = Some(format!("call {attempt}"));
        let next = shipment.meet(met);
        version = store.commit(&next, &version).await.unwrap();
        shipment = next.into_shipment();
    }
    let events = store.events(id, 0, 100).await.unwrap();
    assert_eq!(events.len(), change.events().len() + 1);
    let told = events.last().unwrap();
    assert_eq!((told.kind, told.times, told.at, told.last_at), (EventKind::Obstacle, 3, at(100), at(300)));
    assert_eq!(told.correlation.as_deref(), Some("call 3"));
    // Announced once, when it was met first.
    let told = store.events_after(&EventCursor::start(), 100).await.unwrap();
    assert_eq!(told.len(), events.len());
}

pub async fn many_events_are_kept_whole(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let mut change = accepted();
    let id = change.shipment().id();
    let mut version = store.insert(&change).await.unwrap();
    let before = change.events().len();
    // Many in one commit, and more than fit into any page.
    for round in 0..8_i64 {
        let mut next = Change::none(change.shipment().clone());
        for number in 0..30_i64 {
            let mut met = obstacle();
            met.summary = format!("no manager, look-up {number} of round {round}");
            next = next.then(|shipment| shipment.meet(met));
        }
        version = store.commit(&next, &version).await.unwrap();
        change = next;
    }
    let (mut events, mut after) = (Vec::new(), 0);
    loop {
        let page = store.events(id, after, 64).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.seq;
        events.extend(page);
    }
    let numbers: Vec<_> = events.iter().map(|event| event.seq as usize).collect();
    assert_eq!(numbers, (1..=before + 240).collect::<Vec<_>>());
    let mut cursor = EventCursor::start();
    let told: Vec<_> = read_on(&*store, &mut cursor, 64).await.into_iter().map(|one| one.event).collect();
    assert_eq!(told, events);
}

pub async fn a_reader_sees_each_event_once_in_the_order_of_commits(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    assert_eq!(store.events_after(&EventCursor::start(), 10).await.unwrap(), []);
    let (first, second) = (submitting(), submitting());
    let version = store.insert(&second).await.unwrap();
    store.insert(&first).await.unwrap();
    let mut cursor = EventCursor::start();
    let seen = read_on(&*store, &mut cursor, 1).await;
    let ids: Vec<_> = seen.iter().map(|told| told.shipment).collect();
    assert_eq!(ids, [second.shipment().id(), first.shipment().id()], "by commits, not by ids");
    assert_eq!(seen[0].event, second.events()[0]);

    let next = after(&second, |shipment| match shipment.phased() {
        keyferry_domain::Phased::Submitting(it) => it.refuse(note(7, "sold out")),
        other => panic!("{other:?}"),
    });
    store.commit(&next, &version).await.unwrap();
    // The cursor is text that a reader keeps, over restarts of the store, too.
    let mut kept = EventCursor(cursor.0.clone());
    let store = backend.shipments().await;
    let seen = read_on(&*store, &mut kept, 10).await;
    let [told] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((told.shipment, &told.event), (second.shipment().id(), &next.events()[0]));
    assert_eq!(read_on(&*store, &mut kept, 10).await, []);
}

/// Several replicas write, one reads meanwhile, and from time to time a commit loses against another.
pub async fn a_reader_misses_nothing_while_many_write(backend: &dyn Shipments) {
    const WRITERS: usize = 6;
    const COMMITS: i64 = 12;
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        // Each with a store of its own, as if in a process of its own.
        let store = backend.shipments().await;
        writers.push(tokio::spawn(async move {
            let change = submitting();
            let stale = store.insert(&change).await.unwrap();
            let mut version = stale.clone();
            let mut shipment = change.shipment().clone();
            for number in 0..COMMITS {
                let mut met = obstacle();
                met.summary = format!("look-up {number}");
                let next = shipment.meet(met);
                if number % 3 == 1 {
                    assert!(is_conflict(&store.commit(&next, &stale).await));
                }
                version = store.commit(&next, &version).await.unwrap();
                shipment = next.into_shipment();
            }
        }));
    }
    let reader = backend.shipments().await;
    let (mut cursor, mut seen) = (EventCursor::start(), Vec::new());
    while writers.iter().any(|writer| !writer.is_finished()) {
        seen.extend(read_on(&*reader, &mut cursor, 3).await);
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    seen.extend(read_on(&*reader, &mut cursor, 3).await);

    let mut by_shipment: BTreeMap<ShipmentId, Vec<u32>> = BTreeMap::new();
    for told in &seen {
        by_shipment.entry(told.shipment).or_default().push(told.event.seq);
    }
    assert_eq!(by_shipment.len(), WRITERS);
    for numbers in by_shipment.values() {
        let expected: Vec<_> = (1..=u32::try_from(COMMITS).unwrap() + 1).collect();
        assert_eq!(numbers, &expected, "each event once, in order");
    }
    let cursors: BTreeSet<_> = seen.iter().map(|told| &told.cursor.0).collect();
    assert_eq!(cursors.len(), seen.len());
}

pub async fn a_cursor_that_is_not_one_is_refused(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    store.insert(&submitting()).await.unwrap();
    for text in ["x", "-1", "1 or 1=1", "99999999999999999999999999"] {
        let answer = store.events_after(&EventCursor(text.into()), 10).await;
        assert!(answer.is_err(), "{text}: {answer:?}");
    }
}
