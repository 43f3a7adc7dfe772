//! Test of a full disk: a small file system in a namespace of its own.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[allow(dead_code, reason = "not all is needed here")]
mod common;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use common::options;
use keyferry_conformance::samples;
use keyferry_domain::ShipmentStore as _;
use keyferry_domain::ports::{ShipmentFilter, StoreError};
use keyferry_store_sqlite::SqliteStore;
use tempfile::tempdir;

const DIRECTORY: &str = "SMALL_FILE_SYSTEM";

#[test]
fn full_disk_is_named_and_reads_go_on() {
    let directory = tempdir().unwrap();
    let mount = format!("mount -t tmpfs -o size=24m none {}", directory.path().display());
    let namespace = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]);
        command
    };
    if !namespace(&mount).output().is_ok_and(|output| output.status.success()) {
        println!("skipped: cannot mount a file system in a namespace");
        return;
    }
    let test = std::env::current_exe().unwrap();
    let script = format!("{mount} && exec {} --exact --ignored on_a_small_file_system", test.display());
    let output = namespace(&script).env(DIRECTORY, directory.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}

#[tokio::test]
#[ignore = "started by full_disk_is_named_and_reads_go_on"]
async fn on_a_small_file_system() {
    let Some(directory) = std::env::var_os(DIRECTORY).map(PathBuf::from) else { return };
    let store = SqliteStore::open(options(&directory)).unwrap();
    let known = samples::accepted();
    let id = known.shipment().id();
    store.insert(&known).await.unwrap();
    // Fills the write-ahead log, and starts it again: its old part needs no more space.
    for _ in 0..150 {
        store.prove_write().await.unwrap();
    }
    let full = |error: &StoreError| {
        let text = error.to_string();
        assert!(text.contains("the disk of the data directory is full. Free space on it"), "{text}");
    };
    let filling = directory.join("filling");
    let mut size = 16 * 1024 * 1024;
    // Leaves not even one block.
    while size > 0 {
        let mut content = fs::read(&filling).unwrap_or_default();
        content.resize(content.len() + size, 7);
        if fs::write(&filling, &content).is_err() {
            size /= 2;
        }
    }
    full(&store.prove_write().await.unwrap_err());
    full(&store.insert(&samples::accepted()).await.unwrap_err());
    assert_eq!(store.get(id).await.unwrap().unwrap().shipment(), known.shipment());
    assert_eq!(store.counts(&ShipmentFilter::default()).await.unwrap().0.values().sum::<u64>(), 1);
    fs::remove_file(filling).unwrap();
    store.prove_write().await.unwrap();
    store.insert(&samples::accepted()).await.unwrap();
}
