//! Cases of the event chain.

use std::collections::BTreeMap;

use keyferry_domain::ShipmentStore;
use keyferry_domain::ports::StoreError;
use keyferry_evidence::{
    Checkpoint, DELETION, EvidenceStore, Head, Item, Link, Standing, Summary, read, standing, verify,
};

use super::Evidence;
use super::samples::{accepted, obstacle, obstructed, submitting};

/// Returns the verified chain, which must be intact.
async fn intact(backend: &dyn Evidence) -> Summary {
    verify(&*backend.evidence().await, &[], Vec::new()).await.unwrap().expect("the chain is intact")
}

/// Inserts a shipment with an obstacle that occurred twice.
async fn insert(store: &dyn ShipmentStore) -> keyferry_domain::Change {
    let change = accepted();
    let version = store.insert(&change).await.unwrap();
    let met = obstructed(change.shipment());
    let version = store.commit(&met, &version).await.unwrap();
    store.commit(&obstructed(met.shipment()), &version).await.unwrap();
    met
}

async fn links(store: &dyn EvidenceStore) -> Vec<Link> {
    let mut links = Vec::new();
    let visit = |item| {
        if let Item::Link(link) = item {
            links.push(link);
        }
        Ok::<_, ()>(())
    };
    read(store, visit).await.unwrap().unwrap();
    links
}

pub async fn chain_covers_each_event_as_it_was_first_stored(backend: &dyn Evidence) {
    let empty = intact(backend).await;
    assert_eq!((empty.entries, empty.deleted, empty.newest), (0, 0, None));
    let store = backend.shipments().await;
    let change = insert(&*store).await;
    let _ = insert(&*store).await;
    let summary = intact(backend).await;
    assert_eq!((summary.entries, summary.deleted), (6, 0));
    let newest: Checkpoint = summary.newest.unwrap();
    assert_eq!((newest.position, newest.since), (6, 0));

    let id = change.shipment().id();
    let events = store.events(id, 0, 10).await.unwrap();
    let links = links(&*backend.evidence().await).await;
    assert_eq!(links.iter().map(|link| link.entry.position).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    let own: Vec<_> = links.iter().filter(|link| link.entry.shipment == id.to_string()).collect();
    let evidence = backend.evidence().await;
    for link in &own {
        let found = standing(&*evidence, &link.entry.shipment, link.entry.seq).await.unwrap();
        assert_eq!(found, Standing::Intact(link.entry.head()));
    }
    assert_eq!(standing(&*evidence, &id.to_string(), 4).await.unwrap(), Standing::Missing);
    let json = |text: &Option<String>| text.as_deref().map(|text| serde_json::from_str(text).unwrap());
    assert_eq!(own.iter().map(|link| link.entry.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(json(&own[0].content), Some(serde_json::json!(events[0])));
    assert_eq!((&own[0].latest, &own[1].latest), (&None, &None));
    assert_eq!(json(&own[2].content), Some(serde_json::json!(change.events()[0])), "the first occurrence");
    assert_eq!(json(&own[2].latest), Some(serde_json::json!(events[2])), "the repetition");
}

pub async fn deletion_keeps_the_entries_without_content(backend: &dyn Evidence) {
    let store = backend.shipments().await;
    let change = insert(&*store).await;
    let _ = insert(&*store).await;
    let id = change.shipment().id();
    let version = store.get(id).await.unwrap().unwrap().version;
    store.delete(id, &version).await.unwrap();
    let _ = insert(&*store).await;
    let summary = intact(backend).await;
    assert_eq!((summary.entries, summary.deleted), (10, 1));

    let links = links(&*backend.evidence().await).await;
    let own: Vec<_> = links.iter().filter(|link| link.entry.shipment == id.to_string()).collect();
    assert_eq!(own.iter().map(|link| link.entry.seq).collect::<Vec<_>>(), [1, 2, 3, DELETION]);
    assert!(own[..3].iter().all(|link| link.content.is_none() && link.latest.is_none()), "{own:?}");
    let deletion: serde_json::Value = serde_json::from_str(own[3].content.as_deref().unwrap()).unwrap();
    assert_eq!((&deletion["kind"], &deletion["events"]), (&"deleted".into(), &3.into()));

    // A reader of events sees neither the deletion nor the deleted events.
    let seen = store.events_after(&keyferry_domain::ports::EventCursor::start(), 100).await.unwrap();
    assert_eq!(seen.len(), 6);
    assert!(seen.iter().all(|one| one.shipment != id));
}

/// Repeats a write while the store is unavailable: on a slow disk, the others hold its lock for too long. Such a write
/// had no effect.
async fn patiently<T, W: Future<Output = Result<T, StoreError>>>(write: impl Fn() -> W) -> T {
    loop {
        match write().await {
            Err(StoreError::Unavailable(_)) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            written => return written.unwrap(),
        }
    }
}

/// Several replicas append, delete, and verify at the same time.
pub async fn chain_of_concurrent_replicas_does_not_fork(backend: &dyn Evidence) {
    const REPLICAS: usize = 4;
    const ROUNDS: usize = 6;
    let mut replicas = Vec::new();
    for _ in 0..REPLICAS {
        // Each opens its own store, like a separate process.
        let store = backend.shipments().await;
        replicas.push(tokio::spawn(async move {
            for _ in 0..ROUNDS {
                let change = submitting();
                let version = patiently(|| store.insert(&change)).await;
                let next = change.shipment().clone().meet(obstacle());
                let version = patiently(|| store.commit(&next, &version)).await;
                patiently(|| store.delete(change.shipment().id(), &version)).await;
                let other = submitting();
                patiently(|| store.insert(&other)).await;
            }
        }));
    }
    let mut seen: BTreeMap<u64, String> = BTreeMap::new();
    while replicas.iter().any(|replica| !replica.is_finished()) {
        if let Some(newest) = intact(backend).await.newest {
            seen.insert(newest.position, newest.hash);
        }
    }
    for replica in replicas {
        replica.await.unwrap();
    }
    let expected = seen.into_iter().map(|(position, hash)| Head { position, hash }).collect();
    let summary = verify(&*backend.evidence().await, &[], expected).await.unwrap().expect("no entry was replaced");
    assert_eq!(summary.entries, (REPLICAS * ROUNDS * 4) as u64);
    assert_eq!(summary.deleted, (REPLICAS * ROUNDS) as u64);
    assert_eq!(summary.newest.map(|newest| newest.since), Some(0), "each entry was signed in one run");
}
