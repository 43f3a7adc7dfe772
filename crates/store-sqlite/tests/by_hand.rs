//! Tests of rows that an operator reads or edits in a SQLite shell.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[allow(dead_code, reason = "not all is needed here")]
mod common;

use common::{by_hand, database, options};
use keyferry_conformance::samples;
use keyferry_domain::ports::{ShipmentFilter, ShipmentSort, StoreError};
use keyferry_domain::{PhaseName, ShipmentStore};
use keyferry_store_sqlite::SqliteStore;
use tempfile::tempdir;

#[tokio::test]
async fn columns_show_state_and_obstacle() {
    let directory = tempdir().unwrap();
    let store = SqliteStore::open(options(directory.path())).unwrap();
    let change = samples::accepted().then(|shipment| samples::obstructed(&shipment));
    let shipment = change.shipment();
    let version = store.insert(&change).await.unwrap();

    let query = "SELECT shipmentId, shipmentState, phase, error_kind, error_message, user_id, created_at, updated_at
                 FROM fprshipments";
    let row = || {
        let connection = rusqlite::Connection::open(database(directory.path())).unwrap();
        let text =
            |row: &rusqlite::Row<'_>| (0..8).map(|index| row.get(index)).collect::<Result<Vec<Option<String>>, _>>();
        connection.query_row(query, [], text).unwrap()
    };
    let delivery_id = shipment.phase().delivery_id().unwrap().as_str();
    let expected = [
        delivery_id,
        "ongoing",
        "accepted",
        "GENERAL",
        "the user has no manager (client-request-id: 4f0c)",
        "jürgen.o'neil#ext@contoso.example",
        "2026-09-21T14:13:20.000000Z",
        "2026-09-21T14:15:00.000000Z",
    ];
    assert_eq!(row(), expected.map(|text| Some(text.to_owned())));

    let change = shipment.clone().clear_obstacle(samples::at(9));
    store.commit(&change, &version).await.unwrap();
    assert_eq!(row()[3..5], [None, None], "a cleared obstacle must be removed from the columns");
}

#[tokio::test]
async fn table_constraints_reject_invalid_edits() {
    let directory = tempdir().unwrap();
    let store = SqliteStore::open(options(directory.path())).unwrap();
    store.insert(&samples::accepted()).await.unwrap();
    let error = by_hand(directory.path(), "UPDATE fprshipments SET shipmentState = 'Completed'").unwrap_err();
    assert!(error.to_string().contains("shipmentState is 'ongoing' or 'complete'"), "{error}");
    assert!(by_hand(directory.path(), "UPDATE fprshipments SET phase = 'done'").is_err());
    assert!(by_hand(directory.path(), "UPDATE fprshipments SET version = 'two'").is_err());
}

#[tokio::test]
async fn complete_shipment_cannot_be_reopened_by_hand() {
    let directory = tempdir().unwrap();
    let store = SqliteStore::open(options(directory.path())).unwrap();
    let change = samples::in_phase(PhaseName::Complete);
    let shipment = change.shipment();
    store.insert(&change).await.unwrap();
    by_hand(directory.path(), "UPDATE fprshipments SET shipmentState = 'ongoing'").unwrap();
    assert_eq!(store.get(shipment.id()).await.unwrap().unwrap().shipment(), shipment);
}

#[tokio::test]
async fn error_for_damaged_record_names_reason_without_values() {
    let other = samples::id();
    let ways = [
        ("record = '{'", "cut off"),
        ("record = 'jürgen'", "not JSON"),
        ("record = json_remove(record, '$.keys')", "members of a shipment"),
        ("record = json_set(record, '$.v', 2)", "format 2"),
        ("record = json_remove(record, '$.v')", "members of a shipment"),
        (&format!("record = json_set(record, '$.id', '{other}')"), "it belongs to"),
        ("phase = 'registered'", "column `phase`"),
        ("claim_holder = 'a', claim_until = 'tomorrow'", "claim_until"),
        ("record = CAST(x'ff' AS TEXT)", "utf-8"),
    ];
    for (way, reason) in ways {
        let directory = tempdir().unwrap();
        let store = SqliteStore::open(options(directory.path())).unwrap();
        let change = samples::accepted();
        let shipment = change.shipment();
        store.insert(&change).await.unwrap();
        by_hand(directory.path(), &format!("UPDATE fprshipments SET {way}")).unwrap();
        let error = store.get(shipment.id()).await.unwrap_err();
        let StoreError::Broken { id, reason: found } = &error else { panic!("{way}: {error}") };
        assert_eq!(id, &shipment.id().to_string());
        assert!(found.contains(reason), "{way}: {found}");
        assert!(!found.contains("jürgen"), "{found}");
        // The listing reads columns only, so the shipment is still listed.
        let page = store.query(&ShipmentFilter::default(), ShipmentSort::Id, None, 10).await.unwrap();
        assert_eq!(page.items.len(), 1, "{way}");
    }
}

#[tokio::test]
async fn listing_reports_damaged_row_and_returns_others() {
    let directory = tempdir().unwrap();
    let store = SqliteStore::open(options(directory.path())).unwrap();
    let (damaged, sound) = (samples::accepted(), samples::accepted());
    for change in [&damaged, &sound] {
        store.insert(change).await.unwrap();
    }
    let id = damaged.shipment().id();
    // Times that may be absent must be readable, too.
    for column in ["created_at", "updated_at", "deadline", "next_attempt"] {
        let set = |value: &str| format!("UPDATE fprshipments SET {column} = {value} WHERE id = '{id}'");
        let connection = rusqlite::Connection::open(database(directory.path())).unwrap();
        let before: Option<String> = connection
            .query_row(&format!("SELECT {column} FROM fprshipments WHERE id = '{id}'"), [], |row| row.get(0))
            .unwrap();
        by_hand(directory.path(), &set("'jürgen'")).unwrap();
        let page = store.query(&ShipmentFilter::open(), ShipmentSort::Id, None, 10).await.unwrap();
        assert_eq!(page.items.iter().map(|summary| summary.id).collect::<Vec<_>>(), [sound.shipment().id()]);
        assert_eq!(page.broken, [(id.to_string(), format!("column `{column}` cannot be read"))]);
        by_hand(directory.path(), &set(&before.map_or("NULL".to_owned(), |time| format!("'{time}'")))).unwrap();
    }
}

#[tokio::test]
async fn existing_event_row_rolls_back_the_commit() {
    let directory = tempdir().unwrap();
    let store = SqliteStore::open(options(directory.path())).unwrap();
    let change = samples::accepted();
    let (id, seq) = (change.shipment().id(), change.events().len() + 1);
    let version = store.insert(&change).await.unwrap();
    let sql = format!("INSERT INTO events (shipment, seq, kind, at, event) VALUES ('{id}', {seq}, 'x', 'x', 'x')");
    by_hand(directory.path(), &sql).unwrap();
    let next = samples::obstructed(change.shipment());
    assert!(store.commit(&next, &version).await.is_err());
    let stored = store.get(id).await.unwrap().unwrap();
    assert_eq!((stored.shipment(), &stored.version), (change.shipment(), &version));
}

/// Queries of hourly runs and of orders must not scan the table.
#[tokio::test]
async fn queries_of_runs_and_orders_use_an_index() {
    let directory = tempdir().unwrap();
    drop(SqliteStore::open(options(directory.path())).unwrap());
    let connection = rusqlite::Connection::open(database(directory.path())).unwrap();
    for query in [
        "SELECT id FROM fprshipments
         WHERE (phase IN ('accepted') OR (shipmentState = 'complete' AND phase <> 'complete'))
         AND id IN (SELECT shipment FROM terms WHERE term = 'upn a') ORDER BY id LIMIT 2",
        "SELECT id FROM fprshipments WHERE phase IN ('accepted') ORDER BY ifnull(next_attempt, '~'), id LIMIT 1",
        "SELECT phase, obstacle_class, obstacle_code, count(*) FROM fprshipments GROUP BY 1, 2, 3",
        "SELECT event FROM events WHERE shipment = 'x' AND seq > 0 ORDER BY seq LIMIT 10",
        "SELECT event FROM events WHERE position > 7 ORDER BY position LIMIT 10",
    ] {
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
        let steps: Vec<String> = plan.query_map([], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
        for step in steps.iter().filter(|step| step.starts_with("SCAN")) {
            assert!(step.contains("USING"), "{query}: {steps:?}");
        }
    }
}
