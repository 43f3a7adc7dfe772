//! Cases of batches.

use keyferry_domain::ports::{Cursor, MOST_ROWS, RowFilter, StoreError};
use keyferry_domain::{
    Batch, BatchColumn, BatchId, BatchRow, BatchStateName, BatchStore, Caller, CallerId, NewRow, RowChange, RowFinding,
    RowMember, RowState, SecretBytes, Severity,
};

use super::samples::{at, batch, id};
use super::{Batches, is_conflict};

fn caller() -> Caller {
    Caller::application(CallerId::new("portal"))
}

fn draft() -> Batch {
    let mut new = Batch::begin(batch(), "Röll-out \"Köln\"".to_owned(), caller(), at(0));
    new.columns = vec![
        BatchColumn { header: "E-Mail".to_owned(), members: vec!["user_id".to_owned()] },
        BatchColumn { header: "Kostenstelle".to_owned(), members: Vec::new() },
    ];
    new.stored(2, at(1)).unwrap()
}

fn finding(severity: Severity) -> RowFinding {
    RowFinding {
        severity,
        code: "too-long".to_owned(),
        member: Some(RowMember::Parcel("recipient.recipient_lastname".to_owned())),
        message: "Input for Last Name exceeded limit of 20 characters".to_owned(),
        remedy: "Shorten the value.".to_owned(),
    }
}

fn row(number: u32, state: RowState) -> NewRow {
    let read = if state == RowState::Invalid { vec![finding(Severity::Error)] } else { Vec::new() };
    let row = BatchRow {
        row: number,
        key: Some(format!("E{number}")),
        user: "jürgen@contoso.example".to_owned(),
        shipment: id(),
        state,
        read,
        checked: Vec::new(),
        changed: None,
    };
    NewRow { row, order: Some(SecretBytes::new(format!("order {number}").into_bytes())) }
}

fn numbers(rows: &[NewRow]) -> Vec<u32> {
    rows.iter().map(|row| row.row.row).collect()
}

const WITH_ORDERS: RowFilter = RowFilter { states: Vec::new(), with_findings: false, orders: true };

async fn orders(store: &dyn BatchStore, batch: BatchId) -> Vec<Option<String>> {
    let rows = store.rows(batch, &WITH_ORDERS, 0, 100).await.unwrap();
    let text = |order: SecretBytes| String::from_utf8(order.expose().to_vec()).unwrap();
    rows.into_iter().map(|row| row.order.map(text)).collect()
}

pub async fn batch_round_trip_with_versions(backend: &dyn Batches) {
    let store = backend.batches().await;
    let first = draft();
    assert_eq!(store.batch(first.id).await.unwrap(), None);
    let version = store.insert_batch(&first).await.unwrap();
    assert!(matches!(store.insert_batch(&first).await, Err(StoreError::Exists(_))));
    let store = backend.batches().await;
    let stored = store.batch(first.id).await.unwrap().unwrap();
    assert_eq!((&stored.batch, &stored.version), (&first, &version));
    let checking = first.clone().begin_check(caller(), false, at(2)).unwrap();
    let second = store.commit_batch(&checking, &version).await.unwrap();
    assert!(is_conflict(&store.commit_batch(&first, &version).await));
    let stored = store.batch(first.id).await.unwrap().unwrap();
    assert_eq!((stored.batch, stored.version), (checking, second));
}

pub async fn lists_batches_newest_first_by_state(backend: &dyn Batches) {
    let store = backend.batches().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let mut new = draft();
        if number % 2 == 1 {
            new = new.begin_check(caller(), false, at(2)).unwrap();
        }
        store.insert_batch(&new).await.unwrap();
        ids.push(new.id);
    }
    ids.reverse();
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.batches(&[], after.as_ref(), 2).await.unwrap();
        assert!(page.items.len() <= 2);
        found.extend(page.items.into_iter().map(|stored| stored.batch.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, ids);
    let checking = store.batches(&[BatchStateName::Checking, BatchStateName::Paused], None, 10).await.unwrap();
    let found: Vec<_> = checking.items.into_iter().map(|stored| stored.batch.id).collect();
    assert_eq!(found, [ids[1], ids[3]]);
    let invalid = store.batches(&[], Some(&Cursor("x'y".to_owned())), 2).await;
    assert!(matches!(invalid, Err(StoreError::Broken { .. })), "{invalid:?}");
}

pub async fn rows_are_listed_by_number_and_filtered(backend: &dyn Batches) {
    let store = backend.batches().await;
    let (one, other) = (batch(), batch());
    store.add_rows(other, &[row(2, RowState::Ready)]).await.unwrap();
    let states = [RowState::Ready, RowState::Invalid, RowState::Ready, RowState::Ready, RowState::Invalid];
    // Numbers whose decimal form would sort otherwise.
    let rows: Vec<_> = [2, 9, 10, 100, 100_001].into_iter().zip(states).map(|(n, state)| row(n, state)).collect();
    store.add_rows(one, &rows).await.unwrap();
    let store = backend.batches().await;
    let all = store.rows(one, &RowFilter::default(), 0, 10).await.unwrap();
    assert_eq!(numbers(&all), [2, 9, 10, 100, 100_001]);
    assert!(all.iter().all(|row| row.order.is_none()), "orders only on request");
    assert_eq!(all[1].row, rows[1].row);
    assert_eq!(numbers(&store.rows(one, &RowFilter::default(), 9, 2).await.unwrap()), [10, 100]);
    let ready = RowFilter { states: vec![RowState::Ready], ..RowFilter::default() };
    assert_eq!(numbers(&store.rows(one, &ready, 2, 10).await.unwrap()), [10, 100]);
    let with_findings = RowFilter { with_findings: true, ..RowFilter::default() };
    assert_eq!(numbers(&store.rows(one, &with_findings, 0, 1).await.unwrap()), [9]);
    assert_eq!(numbers(&store.rows(one, &with_findings, 9, 1).await.unwrap()), [100_001]);
    assert_eq!(orders(&*store, one).await[2].as_deref(), Some("order 10"));
    let counts = store.row_counts(one).await.unwrap();
    assert_eq!((counts.of(RowState::Ready), counts.of(RowState::Invalid), counts.of(RowState::Queued)), (3, 2, 0));
    assert_eq!((counts.errors, counts.warnings), (2, 0));
}

pub async fn row_numbers_are_unique_and_stored_together(backend: &dyn Batches) {
    let store = backend.batches().await;
    let one = batch();
    store.add_rows(one, &[row(3, RowState::Ready)]).await.unwrap();
    let again = store.add_rows(one, &[row(2, RowState::Ready), row(3, RowState::Ready)]).await;
    assert!(matches!(again, Err(StoreError::Exists(_))), "{again:?}");
    assert_eq!(numbers(&store.rows(one, &RowFilter::default(), 0, 10).await.unwrap()), [3]);
}

pub async fn update_replaces_findings_and_drops_orders_that_left(backend: &dyn Batches) {
    let store = backend.batches().await;
    let one = batch();
    let rows: Vec<_> = (1..=100).map(|number| row(number, RowState::Ready)).collect();
    assert_eq!(rows.len(), MOST_ROWS);
    store.add_rows(one, &rows).await.unwrap();
    let changed = rows.into_iter().map(|NewRow { row, .. }| match row.row {
        1 => BatchRow { state: RowState::Queued, ..row },
        2 => BatchRow { state: RowState::Invalid, checked: vec![finding(Severity::Error)], ..row },
        3 => BatchRow { checked: vec![finding(Severity::Warning)], ..row },
        4 => BatchRow { state: RowState::Refused, ..row },
        5 => BatchRow { state: RowState::Cancelled, ..row },
        _ => row,
    });
    let changed: Vec<_> = changed.collect();
    store.update_rows(one, &changed).await.unwrap();
    let found = store.rows(one, &RowFilter::default(), 0, 100).await.unwrap();
    assert_eq!(found.into_iter().map(|row| row.row).collect::<Vec<_>>(), changed);
    let kept = orders(&*store, one).await;
    let expected = [None, Some("order 2"), Some("order 3"), None, None, Some("order 6")];
    assert_eq!(kept.iter().take(6).map(Option::as_deref).collect::<Vec<_>>(), expected);
    let counts = store.row_counts(one).await.unwrap();
    assert_eq!((counts.errors, counts.warnings, counts.of(RowState::Ready)), (1, 1, 96));
    store.drop_orders(one).await.unwrap();
    assert_eq!(orders(&*store, one).await[..3], [None, None, Some("order 3".to_owned())]);
    // A row that does not exist is not created.
    let store = backend.batches().await;
    let other = batch();
    store.update_rows(other, &changed[..1]).await.unwrap();
    assert!(store.rows(other, &RowFilter::default(), 0, 10).await.unwrap().is_empty());
}

pub async fn a_row_is_replaced_with_its_order(backend: &dyn Batches) {
    let store = backend.batches().await;
    let one = batch();
    store.add_rows(one, &[1, 2, 3].map(|number| row(number, RowState::Invalid))).await.unwrap();
    let mut new = row(2, RowState::Ready);
    new.row.user = "grace@contoso.example".to_owned();
    new.row.changed = Some(RowChange { at: at(9), by: caller() });
    new.order = Some(SecretBytes::new("a longer order than before 2".repeat(2_000).into_bytes()));
    assert!(store.replace_row(one, &new).await.unwrap());
    let store = backend.batches().await;
    let found = store.rows(one, &WITH_ORDERS, 0, 10).await.unwrap();
    assert_eq!((numbers(&found), &found[1].row), (vec![1, 2, 3], &new.row));
    assert_eq!(found[1].order.as_ref().map(SecretBytes::expose), new.order.as_ref().map(SecretBytes::expose));
    let counts = store.row_counts(one).await.unwrap();
    assert_eq!((counts.of(RowState::Ready), counts.of(RowState::Invalid), counts.errors), (1, 2, 2));
    // Nothing of the order is left.
    new.order = None;
    assert!(store.replace_row(one, &new).await.unwrap());
    let kept = orders(&*store, one).await;
    assert_eq!(kept, [Some("order 1".to_owned()), None, Some("order 3".to_owned())]);
    // A row that does not exist is not created.
    for (batch, number) in [(one, 4), (batch(), 2)] {
        assert!(!store.replace_row(batch, &row(number, RowState::Ready)).await.unwrap());
        assert!(store.rows(batch, &RowFilter::default(), 3, 10).await.unwrap().is_empty());
    }
}

pub async fn order_that_does_not_open_blocks_no_other(backend: &dyn Batches) {
    let store = backend.batches().await;
    let one = batch();
    store.add_rows(one, &[1, 2, 3].map(|number| row(number, RowState::Ready))).await.unwrap();
    backend.damage_order(one, 2).await;
    let store = backend.batches().await;
    let found = orders(&*store, one).await;
    assert_eq!(found, [Some("order 1".to_owned()), None, Some("order 3".to_owned())]);
    let NewRow { row, .. } = store.rows(one, &WITH_ORDERS, 1, 1).await.unwrap().remove(0);
    assert_eq!((row.row, row.state), (2, RowState::Ready));
    store.update_rows(one, &[BatchRow { state: RowState::Refused, ..row }]).await.unwrap();
    assert_eq!(store.row_counts(one).await.unwrap().of(RowState::Refused), 1);
}

pub async fn rows_with_long_texts_round_trip(backend: &dyn Batches) {
    let store = backend.batches().await;
    let one = batch();
    let long = |number: u32| {
        let mut new = row(number, RowState::Invalid);
        new.row.read[0].message = "ü🔑\"\\\n".repeat(6_000);
        new.order = Some(SecretBytes::new("x".repeat(40_000).into_bytes()));
        new
    };
    let rows: Vec<_> = (1..=100).map(long).collect();
    store.add_rows(one, &rows).await.unwrap();
    let found = store.rows(one, &WITH_ORDERS, 0, 100).await.unwrap();
    assert_eq!(found.len(), 100);
    for (found, new) in found.iter().zip(&rows) {
        assert_eq!(found.row, new.row);
        assert_eq!(found.order.as_ref().map(SecretBytes::expose), new.order.as_ref().map(SecretBytes::expose));
    }
    // A shorter text leaves nothing of the longer one.
    let shorter = rows.into_iter().map(|new| BatchRow { read: Vec::new(), state: RowState::Ready, ..new.row });
    let shorter: Vec<_> = shorter.collect();
    store.update_rows(one, &shorter).await.unwrap();
    let found = store.rows(one, &WITH_ORDERS, 0, 100).await.unwrap();
    assert!(found.iter().all(|row| row.order.as_ref().is_some_and(|order| order.len() == 40_000)));
    assert_eq!(found.into_iter().map(|row| row.row).collect::<Vec<_>>(), shorter);
}

pub async fn many_rows_and_deletion(backend: &dyn Batches) {
    let store = backend.batches().await;
    let one = draft();
    store.insert_batch(&one).await.unwrap();
    for from in (1..=1_200).step_by(MOST_ROWS) {
        let rows: Vec<_> = (from..from + 100).map(|number| row(number, RowState::Ready)).collect();
        store.add_rows(one.id, &rows).await.unwrap();
    }
    assert_eq!(store.row_counts(one.id).await.unwrap().of(RowState::Ready), 1_200);
    let (mut found, mut after) = (0, 0);
    loop {
        let rows = store.rows(one.id, &WITH_ORDERS, after, 500).await.unwrap();
        found += rows.iter().filter(|row| row.order.is_some()).count();
        after = rows.last().map_or(after, |row| row.row.row);
        if rows.len() < 500 {
            break;
        }
    }
    assert_eq!((found, after), (1_200, 1_200));
    for _ in 0..2 {
        store.delete_batch(one.id).await.unwrap();
        assert_eq!(store.batch(one.id).await.unwrap(), None);
        assert!(store.rows(one.id, &RowFilter::default(), 0, 10).await.unwrap().is_empty());
    }
}
