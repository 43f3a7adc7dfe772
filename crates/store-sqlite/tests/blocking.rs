//! Tests of locks that another connection holds.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[allow(dead_code, reason = "not all is needed here")]
mod common;

use std::future::Future;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::{database, disk_holds, options};
use keyferry_conformance::samples;
use keyferry_domain::ports::{Claim, SecretName, ShipmentFilter, ShipmentSort};
use keyferry_domain::{LeaseStore as _, SecretBytes, SecretStore, ShipmentStore};
use keyferry_store_sqlite::SqliteStore;
use rusqlite::Connection;
use tempfile::tempdir;
use tokio::time::Instant;

const LOCKED: &str = "the store is unavailable: another process has held the database locked for a second";

async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let begin = Instant::now();
    let result = work.await;
    (result, begin.elapsed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_write_transaction_delays_no_read_and_fails_writes_after_a_second() {
    let directory = tempdir().unwrap();
    let store = SqliteStore::open(options(directory.path())).unwrap();
    let change = samples::accepted();
    let id = change.shipment().id();
    store.insert(&change).await.unwrap();
    let foreign = Connection::open(database(directory.path())).unwrap();
    foreign.execute_batch("BEGIN IMMEDIATE").unwrap();

    let release = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(4)).await;
        foreign.execute_batch("ROLLBACK").unwrap();
    });
    let writer = store.clone();
    let write = tokio::spawn(async move { timed(writer.prove_write()).await });
    let (mut reads, begin) = (0, Instant::now());
    while !write.is_finished() {
        let (found, took) = timed(async {
            store.query(&ShipmentFilter::open(), ShipmentSort::Id, None, 10).await.unwrap();
            store.counts(&ShipmentFilter::default()).await.unwrap();
            ShipmentStore::get(&store, id).await.unwrap()
        })
        .await;
        assert_eq!(found.unwrap().shipment(), change.shipment());
        assert!(took < Duration::from_millis(500), "{took:?}");
        reads += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(reads > 5, "{reads} reads in {:?}", begin.elapsed());
    let (result, took) = write.await.unwrap();
    let error = result.unwrap_err().to_string();
    assert!(error.starts_with(LOCKED), "{error}");
    assert!((900..1600).contains(&took.as_millis()), "{took:?}");

    // A queue does not add up the waits.
    let mut writes = Vec::new();
    for _ in 0..20 {
        let store = store.clone();
        writes.push(tokio::spawn(async move { timed(store.insert(&samples::accepted())).await }));
    }
    for write in writes {
        let (result, took) = write.await.unwrap();
        assert!(result.unwrap_err().to_string().starts_with(LOCKED));
        assert!(took < Duration::from_millis(2600), "{took:?}");
    }
    release.await.unwrap();
    store.prove_write().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_read_transaction_delays_no_purge() {
    let directory = tempdir().unwrap();
    let store = SqliteStore::open(options(directory.path())).unwrap();
    let name = SecretName::of(samples::id());
    store.put(&name, &SecretBytes::new(b"canary".to_vec())).await.unwrap();
    let foreign = Connection::open(database(directory.path())).unwrap();
    foreign.execute_batch("BEGIN").unwrap();
    let sealed: Vec<u8> = foreign.query_row("SELECT sealed FROM secrets", [], |row| row.get(0)).unwrap();

    let (purged, took) = timed(store.purge(&name)).await;
    purged.unwrap();
    assert!(took < Duration::from_millis(500), "{took:?}");
    let claim = Claim { holder: "a".into(), until: samples::at(60) };
    let (taken, took) = timed(store.take_lease("schedules", &claim, samples::at(0))).await;
    assert!(taken.unwrap() && took < Duration::from_millis(500), "{took:?}");
    let (tidied, took) = timed(store.tidy()).await;
    tidied.unwrap();
    assert!(took < Duration::from_millis(500), "{took:?}");
    assert!(disk_holds(directory.path(), &sealed), "the reader still needs the write-ahead log");

    foreign.execute_batch("COMMIT").unwrap();
    store.tidy().await.unwrap();
    assert!(!disk_holds(directory.path(), &sealed));
    assert_eq!(SecretStore::get(&store, &name).await.map(|found| found.is_none()), Ok(true));
}

#[tokio::test]
async fn file_shrinks_after_deletion() {
    let directory = tempdir().unwrap();
    let store = SqliteStore::open(options(directory.path())).unwrap();
    let mut inserted = Vec::new();
    for _ in 0..150 {
        let change = samples::accepted();
        let version = store.insert(&change).await.unwrap();
        inserted.push((change.shipment().id(), version));
    }
    store.tidy().await.unwrap();
    let size = || std::fs::metadata(database(directory.path())).unwrap().len();
    let full = size();
    for (id, version) in &inserted[1..] {
        store.delete(*id, version).await.unwrap();
    }
    store.tidy().await.unwrap();
    let empty = size();
    // The chain keeps the hashes of deleted events.
    assert!(empty * 2 < full, "{full} bytes before, {empty} after");
    assert_eq!(store.find_damage().await.unwrap(), [] as [String; 0]);
    assert!(ShipmentStore::get(&store, inserted[0].0).await.unwrap().is_some());
    assert!(ShipmentStore::get(&store, inserted[1].0).await.unwrap().is_none());
}

/// Starts SQLite's shell with an open transaction. Returns `None` if it is not installed.
///
/// The shell waits for a lock that the store holds for its maintenance, and ends at an error. Otherwise it would skip
/// the rest of the line, and wait for the next one as long as this process waits for its answer.
fn shell(directory: &Path, begin: &str) -> Option<Child> {
    let mut command = Command::new("sqlite3");
    command
        .args(["-bail", "-cmd", ".timeout 10000"])
        .arg(database(directory))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut shell = command.spawn().ok()?;
    writeln!(shell.stdin.as_mut().unwrap(), "{begin}; SELECT count(*) FROM fprshipments;").unwrap();
    let mut line = String::new();
    BufReader::new(shell.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "1\n");
    Some(shell)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_of_another_process_delay_no_read_and_no_purge() {
    let directory = tempdir().unwrap();
    let store = SqliteStore::open(options(directory.path())).unwrap();
    let change = samples::accepted();
    store.insert(&change).await.unwrap();
    let name = SecretName::of(samples::id());
    store.put(&name, &SecretBytes::new(b"canary".to_vec())).await.unwrap();
    let Some(mut reading) = shell(directory.path(), "BEGIN") else {
        println!("skipped: no sqlite3");
        return;
    };
    let (purged, took) = timed(store.purge(&name)).await;
    purged.unwrap();
    assert!(took < Duration::from_millis(500), "{took:?}");
    let mut writing = shell(directory.path(), "BEGIN IMMEDIATE").unwrap();
    let (found, took) = timed(ShipmentStore::get(&store, change.shipment().id())).await;
    assert_eq!(found.unwrap().unwrap().shipment(), change.shipment());
    assert!(took < Duration::from_millis(500), "{took:?}");
    let (result, took) = timed(store.prove_write()).await;
    assert!(result.unwrap_err().to_string().starts_with(LOCKED));
    assert!((900..1600).contains(&took.as_millis()), "{took:?}");
    for shell in [&mut reading, &mut writing] {
        shell.kill().unwrap();
        shell.wait().unwrap();
    }
    store.prove_write().await.unwrap();
}
