//! Tests of databases with damaged pages.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[allow(dead_code, reason = "not all is needed here")]
mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use common::{by_hand, database, options};
use keyferry_conformance::samples;
use keyferry_domain::ports::{OpenCounts, ShipmentFilter, ShipmentSort, StoreError};
use keyferry_domain::{Entropy as _, ShipmentId, ShipmentStore};
use keyferry_store_sqlite::SqliteStore;
use keyferry_testkit::SeededRandom;
use tempfile::{TempDir, tempdir};

const PAGE: usize = 4096;
const SHIPMENTS: usize = 300;

/// Returns a closed database with open shipments, and their ids in order.
async fn filled() -> (TempDir, Vec<String>) {
    let directory = tempdir().unwrap();
    let store = SqliteStore::open(options(directory.path())).unwrap();
    let mut ids = Vec::new();
    for _ in 0..SHIPMENTS {
        let change = samples::accepted();
        store.insert(&change).await.unwrap();
        ids.push(change.shipment().id().to_string());
    }
    (directory, ids)
}

fn edit(directory: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut file = fs::read(database(directory)).unwrap();
    change(&mut file);
    fs::write(database(directory), file).unwrap();
}

fn root(directory: &Path, tree: &str) -> usize {
    let connection = rusqlite::Connection::open(database(directory)).unwrap();
    let query = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    connection.query_row(query, [tree], |row| row.get::<_, i64>(0)).unwrap() as usize
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// Returns the numbers of a tree's pages, in order (<https://sqlite.org/fileformat.html#b_tree_pages>).
fn pages(file: &[u8], root: usize) -> Vec<usize> {
    let page = &file[(root - 1) * PAGE..root * PAGE];
    let mut all = vec![root];
    if matches!(page[0], 2 | 5) {
        let cells = (0..number(&page[3..5])).map(|cell| number(&page[12 + 2 * cell..14 + 2 * cell]));
        let children = cells.map(|cell| number(&page[cell..cell + 4])).chain([number(&page[8..12])]);
        all.extend(children.flat_map(|child| pages(file, child)));
    }
    all
}

/// Lists all open shipments as a run does. Returns what was listed before the error.
async fn listed(store: &SqliteStore) -> (Vec<String>, Option<StoreError>) {
    let (mut listed, mut after) = (Vec::new(), None);
    for _ in 0..=SHIPMENTS {
        match store.query(&ShipmentFilter::open(), ShipmentSort::Id, after.as_ref(), 100).await {
            Err(error) => return (listed, Some(error)),
            Ok(page) => {
                listed.extend(page.items.iter().map(|summary| summary.id.to_string()));
                listed.extend(page.broken.into_iter().map(|(id, _)| id));
                after = page.next;
            }
        }
        if after.is_none() {
            return (listed, None);
        }
    }
    panic!("the listing does not end");
}

#[tokio::test]
async fn zeroed_index_page_is_named() {
    let (directory, ids) = filled().await;
    let root = root(directory.path(), "fprshipments_by_phase");
    edit(directory.path(), |file| {
        let page = *pages(file, root).last().unwrap();
        file[(page - 1) * PAGE..page * PAGE].fill(0);
    });
    let store = SqliteStore::open(options(directory.path())).unwrap();
    let found = store.find_damage().await.unwrap();
    assert!(found.iter().any(|finding| finding.starts_with("index fprshipments_by_phase of table")), "{found:?}");
    let error = store.open_counts().await.unwrap_err();
    let StoreError::Damaged(text) = &error else { panic!("{error:?}") };
    assert!(text.contains("count open shipments INDEXED BY fprshipments_by_phase"), "{text}");
    let insert = samples::accepted();
    let error = store.insert(&insert).await.unwrap_err();
    let StoreError::Damaged(text) = &error else { panic!("{error:?}") };
    assert!(text.contains(&format!("store the record of {}", insert.shipment().id())), "{text}");
    assert_eq!(listed(&store).await, (ids, None), "other indexes are not affected");
}

/// The repair that `docs/how-to/repair-the-database.md` describes, with the commands of that page.
#[tokio::test]
async fn documented_repair_rebuilds_a_damaged_index() {
    if !Command::new("sqlite3").arg("--version").output().is_ok_and(|output| output.status.success()) {
        println!("skipped: no sqlite3");
        return;
    }
    let (directory, ids) = filled().await;
    let root = root(directory.path(), "fprshipments_by_phase");
    edit(directory.path(), |file| file[(root - 1) * PAGE..root * PAGE].fill(0));
    let page = include_str!("../../../docs/how-to/repair-the-database.md");
    let (_, commands) = page.split_once("```sh\n").unwrap();
    let (commands, _) = commands.split_once("```").unwrap();
    let repair =
        Command::new("sh").args(["-ec", commands]).current_dir(directory.path().join("data")).output().unwrap();
    assert!(repair.status.success(), "{}", String::from_utf8_lossy(&repair.stderr));
    assert!(repair.stdout.ends_with(b"ok\n"), "{}", String::from_utf8_lossy(&repair.stdout));
    let store = SqliteStore::open(options(directory.path())).unwrap();
    assert_eq!(store.find_damage().await, Ok(Vec::new()));
    assert_eq!(listed(&store).await, (ids, None));
    let expected = OpenCounts { by_table: 300, by_index: 300 };
    assert_eq!(store.open_counts().await, Ok(Some(expected)));
    store.insert(&samples::accepted()).await.unwrap();
}

#[tokio::test]
async fn zeroed_probe_page_fails_the_probe() {
    let (directory, _) = filled().await;
    let root = root(directory.path(), "write_probe");
    edit(directory.path(), |file| file[(root - 1) * PAGE..root * PAGE].fill(0));
    let store = SqliteStore::open(options(directory.path())).unwrap();
    let error = store.prove_write().await.unwrap_err();
    assert!(matches!(&error, StoreError::Damaged(text) if text.contains("write a probe")), "{error:?}");
}

#[tokio::test]
async fn index_that_skips_rows_is_found_by_counting() {
    let (directory, ids) = filled().await;
    let skipped = format!(" WHERE id >= '{}'", ids[100]);
    by_hand(
        directory.path(),
        &format!(
            "DROP INDEX fprshipments_by_phase;
             CREATE INDEX fprshipments_by_phase ON fprshipments (phase, obstacle_class, obstacle_code){skipped};
             PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = replace(sql, '{}', '')",
            skipped.replace('\'', "''"),
        ),
    )
    .unwrap();
    let store = SqliteStore::open(options(directory.path())).unwrap();
    let counts = store.open_counts().await.unwrap();
    assert_eq!(counts, Some(OpenCounts { by_table: 300, by_index: 200 }));
    let found = store.find_damage().await.unwrap();
    assert_eq!(found.len(), 51, "{found:?}");
    assert_eq!(found[0], "wrong # of entries in index fprshipments_by_phase");
    assert_eq!(found[1], "row 1 missing from index fprshipments_by_phase");
    assert_eq!(found[50], "the check stopped after 50 findings; there may be more");
}

#[tokio::test]
async fn listing_names_the_rows_of_a_zeroed_table_page_and_continues_after_them() {
    let (directory, ids) = filled().await;
    let root = root(directory.path(), "fprshipments");
    edit(directory.path(), |file| {
        let pages = pages(file, root);
        let page = pages[pages.len() / 2];
        file[(page - 1) * PAGE..page * PAGE].fill(0);
    });
    let store = SqliteStore::open(options(directory.path())).unwrap();
    let (mut all, error) = listed(&store).await;
    all.sort();
    assert_eq!((all, error), (ids, None));
    let (mut broken, mut after) = (Vec::new(), None);
    loop {
        let page = store.query(&ShipmentFilter::open(), ShipmentSort::Id, after.as_ref(), 100).await.unwrap();
        broken.extend(page.broken);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert!((1..20).contains(&broken.len()), "{broken:?}");
    for (id, reason) in broken {
        assert!(reason.contains(&format!("could not read the record of {id}: ")), "{reason}");
        assert!(matches!(store.get(ShipmentId::parse(&id).unwrap()).await, Err(StoreError::Damaged(_))));
    }
    let found = store.find_damage().await.unwrap();
    assert!(found.iter().any(|finding| finding.starts_with("table fprshipments: page ")), "{found:?}");
    assert!(matches!(store.open_counts().await, Err(StoreError::Damaged(_))));
}

#[tokio::test]
async fn damaged_key_in_the_index_skips_no_shipment_silently() {
    let (directory, ids) = filled().await;
    let root = root(directory.path(), "sqlite_autoindex_fprshipments_1");
    let intact = fs::read(database(directory.path())).unwrap();
    for damaged in [0, 1, 50, 99, 100, 101, 150, 199, 299] {
        // The first byte is `0`.
        for byte in [b'z', b'!', 0xff] {
            let mut file = intact.clone();
            for page in pages(&intact, root) {
                let range = (page - 1) * PAGE..page * PAGE;
                let id = ids[damaged].as_bytes();
                if let Some(at) = file[range.clone()].windows(id.len()).position(|window| window == id) {
                    file[range.start + at] = byte;
                }
            }
            assert_ne!(file, intact);
            fs::write(database(directory.path()), file).unwrap();
            let store = SqliteStore::open(options(directory.path())).unwrap();
            is_not_silent(&store, &format!("byte {byte:#x} of id {damaged}")).await;
            // As a cursor, a key that is too great would skip all rows after it.
            if byte == b'z' && damaged < SHIPMENTS - 1 {
                let (before, error) = listed(&store).await;
                assert_eq!(before, ids[..damaged]);
                assert!(error.unwrap().to_string().contains("are not in order"));
            }
            let found = store.find_damage().await.unwrap();
            assert!(found.iter().any(|finding| finding.contains("sqlite_autoindex_fprshipments_1")), "{found:?}");
        }
    }
}

/// Either each shipment is listed, or the listing fails, or the counts differ or fail.
async fn is_not_silent(store: &SqliteStore, case: &str) {
    let (listed, error) = listed(store).await;
    let listed: BTreeSet<_> = listed.into_iter().collect();
    if listed.len() == SHIPMENTS || error.is_some() {
        return;
    }
    if let Ok(counts) = store.open_counts().await {
        let counts = counts.unwrap();
        assert_ne!(counts.by_table, counts.by_index, "{case}: {} listed", listed.len());
    }
}

#[tokio::test]
async fn two_hundred_flipped_bytes_skip_no_shipment_silently() {
    let (directory, _) = filled().await;
    let intact = fs::read(database(directory.path())).unwrap();
    let mut opened = 0;
    for seed in 0..60 {
        let random = SeededRandom::new(seed);
        let mut file = intact.clone();
        for _ in 0..200 {
            let mut bytes = [0; 8];
            random.fill(&mut bytes);
            // Spares the schema on the first page, with which the database would not open.
            let at = PAGE + number(&bytes[..7]) % (file.len() - PAGE);
            file[at] ^= bytes[7];
        }
        fs::write(database(directory.path()), file).unwrap();
        let Ok(store) = SqliteStore::open(options(directory.path())) else { continue };
        opened += 1;
        is_not_silent(&store, &format!("seed {seed}")).await;
        // A damaged schema is an error.
        assert_ne!(store.find_damage().await, Ok(Vec::new()), "seed {seed}");
    }
    assert!(opened > 10, "{opened} opened");
}
