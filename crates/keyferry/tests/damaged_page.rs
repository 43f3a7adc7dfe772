//! A processing run of a real process over a real file, in which a page of the table of shipments was zeroed while the
//! process ran.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "outside of the program, with their own clock and HTTP client")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};

use keyferry_proof_support::{ADA, ADA_ID, ALAN, ALAN_ID};
use serde_json::Value;
use support::Connector;

const ORDERS: usize = 18;

/// Returns the pages of the table that hold rows, in order, and their size.
fn leaves(connector: &Connector) -> (Vec<i64>, i64) {
    let database = connector.database();
    let query = "SELECT pageno FROM dbstat WHERE name = 'fprshipments' AND pagetype = 'leaf' ORDER BY path";
    let mut statement = database.prepare(query).unwrap();
    let pages = statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap();
    (pages, database.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap())
}

#[tokio::test]
async fn run_completes_the_other_shipments_and_names_those_it_cannot_read() {
    let connector = Connector::start().await;
    for number in 0..ORDERS {
        let shipment = connector.order([ADA, ALAN][number % 2]).await;
        connector.parcel_to(&shipment, 103).await;
    }
    let (pages, size) = leaves(&connector);
    assert!(pages.len() > 2, "{pages:?}");
    // Moves everything from the log to the file. The next write lets the process read the file again.
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    let busy: i64 = connector.database().query_row(checkpoint, [], |row| row.get(0)).unwrap();
    assert_eq!(busy, 0);
    let file = connector.dir.path().join("data/keyferry.db");
    let mut file = fs::OpenOptions::new().write(true).open(file).unwrap();
    file.seek(SeekFrom::Start(u64::try_from((pages[pages.len() / 2] - 1) * size).unwrap())).unwrap();
    file.write_all(&vec![0; usize::try_from(size).unwrap()]).unwrap();
    file.sync_all().unwrap();

    // Twice: what the first run did outside, but could not store, must not happen again.
    connector.process().await;
    connector.process().await;
    let mails = connector.mails().await;
    let (mut complete, mut unreadable, mut unwritable) = (0, BTreeSet::new(), BTreeSet::new());
    for parcel in connector.parcels().await {
        let (id, serial) = (parcel["request_id"].as_str().unwrap(), parcel["serial_number"].as_str().unwrap());
        let pins = mails.iter().filter(|mail| mail.to_string().contains(serial)).count();
        let details = connector.get(&format!("/v1/shipments/{id}")).await;
        match details.body["phase"].as_str() {
            Some("complete") => {
                assert_eq!(pins, 1, "{id}");
                complete += 1;
            }
            Some(_) => {
                assert!(pins <= 1, "{id}");
                unwritable.insert(id.to_owned());
            }
            None => {
                assert!(details.status.is_server_error() && pins == 0, "{}", details.text);
                unreadable.insert(id.to_owned());
            }
        }
    }
    assert!(!unreadable.is_empty() && complete > ORDERS / 4, "{complete} complete, {unreadable:?}");
    assert!(connector.methods(ADA_ID).await.len() + connector.methods(ALAN_ID).await.len() >= complete);

    let log = connector.log();
    let named = |message: &str, member: &str| -> BTreeSet<String> {
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let found = lines.filter(|line| line["level"] == "ERROR" && line["fields"]["message"] == message);
        found.map(|line| line["fields"][member].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(named("skipped record that cannot be read completely", "record"), unreadable);
    // SQLite also writes the pages beside that of a record that grows. Some of these records the second run can store.
    let damaged = named("could not read or write record because the store is damaged", "shipment");
    assert!(damaged.is_superset(&unwritable), "{unwritable:?}\n{log}");
    let failing = "dependency is failing; affected shipments are on hold";
    assert_eq!(named(failing, "party"), BTreeSet::from(["store".to_owned()]));
}
