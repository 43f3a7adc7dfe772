//! Property tests of rows that were edited in a SQLite shell.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[allow(dead_code, reason = "not all is needed here")]
mod common;

use common::{database, options};
use keyferry_conformance::samples;
use keyferry_domain::ports::{ShipmentFilter, ShipmentSort, StoreError};
use keyferry_domain::{PhaseName, ShipmentStore as _};
use keyferry_store_sqlite::SqliteStore;
use keyferry_testkit::mutation::{any_bytes, any_text, changed, changes, config, edited, edits};
use proptest::prelude::*;
use rusqlite::Connection;
use rusqlite::types::Value as Column;
use serde_json::Value;
use tempfile::tempdir;

fn column() -> impl Strategy<Value = Column> {
    prop_oneof![
        Just(Column::Null),
        any::<i64>().prop_map(Column::Integer),
        any::<f64>().prop_map(Column::Real),
        any_text().prop_map(Column::Text),
        any_bytes(32).prop_map(Column::Blob),
        prop::sample::select(PhaseName::ALL.to_vec()).prop_map(|phase| Column::Text(phase.as_str().into())),
        prop::sample::select(vec!["ongoing", "complete"]).prop_map(|state| Column::Text(state.into())),
        Just(Column::Text("2026-09-21T14:13:20.000000Z".into())),
    ]
}

#[test]
fn edited_row_is_read_or_reported() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let directory = tempdir().unwrap();
    let store = SqliteStore::open(options(directory.path())).unwrap();
    let change = samples::in_phase(PhaseName::Registered);
    let shipment = change.shipment();
    runtime.block_on(store.insert(&change)).unwrap();
    let neighbour = samples::accepted();
    runtime.block_on(store.insert(&neighbour)).unwrap();
    let neighbour = neighbour.shipment();
    let connection = Connection::open(database(directory.path())).unwrap();
    connection.execute_batch("PRAGMA synchronous = OFF; CREATE TEMP TABLE kept AS SELECT * FROM fprshipments").unwrap();
    let id = shipment.id().to_string();
    let record: String =
        connection.query_row("SELECT record FROM fprshipments WHERE id = ?1", [&id], |row| row.get(0)).unwrap();
    let json: Value = serde_json::from_str(&record).unwrap();

    let names = prop::sample::select(vec![
        "shipmentState",
        "phase",
        "version",
        "claim_holder",
        "claim_until",
        "user_id",
        "obstacle_class",
        "obstacle_code",
        "object_id",
        "serial",
        "batch",
        "product_id",
        "deadline",
        "next_attempt",
        "updated_at",
        "created_at",
        "error_message",
    ]);
    let strategy = (changes(), edits(), prop::collection::vec((names, column()), 1..3), 0..3u8);
    let mut runner = proptest::test_runner::TestRunner::new(config(128));
    let outcome = runner.run(&strategy, |(changes, edits, columns, what)| {
        let put = |column: &str, value: Column| {
            // Disables the table's constraints, as an operator could.
            connection.pragma_update(None, "ignore_check_constraints", true).unwrap();
            let statement = format!("UPDATE fprshipments SET {column} = ?2 WHERE id = ?1");
            let _ = connection.execute(&statement, rusqlite::params![id, value]);
        };
        match what {
            0 => put("record", Column::Text(changed(&json, &changes).to_string())),
            1 => put("record", Column::Text(String::from_utf8_lossy(&edited(record.as_bytes(), &edits)).into_owned())),
            _ => columns.into_iter().for_each(|(name, value)| put(name, value)),
        }
        let read = runtime.block_on(store.get(shipment.id()));
        let listed = runtime.block_on(store.query(&ShipmentFilter::default(), ShipmentSort::Id, None, 10));
        let restore = "DELETE FROM fprshipments; INSERT INTO fprshipments SELECT * FROM temp.kept";
        connection.execute_batch(restore).unwrap();

        match read {
            Ok(Some(stored)) => prop_assert_eq!(stored.shipment().id(), shipment.id()),
            Ok(None) => prop_assert!(false, "the row is missing"),
            Err(error @ (StoreError::Broken { .. } | StoreError::Unavailable(_))) => {
                prop_assert!(!error.to_string().chars().any(char::is_control), "{:?}", error.to_string());
            }
            Err(other) => prop_assert!(false, "{:?}", other),
        }
        // A damaged row must not hide its neighbour.
        let page = listed.map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert!(page.items.iter().any(|summary| summary.id == neighbour.id()));
        Ok(())
    });
    outcome.unwrap();
}
