//! Tests of the replacement of the sealing key.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[allow(dead_code, reason = "not all is needed here")]
mod common;

use std::fs;

use common::{by_hand, database, disk_holds, options};
use keyferry_conformance::samples;
use keyferry_domain::ports::{RowFilter, SecretName};
use keyferry_domain::{
    BatchId, BatchRow, BatchStore as _, NewRow, RowState, SecretBytes, SecretStore, ShipmentStore as _,
};
use keyferry_evidence::verify;
use keyferry_store_sqlite::{Error, SqliteStore};
use tempfile::{TempDir, tempdir};

fn open(directory: &TempDir) -> SqliteStore {
    SqliteStore::open(options(directory.path())).unwrap()
}

fn key_file(directory: &TempDir) -> Vec<u8> {
    fs::read(directory.path().join("data/keyferry.key")).unwrap()
}

async fn put(store: &SqliteStore, count: usize) -> Vec<SecretName> {
    let mut names = Vec::new();
    for _ in 0..count {
        let name = SecretName::of(samples::id());
        store.put(&name, &SecretBytes::new(name.to_string().into_bytes())).await.unwrap();
        names.push(name);
    }
    names
}

async fn opens_all(store: &SqliteStore, names: &[SecretName]) {
    for name in names {
        let value = SecretStore::get(store, name).await.unwrap().unwrap();
        assert_eq!(value.expose(), name.to_string().as_bytes());
    }
}

fn keys_in_use(directory: &TempDir) -> Vec<(String, i64)> {
    let connection = rusqlite::Connection::open(database(directory.path())).unwrap();
    let mut query = connection
        .prepare("SELECT sealing_key, count(*) FROM secrets GROUP BY sealing_key ORDER BY min(rowid)")
        .unwrap();
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test]
async fn seals_all_values_anew_while_another_process_uses_the_store() {
    let directory = tempdir().unwrap();
    let service = open(&directory);
    let mut names = put(&service, 120).await;
    service.insert(&samples::accepted()).await.unwrap();
    let old = key_file(&directory);
    let (old_key, sealed): (String, Vec<u8>) = rusqlite::Connection::open(database(directory.path()))
        .unwrap()
        .query_row("SELECT sealing_key, sealed FROM secrets", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();

    let mut steps = Vec::new();
    let rekeyed = open(&directory).rekey(|done, of| steps.push((done, of))).await.unwrap();
    // 120 secrets, and the key that signs the event chain.
    assert_eq!((rekeyed.resealed, rekeyed.sealed, rekeyed.continued, rekeyed.older_keys), (121, 121, false, 1));
    assert_eq!((steps.len(), steps.last()), (3, Some(&(121, 121))));
    assert!(rekeyed.unreadable.is_empty());
    assert_ne!(rekeyed.key, old_key);
    assert_eq!(keys_in_use(&directory), [(rekeyed.key.clone(), 120)]);
    assert_eq!((key_file(&directory).len(), &key_file(&directory)[..32]), (64, &old[..]));

    // The process that was running reads and writes with the new key.
    opens_all(&service, &names).await;
    names.extend(put(&service, 1).await);
    opens_all(&service, &names).await;
    assert_eq!(keys_in_use(&directory), [(rekeyed.key.clone(), 121)]);
    service.insert(&samples::accepted()).await.unwrap();
    assert!(verify(&service, &[], Vec::new()).await.unwrap().is_ok());

    // Nothing needs the old key any more, and nothing of it is left.
    let retired = open(&directory).retire_keys().await.unwrap();
    assert_eq!((retired.key, retired.removed), (rekeyed.key, vec![old_key]));
    assert!(!disk_holds(directory.path(), &old));
    drop(service);
    let store = open(&directory);
    opens_all(&store, &names).await;
    assert!(!disk_holds(directory.path(), &sealed));
    assert!(verify(&store, &[], Vec::new()).await.unwrap().is_ok());
    assert!(store.retire_keys().await.unwrap().removed.is_empty());
}

/// A process that dies after it wrote the key file, and one that dies between two steps.
#[tokio::test]
async fn continues_after_a_crash() {
    let directory = tempdir().unwrap();
    let store = open(&directory);
    let names = put(&store, 70).await;
    let first = key_file(&directory);
    let mut second = first.clone();
    second.extend([7; 32]);
    fs::write(directory.path().join("data/keyferry.key"), &second).unwrap();
    drop(store);
    let store = open(&directory);
    opens_all(&store, &names).await;
    let rekeyed = store.rekey(|_, _| ()).await.unwrap();
    assert_eq!((rekeyed.continued, rekeyed.resealed, rekeyed.older_keys), (true, 71, 1));
    assert_eq!(key_file(&directory), second, "no further key");

    // Dropping the future between two steps is what a kill is: each step is a transaction.
    let step = tokio::sync::Notify::new();
    tokio::select! {
        biased;
        () = step.notified() => {}
        _ = store.rekey(|done, _| {
            assert_ne!(done, 0);
            step.notify_one();
        }) => panic!("finished before it could be interrupted"),
    }
    // The step that was running is completed by the store.
    drop(store);
    let store = open(&directory);
    opens_all(&store, &names).await;
    assert_eq!(store.retire_keys().await.map(drop).is_err(), keys_in_use(&directory).len() > 1);
    let key = key_file(&directory);
    let rekeyed = store.rekey(|_, _| ()).await.unwrap();
    assert_eq!(keys_in_use(&directory), [(rekeyed.key.clone(), 70)]);
    assert!(rekeyed.continued == (key == key_file(&directory)));
    opens_all(&store, &names).await;
}

#[tokio::test]
async fn unreadable_secret_is_named_and_keeps_the_old_key() {
    let directory = tempdir().unwrap();
    let store = open(&directory);
    let names = put(&store, 3).await;
    by_hand(directory.path(), &format!("UPDATE secrets SET sealed = x'00' WHERE name = '{}'", names[1])).unwrap();
    let rekeyed = store.rekey(|_, _| ()).await.unwrap();
    assert_eq!((rekeyed.unreadable, rekeyed.resealed, rekeyed.sealed), (vec![names[1].to_string()], 3, 3));
    let error = store.retire_keys().await.unwrap_err().to_string();
    assert!(error.contains("1 values are sealed with another key"), "{error}");
}

fn rows(numbers: std::ops::RangeInclusive<u32>) -> Vec<NewRow> {
    let row = |number| BatchRow {
        row: number,
        key: None,
        user: "ada@contoso.example".to_owned(),
        shipment: samples::id(),
        state: RowState::Ready,
        read: Vec::new(),
        checked: Vec::new(),
        changed: None,
    };
    let order = |number| Some(SecretBytes::new(format!("order {number}").into_bytes()));
    numbers.map(|number| NewRow { row: row(number), order: order(number) }).collect()
}

/// Returns the numbers of the rows whose order opens.
async fn opening(store: &SqliteStore, batch: BatchId) -> Vec<u32> {
    let filter = RowFilter { orders: true, ..RowFilter::default() };
    let rows = store.rows(batch, &filter, 0, 500).await.unwrap();
    let opens = rows.into_iter().filter(|NewRow { row, order }| {
        order.as_ref().is_some_and(|order| order.expose() == format!("order {}", row.row).as_bytes())
    });
    opens.map(|row| row.row.row).collect()
}

#[tokio::test]
async fn orders_of_batches_are_sealed_anew() {
    let directory = tempdir().unwrap();
    let service = open(&directory);
    let (one, other, first) = (samples::batch(), samples::batch(), key_file(&directory));
    service.add_rows(one, &rows(1..=70)).await.unwrap();
    service.add_rows(other, &rows(1..=70)).await.unwrap();
    let rekeyed = open(&directory).rekey(|_, _| ()).await.unwrap();
    // The orders, and the key that signs the event chain.
    assert_eq!((rekeyed.resealed, rekeyed.sealed, rekeyed.unreadable.len()), (141, 141, 0));
    // The process that was running seals and opens with the new key.
    service.add_rows(one, &rows(71..=80)).await.unwrap();
    assert_eq!(open(&directory).retire_keys().await.unwrap().removed.len(), 1);
    assert!(!disk_holds(directory.path(), &first));
    for store in [service, open(&directory)] {
        assert_eq!(opening(&store, one).await, (1..=80).collect::<Vec<_>>());
        assert_eq!(opening(&store, other).await, (1..=70).collect::<Vec<_>>());
    }

    by_hand(directory.path(), &format!("UPDATE batch_rows SET sealed = x'00' WHERE batch = '{one}' AND \"row\" = 3"))
        .unwrap();
    let store = open(&directory);
    let rekeyed = store.rekey(|_, _| ()).await.unwrap();
    assert_eq!(rekeyed.unreadable, [format!("row 3 of the batch {one}")]);
    let error = store.retire_keys().await.unwrap_err().to_string();
    assert!(error.contains("1 values are sealed with another key"), "{error}");
    store.delete_batch(one).await.unwrap();
    assert_eq!(store.retire_keys().await.unwrap().removed.len(), 1);
    assert_eq!(opening(&store, other).await.len(), 70);
}

#[tokio::test]
async fn key_file_from_before_the_replacement_is_the_wrong_one() {
    let directory = tempdir().unwrap();
    let store = open(&directory);
    put(&store, 1).await;
    let old = key_file(&directory);
    store.rekey(|_, _| ()).await.unwrap();
    drop(store);
    fs::write(directory.path().join("data/keyferry.key"), old).unwrap();
    let error = SqliteStore::open(options(directory.path())).err().unwrap();
    assert!(matches!(error, Error::WrongKey { secrets: 1, .. }), "{error}");
}
