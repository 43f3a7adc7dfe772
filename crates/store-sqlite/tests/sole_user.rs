//! Claims and leases of processes that no longer run.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[allow(dead_code, reason = "each test file uses its own part")]
mod common;

use std::path::Path;

use common::options;
use keyferry_conformance::samples::{self, at};
use keyferry_domain::ports::Claim;
use keyferry_domain::{LeaseStore, ShipmentId, ShipmentStore};
use keyferry_store_sqlite::SqliteStore;
use tempfile::tempdir;

fn open(directory: &Path) -> SqliteStore {
    SqliteStore::open(options(directory)).unwrap()
}

fn claim(holder: &str) -> Claim {
    Claim { holder: holder.into(), until: at(90) }
}

/// Claims a shipment and takes the lease.
async fn hold(store: &SqliteStore) -> ShipmentId {
    let change = samples::accepted();
    let id = change.shipment().id();
    let version = store.insert(&change).await.unwrap();
    store.claim(id, &version, &claim("dead"), at(0)).await.unwrap();
    assert!(store.take_lease("schedules", &claim("dead"), at(0)).await.unwrap());
    id
}

async fn is_free(store: &SqliteStore, id: ShipmentId) -> (bool, bool) {
    let found = store.get(id).await.unwrap().unwrap();
    let lease = store.take_lease("schedules", &claim("next"), at(1)).await.unwrap();
    (found.claim.is_none() && store.claim(id, &found.version, &claim("next"), at(1)).await.is_ok(), lease)
}

#[tokio::test]
async fn next_process_does_not_wait_for_claims_of_a_dead_one() {
    let directory = tempdir().unwrap();
    let store = open(directory.path());
    let id = hold(&store).await;
    drop(store);
    assert_eq!(is_free(&open(directory.path()), id).await, (true, true));
}

#[tokio::test]
async fn claims_remain_while_another_process_uses_the_store() {
    let directory = tempdir().unwrap();
    let first = open(directory.path());
    let second = open(directory.path());
    let id = hold(&second).await;
    // Although the process that was alone at its start ends.
    drop(first);
    let third = open(directory.path());
    assert_eq!(is_free(&third, id).await, (false, false));
    drop(second);
    assert_eq!(is_free(&open(directory.path()), id).await, (false, false), "the third is still there");
    drop(third);
    assert_eq!(is_free(&open(directory.path()), id).await, (true, true));
}
