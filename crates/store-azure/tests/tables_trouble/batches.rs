//! Tests of batches: lost answers, number of calls, and orders that cannot be opened.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use keyferry_conformance::samples::{at, batch, id};
use keyferry_domain::ports::{MOST_ROWS, RowFilter, StoreError};
use keyferry_domain::{
    Batch, BatchId, BatchRow, BatchStateName, BatchStore as _, Caller, CallerId, NewRow, RowState, SecretBytes,
};
use keyferry_http::{Client, ClientOptions};
use keyferry_proof_azurite::Counter;
use keyferry_store_azure::{KeyUse, TableKeys, TableStore};
use serde_json::json;

use super::double::Fault::{None as NoFault, Refused};
use super::writing::{LOST, UNDONE};
use super::{Tokens, World};

const WITH_ORDERS: RowFilter = RowFilter { states: Vec::new(), with_findings: false, orders: true };

fn row(number: u32) -> NewRow {
    let row = BatchRow {
        row: number,
        key: None,
        user: "ada@contoso.example".to_owned(),
        shipment: id(),
        state: RowState::Ready,
        read: Vec::new(),
        checked: Vec::new(),
        changed: None,
    };
    NewRow { row, order: Some(SecretBytes::new(b"canary street 1".to_vec())) }
}

fn draft() -> Batch {
    let caller = Caller::application(CallerId::new("portal"));
    Batch::begin(batch(), "roll-out".to_owned(), caller, at(0)).stored(2, at(1)).unwrap()
}

fn partition(batch: BatchId) -> String {
    format!("keyferry-batch-{batch}")
}

async fn numbers(store: &TableStore, batch: BatchId) -> Vec<(u32, RowState, bool)> {
    let rows = store.rows(batch, &WITH_ORDERS, 0, 1_000).await.unwrap();
    rows.into_iter().map(|NewRow { row, order }| (row.row, row.state, order.is_some())).collect()
}

#[tokio::test]
async fn rows_are_written_once_if_an_answer_is_lost() {
    for fault in LOST.into_iter().chain(UNDONE) {
        let world = World::new().await;
        let (store, one) = (&world.store, batch());
        world.table.next_writes([fault.clone()]);
        store.add_rows(one, &[1, 2, 3].map(row)).await.unwrap();
        let ready = |number| (number, RowState::Ready, true);
        assert_eq!(numbers(store, one).await, [1, 2, 3].map(ready), "{fault:?}");
        world.table.next_writes([fault.clone(), NoFault]);
        let again = store.add_rows(one, &[row(3), row(4)]).await;
        assert!(matches!(again, Err(StoreError::Exists(_))), "{fault:?}: {again:?}");

        world.table.next_writes([fault.clone()]);
        let changed = [1, 2].map(|number| BatchRow { state: RowState::Queued, ..row(number).row });
        store.update_rows(one, &changed).await.unwrap();
        let queued = |number| (number, RowState::Queued, false);
        assert_eq!(numbers(store, one).await, [queued(1), queued(2), ready(3)], "{fault:?}");
        world.table.next_writes([fault.clone()]);
        store.delete_batch(one).await.unwrap();
        assert!(world.table.keys(&partition(one)).is_empty(), "{fault:?}");
    }
}

#[tokio::test]
async fn change_of_rows_that_another_replica_deleted_leaves_them_out() {
    let world = World::new().await;
    let (store, one) = (&world.store, batch());
    store.add_rows(one, &[1, 2, 3].map(row)).await.unwrap();
    world.table.remove(&partition(one), "0000000002");
    let changed = [1, 2, 3].map(|number| BatchRow { state: RowState::Refused, ..row(number).row });
    store.update_rows(one, &changed).await.unwrap();
    let refused = |number| (number, RowState::Refused, false);
    assert_eq!(numbers(store, one).await, [1, 3].map(refused));
}

/// Rows whose deletion is interrupted stay with their batch, so that the next clean-up finds it.
#[tokio::test]
async fn interrupted_deletion_keeps_the_batch() {
    let world = World::new().await;
    let (store, one) = (&world.store, draft());
    store.insert_batch(&one).await.unwrap();
    store.add_rows(one.id, &[1, 2].map(row)).await.unwrap();
    world.table.next_writes([NoFault, Refused(403, "AuthorizationFailure")]);
    store.delete_batch(one.id).await.unwrap_err();
    world.table.next([]);
    assert!(world.table.keys(&partition(one.id)).is_empty());
    assert!(store.batch(one.id).await.unwrap().is_some());
    store.delete_batch(one.id).await.unwrap();
    assert!(store.batch(one.id).await.unwrap().is_none());
}

/// The service returns at most 1000 rows for a call.
#[tokio::test]
async fn calls_are_bounded() {
    let world = World::new().await;
    let (store, one) = (&world.store, draft());
    store.insert_batch(&one).await.unwrap();
    let calls = || world.table.methods().len();
    world.table.next([]);
    for from in (1..=2_500).step_by(MOST_ROWS) {
        let rows: Vec<_> = (from..from + 100).map(row).collect();
        store.add_rows(one.id, &rows).await.unwrap();
    }
    assert_eq!(calls(), 25, "one transaction for 100 rows");

    world.table.next([]);
    assert_eq!(store.row_counts(one.id).await.unwrap().of(RowState::Ready), 2_500);
    // 1 for the first 1000 rows, 2 for the range that contains the others, 1 for each of 7 empty ranges.
    assert_eq!(calls(), 10);
    world.table.next([]);
    assert_eq!(store.rows(one.id, &RowFilter::default(), 1_000, 500).await.unwrap().len(), 500);
    assert_eq!(calls(), 1);
    world.table.next([]);
    let changed: Vec<_> = (1..=100).map(|number| row(number).row).collect();
    store.update_rows(one.id, &changed).await.unwrap();
    assert_eq!(calls(), 1);

    let few = draft();
    store.add_rows(few.id, &[1, 2].map(row)).await.unwrap();
    world.table.next([]);
    assert_eq!(store.row_counts(few.id).await.unwrap().of(RowState::Ready), 2);
    assert_eq!(calls(), 1);

    for _ in 0..70 {
        store.insert_batch(&draft()).await.unwrap();
    }
    world.table.next([]);
    let page = store.batches(&[BatchStateName::Draft], None, 50).await.unwrap();
    assert_eq!((page.items.len(), page.next.is_some(), calls()), (50, true, 1));
}

#[tokio::test]
async fn orders_are_sealed_for_their_row() {
    let world = World::new().await;
    let (store, one) = (&world.store, batch());
    store.add_rows(one, &[1, 2].map(row)).await.unwrap();
    let columns =
        |key: &str| ["order", "sealing_key", "record"].map(|name| world.table.column(&partition(one), key, name));
    let ([first, key, record], [second, same_key, _]) = (columns("0000000001"), columns("0000000002"));
    for text in [&first, &second, &key, &record] {
        assert!(!text.as_str().unwrap().contains("canary"), "{text}");
    }
    assert!(first != second && key == same_key);
    world.table.write(&partition(one), "0000000002", &json!({"order": first}));
    assert_eq!(numbers(store, one).await, [(1, RowState::Ready, true), (2, RowState::Ready, false)]);
    world.table.write(&partition(one), "0000000002", &json!({"order": "no base64"}));
    assert_eq!(numbers(store, one).await, [(1, RowState::Ready, true), (2, RowState::Ready, false)]);
}

/// Keys that were lost, with the number of times that they were looked up.
#[derive(Default)]
struct Lost(AtomicU32);

#[async_trait]
impl TableKeys for Lost {
    async fn all(&self, _: KeyUse) -> Result<Vec<SecretBytes>, StoreError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Vec::new())
    }

    async fn add(&self, _: KeyUse, _: &SecretBytes) -> Result<(), StoreError> {
        Ok(())
    }
}

#[tokio::test]
async fn lost_key_is_looked_up_once_for_many_rows() {
    let world = World::new().await;
    let one = batch();
    world.store.add_rows(one, &(1..=100).map(row).collect::<Vec<_>>()).await.unwrap();
    let lost = Arc::new(Lost::default());
    let rows = numbers(&with_keys(&world, lost.clone()), one).await;
    assert!(rows.len() == 100 && rows.iter().all(|(_, _, opens)| !opens));
    assert_eq!(lost.0.load(Ordering::Relaxed), 1);
}

fn with_keys(world: &World, keys: Arc<dyn TableKeys>) -> TableStore {
    let (http, tokens) = (Client::new(ClientOptions::default()).unwrap(), Arc::new(Tokens::default()));
    TableStore::new(&world.url, "fprshipments", http, tokens, world.clock.clone(), Arc::new(Counter), keys).unwrap()
}

/// Keys that cannot be read.
struct Unreadable;

#[async_trait]
impl TableKeys for Unreadable {
    async fn all(&self, _: KeyUse) -> Result<Vec<SecretBytes>, StoreError> {
        Err(StoreError::Unavailable("Azure Key Vault answered 503".into()))
    }

    async fn add(&self, _: KeyUse, _: &SecretBytes) -> Result<(), StoreError> {
        Err(StoreError::Unavailable("Azure Key Vault answered 503".into()))
    }
}

/// An outage of the vault must not look like a damaged order, which is never ordered.
#[tokio::test]
async fn outage_of_the_vault_is_not_the_fault_of_a_row() {
    let world = World::new().await;
    let one = batch();
    world.store.add_rows(one, &[row(1)]).await.unwrap();
    assert_eq!(numbers(&world.replica(), one).await, [(1, RowState::Ready, true)]);
    let store = with_keys(&world, Arc::new(Unreadable));
    let failed = store.rows(one, &WITH_ORDERS, 0, 10).await;
    assert!(matches!(failed, Err(StoreError::Unavailable(_))), "{failed:?}");
    assert!(matches!(store.add_rows(one, &[row(2)]).await, Err(StoreError::Unavailable(_))));
    assert_eq!(store.rows(one, &RowFilter::default(), 0, 10).await.unwrap().len(), 1);
    world.keys.lose();
    assert_eq!(numbers(&world.replica(), one).await, [(1, RowState::Ready, false)]);
}
