//! One worker per shipment.

use keyferry_domain::ports::Claim;

use super::samples::{accepted, at, obstacle, obstructed};
use super::shipments::stored;
use super::{Shipments, is_conflict};

fn claim(holder: &str, until: i64) -> Claim {
    Claim { holder: holder.into(), until: at(until) }
}

pub async fn a_claim_keeps_others_out_until_it_ends(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let change = accepted();
    let shipment = change.shipment();
    let version = store.insert(&change).await.unwrap();
    let version = store.claim(shipment.id(), &version, &claim("a", 60), at(0)).await.unwrap();
    let found = stored(&*store, shipment.id()).await;
    assert_eq!((&found.claim, &found.version), (&Some(claim("a", 60)), &version));

    assert!(is_conflict(&store.claim(shipment.id(), &version, &claim("b", 120), at(59)).await));
    store.claim(shipment.id(), &version, &claim("b", 120), at(60)).await.expect("it ended");
    assert_eq!(stored(&*store, shipment.id()).await.claim, Some(claim("b", 120)));
}

pub async fn a_claim_is_renewed_by_its_holder(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let change = accepted();
    let shipment = change.shipment();
    let first = store.insert(&change).await.unwrap();
    let claimed = store.claim(shipment.id(), &first, &claim("a", 60), at(0)).await.unwrap();
    let renewed = store.claim(shipment.id(), &claimed, &claim("a", 90), at(59)).await.expect("it is alive and theirs");
    let found = stored(&*store, shipment.id()).await;
    assert_eq!((&found.claim, &found.version), (&Some(claim("a", 90)), &renewed));

    assert!(is_conflict(&store.claim(shipment.id(), &claimed, &claim("a", 120), at(60)).await), "the version is old");
    assert!(is_conflict(&store.claim(shipment.id(), &renewed, &claim("b", 120), at(89)).await), "the new end counts");
    let taken = store.claim(shipment.id(), &renewed, &claim("b", 120), at(90)).await.unwrap();
    assert!(is_conflict(&store.claim(shipment.id(), &taken, &claim("a", 150), at(91)).await), "it is theirs no more");
}

pub async fn a_claim_is_given_back_by_its_holder_only(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let change = accepted();
    let shipment = change.shipment();
    let version = store.insert(&change).await.unwrap();
    store.claim(shipment.id(), &version, &claim("a", 60), at(0)).await.unwrap();
    store.release(shipment.id(), "b").await.unwrap();
    assert_eq!(stored(&*store, shipment.id()).await.claim, Some(claim("a", 60)));
    store.release(shipment.id(), "a").await.unwrap();
    let found = stored(&*store, shipment.id()).await;
    assert_eq!((&found.claim, found.shipment()), (&None, shipment));
    store.release(shipment.id(), "a").await.expect("twice is fine");
    store.claim(shipment.id(), &found.version, &claim("b", 60), at(1)).await.unwrap();
    store.release(accepted().shipment().id(), "a").await.expect("so is one that is not there");
}

pub async fn a_claim_survives_a_commit(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let change = accepted();
    let shipment = change.shipment();
    let version = store.insert(&change).await.unwrap();
    let version = store.claim(shipment.id(), &version, &claim("a", 60), at(0)).await.unwrap();
    let next = obstructed(shipment);
    store.commit(&next, &version).await.unwrap();
    let found = stored(&*store, shipment.id()).await;
    assert_eq!((found.shipment(), &found.claim), (next.shipment(), &Some(claim("a", 60))));
}

pub async fn a_claim_needs_the_version(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let change = accepted();
    let shipment = change.shipment();
    let stale = store.insert(&change).await.unwrap();
    let next = obstructed(shipment);
    let fresh = store.commit(&next, &stale).await.unwrap();
    assert!(is_conflict(&store.claim(shipment.id(), &stale, &claim("a", 60), at(0)).await));
    assert!(is_conflict(&store.claim(accepted().shipment().id(), &fresh, &claim("a", 60), at(0)).await), "not there");
    let claimed = store.claim(shipment.id(), &fresh, &claim("a", 60), at(0)).await.unwrap();
    assert!(
        is_conflict(&store.commit(&obstructed(next.shipment()), &fresh).await),
        "a claim makes earlier reads stale"
    );
    store.commit(&obstructed(next.shipment()), &claimed).await.unwrap();
}

pub async fn of_twenty_workers_one_gets_the_claim(backend: &dyn Shipments) {
    let change = accepted();
    let shipment = change.shipment();
    let version = backend.shipments().await.insert(&change).await.unwrap();
    let mut workers = Vec::new();
    for number in 0..20 {
        // Each with a store of its own, as if in a process of its own.
        let store = backend.shipments().await;
        let (id, version) = (shipment.id(), version.clone());
        workers.push(tokio::spawn(async move {
            let claim = claim(&format!("worker {number}"), 60);
            let answer = store.claim(id, &version, &claim, at(0)).await;
            assert!(answer.is_ok() || is_conflict(&answer), "{answer:?}");
            answer.ok().map(|_| claim)
        }));
    }
    let mut winners = Vec::new();
    for worker in workers {
        winners.extend(worker.await.unwrap());
    }
    assert_eq!(winners.len(), 1);
    let store = backend.shipments().await;
    assert_eq!(stored(&*store, shipment.id()).await.claim.as_ref(), winners.first());
}

pub async fn of_twenty_commits_one_gets_through(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let change = accepted();
    let shipment = change.shipment();
    let version = store.insert(&change).await.unwrap();
    let mut workers = Vec::new();
    for attempts in 0..20 {
        let (store, shipment, version) = (store.clone(), shipment.clone(), version.clone());
        workers.push(tokio::spawn(async move {
            let mut obstacle = obstacle();
            obstacle.at = at(attempts);
            let next = shipment.meet(obstacle);
            store.commit(&next, &version).await.ok().map(|_| next.into_shipment())
        }));
    }
    let mut winners = Vec::new();
    for worker in workers {
        winners.extend(worker.await.unwrap());
    }
    let [winner] = &winners[..] else { panic!("{} got through", winners.len()) };
    assert_eq!(stored(&*store, shipment.id()).await.shipment(), winner);
}
