//! Tests with real files.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use keyferry_domain::ports::{Acceptance, JournalEntry};
use keyferry_domain::{DeliveryId, Journal as _, ShipmentId, Timestamp};
use keyferry_journal::FileJournal;
use keyferry_testkit::SeededRandom;

fn accepted(number: u64) -> JournalEntry {
    let at = Timestamp::from_timestamp(1_790_000_000, 0).unwrap();
    JournalEntry::Accepted(Acceptance {
        shipment: ShipmentId::new(at, &SeededRandom::new(number)),
        delivery_id: DeliveryId::new(format!("delivery-{number}")),
        idempotency_key: number.is_multiple_of(2).then(|| format!("{number:064x}")),
        at,
    })
}

#[tokio::test]
async fn entries_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyferry.journal");
    for number in 1..=3 {
        FileJournal::open(&path).unwrap().append(&accepted(number)).await.unwrap();
    }
    let content = FileJournal::open(&path).unwrap().read().await.unwrap();
    assert_eq!(content.entries, [accepted(1), accepted(2), accepted(3)]);
    assert!(content.unreadable.is_empty());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn torn_line_does_not_damage_the_next_entry() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyferry.journal");
    FileJournal::open(&path).unwrap().append(&accepted(1)).await.unwrap();
    fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"entry\":\"accep").unwrap();
    let journal = FileJournal::open(&path).unwrap();
    journal.append(&accepted(2)).await.unwrap();
    let content = journal.read().await.unwrap();
    assert_eq!(content.entries, [accepted(1), accepted(2)]);
    assert_eq!(content.unreadable, ["line 2"]);
}

#[tokio::test]
async fn two_processes_append_whole_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyferry.journal");
    let (one, two) = (FileJournal::open(&path).unwrap(), FileJournal::open(&path).unwrap());
    for number in 0..50 {
        let (left, right) = (accepted(2 * number), accepted(2 * number + 1));
        let (left, right) = tokio::join!(one.append(&left), two.append(&right));
        left.and(right).unwrap();
    }
    let content = one.read().await.unwrap();
    assert_eq!((content.entries.len(), content.unreadable.len()), (100, 0));
}

#[tokio::test]
async fn deleted_file_is_created_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyferry.journal");
    let journal = FileJournal::open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    journal.append(&accepted(1)).await.unwrap();
    assert_eq!(journal.read().await.unwrap().entries, [accepted(1)]);
}

#[test]
fn folder_that_does_not_exist_is_named() {
    let error = FileJournal::open("/nowhere/keyferry.journal".as_ref()).unwrap_err().to_string();
    assert!(error.contains("/nowhere/keyferry.journal") && error.contains("No such file"), "{error}");
}
