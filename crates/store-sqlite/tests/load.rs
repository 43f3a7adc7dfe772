//! Test of a burst. The only test of this file, because it counts the threads of its process.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[allow(dead_code, reason = "not all is needed here")]
mod common;

use std::time::Duration;

use common::options;
use keyferry_conformance::samples;
use keyferry_domain::ShipmentStore as _;
use keyferry_domain::ports::ShipmentFilter;
use keyferry_store_sqlite::SqliteStore;
use tempfile::tempdir;
use tokio::time::Instant;

/// One writer, four readers.
const THREADS: usize = 5;

fn threads() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("Threads:")).unwrap();
    line.trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn burst_of_two_thousand_creates_uses_five_threads_and_delays_no_read_or_probe() {
    if !std::path::Path::new("/proc/self/status").exists() {
        println!("skipped: no /proc");
        return;
    }
    let directory = tempdir().unwrap();
    let before = threads();
    let store = SqliteStore::open(options(directory.path())).unwrap();
    let known = samples::accepted();
    store.insert(&known).await.unwrap();
    let creates: Vec<_> = (0..2000)
        .map(|_| {
            let (store, change) = (store.clone(), samples::accepted());
            tokio::spawn(async move { store.insert(&change).await })
        })
        .collect();
    let (mut most, mut slowest, mut slowest_probe) = (0, Duration::ZERO, Duration::ZERO);
    while creates.iter().any(|create| !create.is_finished()) {
        let begin = Instant::now();
        store.get(known.shipment().id()).await.unwrap().unwrap();
        slowest = slowest.max(begin.elapsed());
        let begin = Instant::now();
        store.prove_write().await.unwrap();
        slowest_probe = slowest_probe.max(begin.elapsed());
        most = most.max(threads());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(most, before + THREADS);
    assert!(slowest < Duration::from_millis(500), "{slowest:?}");
    assert!(slowest_probe < Duration::from_secs(1), "{slowest_probe:?}");
    let (mut stored, mut refused) = (1, 0);
    for create in creates {
        match create.await.unwrap() {
            Ok(_) => stored += 1,
            Err(error) => {
                assert!(error.to_string().contains("1000 writes are waiting for the database"), "{error}");
                refused += 1;
            }
        }
    }
    assert_eq!(stored + refused, 2001);
    assert_eq!(
        store.counts(&ShipmentFilter::default()).await.unwrap().0.values().sum::<u64>(),
        stored,
        "each answer is true"
    );
    println!("{stored} stored, {refused} refused, slowest read {slowest:?}, slowest probe {slowest_probe:?}");
    assert!(stored >= 1000, "{stored} stored, {refused} refused");
}
