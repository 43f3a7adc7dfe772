//! Cases of claims: one worker per shipment.

use keyferry_domain::ports::{Claim, ClaimChange};

use super::samples::{accepted, at, obstacle, obstructed};
use super::shipments::stored;
use super::{Shipments, is_conflict};

fn claim(holder: &str, until: i64) -> Claim {
    Claim { holder: holder.into(), until: at(until) }
}

pub async fn claim_excludes_others_until_it_expires(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let change = accepted();
    let shipment = change.shipment();
    let version = store.insert(&change).await.unwrap();
    let version = store.claim(shipment.id(), &version, &claim("a", 60), at(0)).await.unwrap();
    let found = stored(&*store, shipment.id()).await;
    assert_eq!((&found.claim, &found.version), (&Some(claim("a", 60)), &version));

    assert!(is_conflict(&store.claim(shipment.id(), &version, &claim("b", 120), at(59)).await));
    store.claim(shipment.id(), &version, &claim("b", 120), at(60)).await.expect("the claim expired");
    assert_eq!(stored(&*store, shipment.id()).await.claim, Some(claim("b", 120)));
}

/// The holder's clock was wrong. With a claim of 90 seconds, an end up to one minute later is a difference of clocks.
pub async fn claim_that_ends_too_late_is_taken_over(backend: &dyn Shipments) {
    const DAY: i64 = 24 * 3600;
    let store = backend.shipments().await;
    let change = accepted();
    let id = change.shipment().id();
    let version = store.insert(&change).await.unwrap();
    let version = store.claim(id, &version, &claim("a", DAY), at(DAY - 90)).await.unwrap();
    let version = store.claim(id, &version, &claim("b", 90), at(0)).await.expect("the claim ends too late");
    let version = store.claim(id, &version, &claim("b", 120), at(30)).await.unwrap();
    assert!(is_conflict(&store.claim(id, &version, &claim("c", 90), at(0)).await), "30 seconds beyond its life");
}

pub async fn holder_can_renew_claim(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let change = accepted();
    let shipment = change.shipment();
    let first = store.insert(&change).await.unwrap();
    let claimed = store.claim(shipment.id(), &first, &claim("a", 60), at(0)).await.unwrap();
    let renewed =
        store.claim(shipment.id(), &claimed, &claim("a", 90), at(59)).await.expect("the holder may renew a live claim");
    let found = stored(&*store, shipment.id()).await;
    assert_eq!((&found.claim, &found.version), (&Some(claim("a", 90)), &renewed));

    assert!(is_conflict(&store.claim(shipment.id(), &claimed, &claim("a", 120), at(60)).await), "the version is old");
    assert!(
        is_conflict(&store.claim(shipment.id(), &renewed, &claim("b", 120), at(89)).await),
        "the renewed end applies"
    );
    let taken = store.claim(shipment.id(), &renewed, &claim("b", 120), at(90)).await.unwrap();
    assert!(
        is_conflict(&store.claim(shipment.id(), &taken, &claim("a", 150), at(91)).await),
        "the claim now belongs to b"
    );
}

pub async fn only_holder_can_release_claim(backend: &dyn Shipments) {
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
    store.release(shipment.id(), "a").await.expect("releasing twice is not an error");
    store.claim(shipment.id(), &found.version, &claim("b", 60), at(1)).await.unwrap();
    store.release(accepted().shipment().id(), "a").await.expect("releasing a missing shipment is not an error");
}

pub async fn claim_survives_commit(backend: &dyn Shipments) {
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

pub async fn commit_takes_and_releases_claim(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let change = accepted();
    let id = change.shipment().id();
    let version = store.insert(&change).await.unwrap();
    let first = obstructed(change.shipment());
    let take = ClaimChange::Take(claim("a", 60), at(0));
    let version = store.commit_and_claim(&first, &version, &take).await.unwrap();
    let found = stored(&*store, id).await;
    assert_eq!(
        (found.shipment(), &found.claim, &found.version),
        (first.shipment(), &Some(claim("a", 60)), &version),
        "taken"
    );
    let renew = ClaimChange::Take(claim("a", 90), at(30));
    let second = obstructed(first.shipment());
    let version = store.commit_and_claim(&second, &version, &renew).await.unwrap();
    assert_eq!(stored(&*store, id).await.claim, Some(claim("a", 90)), "renewed");

    let third = obstructed(second.shipment());
    store.commit_and_claim(&third, &version, &ClaimChange::Release("b".into())).await.unwrap();
    let found = stored(&*store, id).await;
    assert_eq!((found.shipment(), &found.claim), (third.shipment(), &Some(claim("a", 90))), "b does not hold it");
    let fourth = obstructed(third.shipment());
    store.commit_and_claim(&fourth, &found.version, &ClaimChange::Release("a".into())).await.unwrap();
    let found = stored(&*store, id).await;
    assert_eq!((found.shipment(), &found.claim), (fourth.shipment(), &None), "released");
    store.claim(id, &found.version, &claim("b", 60), at(1)).await.unwrap();
}

/// A commit that cannot take the claim stores nothing.
pub async fn commit_takes_no_claim_of_another(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let change = accepted();
    let id = change.shipment().id();
    let version = store.insert(&change).await.unwrap();
    let version = store.claim(id, &version, &claim("a", 90), at(0)).await.unwrap();
    let next = obstructed(change.shipment());
    let take = |now| ClaimChange::Take(claim("b", now + 90), at(now));
    assert!(is_conflict(&store.commit_and_claim(&next, &version, &take(89)).await));
    let found = stored(&*store, id).await;
    assert_eq!((found.shipment(), &found.claim), (change.shipment(), &Some(claim("a", 90))));
    let after = store.commit_and_claim(&next, &found.version, &take(90)).await.expect("the claim expired");
    assert!(
        is_conflict(&store.commit_and_claim(&next, &version, &ClaimChange::Release("b".into())).await),
        "the version is old"
    );
    let found = stored(&*store, id).await;
    assert_eq!((found.shipment(), &found.claim, &found.version), (next.shipment(), &Some(claim("b", 180)), &after));
}

pub async fn claim_requires_current_version(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let change = accepted();
    let shipment = change.shipment();
    let stale = store.insert(&change).await.unwrap();
    let next = obstructed(shipment);
    let fresh = store.commit(&next, &stale).await.unwrap();
    assert!(is_conflict(&store.claim(shipment.id(), &stale, &claim("a", 60), at(0)).await));
    assert!(
        is_conflict(&store.claim(accepted().shipment().id(), &fresh, &claim("a", 60), at(0)).await),
        "the shipment does not exist"
    );
    let claimed = store.claim(shipment.id(), &fresh, &claim("a", 60), at(0)).await.unwrap();
    assert!(
        is_conflict(&store.commit(&obstructed(next.shipment()), &fresh).await),
        "a claim makes earlier reads stale"
    );
    store.commit(&obstructed(next.shipment()), &claimed).await.unwrap();
}

pub async fn one_of_twenty_workers_gets_the_claim(backend: &dyn Shipments) {
    let change = accepted();
    let shipment = change.shipment();
    // Stays open: a store may void the claims of a process that no longer runs.
    let first = backend.shipments().await;
    let version = first.insert(&change).await.unwrap();
    let mut workers = Vec::new();
    for number in 0..20 {
        // Each worker opens its own store, like a separate process.
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

pub async fn one_of_twenty_commits_succeeds(backend: &dyn Shipments) {
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
    let [winner] = &winners[..] else { panic!("{} commits succeeded", winners.len()) };
    assert_eq!(stored(&*store, shipment.id()).await.shipment(), winner);
}
