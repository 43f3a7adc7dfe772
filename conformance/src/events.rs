//! Cases of events: of one shipment, and of all shipments in the order of commits.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use keyferry_domain::ports::{Cursor, EventCursor, EventFilter, RecordedEvent, StoreError, TimeRange};
use keyferry_domain::{Change, Event, EventKind, ShipmentId, ShipmentStore, StockLevel};

use super::samples::{accepted, at, note, obstacle, obstructed, submitting};
use super::shipments::after;
use super::{Shipments, is_conflict};

/// Reads all events after the cursor in pages of `limit`, and advances the cursor.
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

pub async fn events_are_stored_with_record_and_paged_by_number(backend: &dyn Shipments) {
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

pub async fn events_of_the_organisation_are_in_the_order_of_all(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let organisation = ShipmentId::ORGANISATION;
    let level = |quantity| StockLevel { inventory: 106, quantity, threshold: 50 };
    let event =
        |seq, quantity| Event::of_stock(seq, level(quantity), note(i64::from(seq), "the stock crossed its threshold"));
    let (low, back) = (event(1, 49), event(2, 500));
    let mut cursor = store.newest_event().await.unwrap();
    store.append_event(&low).await.unwrap();
    // Another replica, with another number of keys.
    assert!(matches!(store.append_event(&event(1, 48)).await, Err(StoreError::Exists(_))));
    let change = accepted();
    store.insert(&change).await.unwrap();
    store.append_event(&back).await.unwrap();
    assert_eq!(store.events(organisation, 0, 100).await.unwrap(), [low.clone(), back.clone()]);
    assert_eq!(store.events(organisation, 1, 100).await.unwrap(), std::slice::from_ref(&back));
    let all = read_on(store.as_ref(), &mut cursor, 2).await;
    let own: Vec<_> = all.iter().filter(|one| one.shipment == organisation).map(|one| one.event.clone()).collect();
    assert_eq!(own, [low, back.clone()]);
    assert_eq!((all[0].shipment, all.last().unwrap().shipment), (organisation, organisation));
    assert!(all.len() > 2, "{all:?}");
    let kinds = EventFilter { kinds: vec![EventKind::StockBack], ..EventFilter::default() };
    let found = store.events_before(None, &kinds, 10).await.unwrap().items;
    assert_eq!(found.into_iter().map(|one| one.event).collect::<Vec<_>>(), [back]);
    assert_eq!(store.get(organisation).await.unwrap(), None);
}

pub async fn repetition_increments_count(backend: &dyn Shipments) {
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
    let repeated = events.last().unwrap();
    let (kind, times) = (repeated.kind, repeated.times);
    assert_eq!((kind, times, repeated.at, repeated.last_at), (EventKind::Obstacle, 3, at(100), at(300)));
    assert_eq!(repeated.correlation.as_deref(), Some("call 3"));
    // The feed contains the event once, for its first occurrence.
    let feed = store.events_after(&EventCursor::start(), 100).await.unwrap();
    assert_eq!(feed.len(), events.len());
}

pub async fn many_events_round_trip(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let mut change = accepted();
    let id = change.shipment().id();
    let mut version = store.insert(&change).await.unwrap();
    let before = change.events().len();
    // Many events per commit, and in total more than fit into one page.
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
    let feed: Vec<_> = read_on(&*store, &mut cursor, 64).await.into_iter().map(|one| one.event).collect();
    assert_eq!(feed, events);
}

pub async fn reader_sees_each_event_once_in_commit_order(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    assert_eq!(store.events_after(&EventCursor::start(), 10).await.unwrap(), []);
    let (first, second) = (submitting(), submitting());
    let version = store.insert(&second).await.unwrap();
    store.insert(&first).await.unwrap();
    let mut cursor = EventCursor::start();
    let seen = read_on(&*store, &mut cursor, 1).await;
    let ids: Vec<_> = seen.iter().map(|one| one.shipment).collect();
    assert_eq!(ids, [second.shipment().id(), first.shipment().id()], "in the order of commits, not of ids");
    assert_eq!(seen[0].event, second.events()[0]);

    let next = after(&second, |shipment| match shipment.phased() {
        keyferry_domain::Phased::Submitting(it) => it.refuse(note(7, "sold out")),
        other => panic!("{other:?}"),
    });
    store.commit(&next, &version).await.unwrap();
    // The cursor stays valid after the store is reopened.
    let mut kept = EventCursor(cursor.0.clone());
    let store = backend.shipments().await;
    let seen = read_on(&*store, &mut kept, 10).await;
    let [one] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((one.shipment, &one.event), (second.shipment().id(), &next.events()[0]));
    assert_eq!(read_on(&*store, &mut kept, 10).await, []);
}

/// Several replicas write while one reads. Some commits have a stale version and fail.
pub async fn reader_misses_no_event_of_concurrent_writers(backend: &dyn Shipments) {
    const WRITERS: usize = 6;
    const COMMITS: i64 = 12;
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        // Each writer opens its own store, like a separate process.
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
    for one in &seen {
        by_shipment.entry(one.shipment).or_default().push(one.event.seq);
    }
    assert_eq!(by_shipment.len(), WRITERS);
    for numbers in by_shipment.values() {
        let expected: Vec<_> = (1..=u32::try_from(COMMITS).unwrap() + 1).collect();
        assert_eq!(numbers, &expected, "each event must be seen once, in order");
    }
    let cursors: BTreeSet<_> = seen.iter().map(|one| &one.cursor.0).collect();
    assert_eq!(cursors.len(), seen.len());
}

/// Reads all matching events backwards in pages of `limit`.
async fn read_back(store: &dyn ShipmentStore, filter: &EventFilter, limit: u32) -> Vec<RecordedEvent> {
    let (mut all, mut next) = (Vec::new(), None);
    loop {
        let page = store.events_before(next.as_ref(), filter, limit).await.unwrap();
        assert!(page.items.len() <= limit as usize && page.broken.is_empty(), "{page:?}");
        all.extend(page.items);
        next = page.next;
        if next.is_none() {
            return all;
        }
    }
}

pub async fn history_is_the_feed_backwards(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    assert_eq!(read_back(&*store, &EventFilter::default(), 10).await, []);
    let (first, gone) = (accepted(), accepted());
    let version = store.insert(&first).await.unwrap();
    let deleted = store.insert(&gone).await.unwrap();
    store.commit(&obstructed(first.shipment()), &version).await.unwrap();
    store.insert(&submitting()).await.unwrap();
    store.delete(gone.shipment().id(), &deleted).await.unwrap();
    let mut expected = store.events_after(&EventCursor::start(), 100).await.unwrap();
    expected.reverse();
    assert!(expected.len() >= 4);
    for limit in [1, 2, 3, 100] {
        assert_eq!(read_back(&*store, &EventFilter::default(), limit).await, expected, "pages of {limit}");
    }
    let kinds = vec![EventKind::Obstacle, EventKind::Refused];
    let filter = EventFilter { kinds, ..EventFilter::default() };
    let of_kind: Vec<_> = expected.iter().filter(|one| one.event.kind == EventKind::Obstacle).cloned().collect();
    assert_eq!(of_kind.len(), 1);
    assert_eq!(read_back(&*store, &filter, 1).await, of_kind);
    let obstacle = of_kind[0].event.at;
    for (at, is_wanted) in [
        (TimeRange::before(obstacle), false),
        (TimeRange::from(obstacle), true),
        (TimeRange { from: Some(obstacle), before: Some(obstacle + Duration::from_secs(1)) }, true),
    ] {
        let filter = EventFilter { kinds: Vec::new(), at };
        let wanted: Vec<_> = expected.iter().filter(|one| at.holds(Some(one.event.at))).cloned().collect();
        assert_eq!(read_back(&*store, &filter, 2).await, wanted, "{at:?}");
        assert_eq!(wanted.contains(&of_kind[0]), is_wanted);
    }
    let wrong = store.events_before(Some(&Cursor("x".into())), &EventFilter::default(), 1).await;
    assert!(wrong.unwrap_err().is_of_cursor());
}

pub async fn rejects_invalid_cursor(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    store.insert(&submitting()).await.unwrap();
    for text in ["x", "-1", "1 or 1=1", "99999999999999999999999999"] {
        let answer = store.events_after(&EventCursor(text.into()), 10).await;
        assert!(answer.is_err(), "{text}: {answer:?}");
    }
}
