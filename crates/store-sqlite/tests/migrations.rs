//! Migrations keep all rows and indexes.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use rusqlite::Connection;

fn indexes(database: &Connection) -> Vec<String> {
    let mut query = database
        .prepare("SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'fprshipments_by%' ORDER BY name")
        .unwrap();
    query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn second_migration_adds_phase_and_keeps_rows_and_indexes() {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch(include_str!("../migrations/0001.sql")).unwrap();
    let insert = "INSERT INTO fprshipments
                      (id, shipmentId, shipmentState, phase, created_at, updated_at, version, record)
                  VALUES ('a', 'p', 'ongoing', 'accepted', '1', '2', 7, '{}')";
    database.execute_batch(insert).unwrap();
    let before = indexes(&database);
    let enter = "UPDATE fprshipments SET phase = 'cancelling'";
    assert!(database.execute_batch(enter).is_err());
    database.execute_batch(include_str!("../migrations/0002.sql")).unwrap();
    let read = "SELECT id, shipmentId, phase, created_at, updated_at, version, record FROM fprshipments";
    let row: (String, String, String, String, String, i64, String) = database
        .query_row(read, [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
        })
        .unwrap();
    let text = str::to_owned;
    assert_eq!(row, (text("a"), text("p"), text("accepted"), text("1"), text("2"), 7, text("{}")));
    assert_eq!(indexes(&database), before);
    database.execute_batch(enter).unwrap();
    assert!(database.execute_batch("UPDATE fprshipments SET phase = 'other'").is_err());
}
