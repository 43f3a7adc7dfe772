//! The table as a person meets it at a SQLite shell.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{by_hand, database, options};
use keyferry_conformance::samples;
use keyferry_domain::ports::StoreError;
use keyferry_domain::{PhaseName, ShipmentStore};
use keyferry_store_sqlite::SqliteStore;
use tempfile::tempdir;

#[tokio::test]
async fn the_columns_tell_a_person_what_is_the_matter() {
    let directory = tempdir().unwrap();
    let store = SqliteStore::open(options(directory.path())).unwrap();
    let mut shipment = samples::accepted();
    shipment.obstacle = Some(samples::obstacle());
    let version = store.insert(&shipment).await.unwrap();

    let query = "SELECT shipmentId, shipmentState, phase, error_kind, error_message, user_id, created_at, updated_at
                 FROM fprshipments";
    let row = || {
        let connection = rusqlite::Connection::open(database(directory.path())).unwrap();
        let text =
            |row: &rusqlite::Row<'_>| (0..8).map(|index| row.get(index)).collect::<Result<Vec<Option<String>>, _>>();
        connection.query_row(query, [], text).unwrap()
    };
    let fulfilment_id = shipment.phase.fulfilment_id().unwrap().as_str();
    let expected = [
        fulfilment_id,
        "ongoing",
        "accepted",
        "GENERAL",
        "the user has no manager (client-request-id: 4f0c)",
        "jürgen.o'neil#ext@contoso.example",
        "2026-09-21T14:13:20.000000Z",
        "2026-09-21T14:15:00.000000Z",
    ];
    assert_eq!(row(), expected.map(|text| Some(text.to_owned())));

    shipment.obstacle = None;
    store.replace(&shipment, &version).await.unwrap();
    assert_eq!(row()[3..5], [None, None], "an error that is gone is gone from the columns");
}

#[tokio::test]
async fn a_slip_of_the_pen_is_refused_by_the_table() {
    let directory = tempdir().unwrap();
    let store = SqliteStore::open(options(directory.path())).unwrap();
    store.insert(&samples::accepted()).await.unwrap();
    let error = by_hand(directory.path(), "UPDATE fprshipments SET shipmentState = 'Completed'").unwrap_err();
    assert!(error.to_string().contains("shipmentState is 'ongoing' or 'complete'"), "{error}");
    assert!(by_hand(directory.path(), "UPDATE fprshipments SET phase = 'done'").is_err());
    assert!(by_hand(directory.path(), "UPDATE fprshipments SET version = 'two'").is_err());
}

#[tokio::test]
async fn a_complete_shipment_does_not_go_back() {
    let directory = tempdir().unwrap();
    let store = SqliteStore::open(options(directory.path())).unwrap();
    let shipment = samples::in_phase(PhaseName::Complete);
    store.insert(&shipment).await.unwrap();
    by_hand(directory.path(), "UPDATE fprshipments SET shipmentState = 'ongoing'").unwrap();
    assert_eq!(store.get(shipment.id).await.unwrap().unwrap().shipment, shipment);
}

#[tokio::test]
async fn every_way_to_break_a_record_is_told_without_its_contents() {
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
        let shipment = samples::accepted();
        store.insert(&shipment).await.unwrap();
        by_hand(directory.path(), &format!("UPDATE fprshipments SET {way}")).unwrap();
        let error = store.get(shipment.id).await.unwrap_err();
        let StoreError::Broken { id, reason: told } = &error else { panic!("{way}: {error}") };
        assert_eq!(id, &shipment.id.to_string());
        assert!(told.contains(reason), "{way}: {told}");
        assert!(!told.contains("jürgen"), "{told}");
        let page = store.list(&PhaseName::ALL, None, 10).await.unwrap();
        assert_eq!((page.items.len(), page.broken.len()), (0, 1), "{way}");
    }
}
