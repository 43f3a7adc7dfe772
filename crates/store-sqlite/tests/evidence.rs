//! Tests of the event chain: every manipulation in a SQLite shell is found, and what the service does is not one.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[allow(dead_code, reason = "not all is needed here")]
mod common;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use common::{TENANT, by_hand, database, options};
use keyferry_conformance::samples;
use keyferry_domain::{Clock, PhaseName, ShipmentId, ShipmentStore as _, Timestamp};
use keyferry_evidence::{Content, EvidenceStore, Head, Signer, verify};
use keyferry_store_sqlite::{SqliteOptions, SqliteStore};
use tempfile::{TempDir, tempdir};

fn open(directory: &TempDir) -> SqliteStore {
    SqliteStore::open(options(directory.path())).unwrap()
}

/// Three shipments with two events each, the first of which occurred twice. Returns the ids.
async fn filled(store: &SqliteStore) -> Vec<ShipmentId> {
    let mut ids = Vec::new();
    for _ in 0..3 {
        let change = samples::accepted();
        let version = store.insert(&change).await.unwrap();
        let change = samples::obstructed(change.shipment());
        let version = store.commit(&change, &version).await.unwrap();
        let again = samples::obstructed(change.shipment());
        store.commit(&again, &version).await.unwrap();
        ids.push(change.shipment().id());
    }
    ids
}

/// Returns the first broken link, as `keyferry audit verify` shows it.
async fn broken(store: &SqliteStore) -> String {
    verify(store, &[], Vec::new()).await.unwrap().unwrap_err().to_string()
}

async fn entries(store: &SqliteStore) -> u64 {
    verify(store, &[], Vec::new()).await.unwrap().unwrap().entries
}

fn query<T: rusqlite::types::FromSql>(directory: &TempDir, sql: &str) -> T {
    rusqlite::Connection::open(database(directory.path())).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn empty_and_filled_chains_are_intact() {
    let directory = tempdir().unwrap();
    let store = open(&directory);
    let summary = verify(&store, &[], Vec::new()).await.unwrap().unwrap();
    assert_eq!((summary.entries, summary.newest), (0, None));
    filled(&store).await;
    let events: i64 = query(&directory, "SELECT count(*) FROM events");
    let summary = verify(&store, &[], Vec::new()).await.unwrap().unwrap();
    assert_eq!((summary.entries as i64, summary.checkpoints), (events, 1));
    assert!(query::<i64>(&directory, "SELECT count(*) FROM events WHERE latest IS NOT NULL") > 0, "repetitions");
    drop(store);
    assert_eq!(entries(&open(&directory)).await as i64, events);
}

#[tokio::test]
async fn each_manipulation_is_found_at_its_entry() {
    let first = "(SELECT shipment FROM event_chain WHERE position = 1)";
    let second = "(SELECT max(position) FROM event_chain) / 2";
    let cases = [
        (
            "UPDATE events SET event = json_set(event, '$.detail', 'x') WHERE position = 1",
            "entry 1: ",
            "content was changed",
        ),
        ("UPDATE events SET event = event || ' ' WHERE position = 1", "entry 1: ", "content was changed"),
        (
            "UPDATE events SET latest = json_set(latest, '$.detail', 'x') WHERE latest IS NOT NULL",
            "entry 3: ",
            "content was changed",
        ),
        ("UPDATE events SET latest = '{}' WHERE position = 1", "entry 1: ", "content was changed"),
        ("DELETE FROM events WHERE position = 2", "entry 2: ", "content was deleted"),
        (&format!("DELETE FROM events WHERE shipment = {first}"), "entry 1: ", "content was deleted"),
        (
            &format!(
                "DELETE FROM events WHERE shipment = {first}; DELETE FROM fprshipments WHERE id = {first};
                 DELETE FROM event_chain WHERE shipment = {first}"
            ),
            "entry 1: ",
            "it was deleted",
        ),
        ("DELETE FROM event_chain WHERE position = 3", "entry 3: ", "it was deleted"),
        (
            "DELETE FROM event_chain WHERE position = (SELECT max(position) FROM event_chain)",
            "entry ",
            "it was deleted: a checkpoint",
        ),
        (
            "UPDATE event_chain SET position = -1 WHERE position = 1;
             UPDATE event_chain SET position = 1 WHERE position = 2;
             UPDATE event_chain SET position = 2 WHERE position = -1",
            "entry 1: ",
            "changed or moved",
        ),
        (
            "UPDATE events SET event = (SELECT event FROM events AS other WHERE other.position = 3) WHERE position = 1",
            "entry 1: ",
            "content was changed",
        ),
        (&format!("UPDATE event_chain SET hash = digest WHERE position = {second}"), "entry ", "changed or moved"),
        ("DELETE FROM checkpoints", "entry 1: ", "no checkpoint signs this"),
        ("UPDATE checkpoints SET jws = jws || 'A'", "entry ", "signature of its checkpoint is invalid"),
        ("UPDATE checkpoints SET position = position - 1", "entry ", "is not the one that was signed"),
        ("DELETE FROM signing_keys", "entry ", "signature of its checkpoint is invalid"),
        (
            "INSERT INTO events (shipment, seq, kind, at, event)
                SELECT shipment, 99, kind, at, event FROM events LIMIT 1",
            "event 99 of shipment ",
            "it is not in the chain",
        ),
        ("DELETE FROM events; DELETE FROM event_chain; DELETE FROM checkpoints", "event ", "its entry was deleted"),
    ];
    for (sql, place, reason) in cases {
        let directory = tempdir().unwrap();
        let store = open(&directory);
        filled(&store).await;
        by_hand(directory.path(), sql).unwrap();
        let found = broken(&store).await;
        assert!(found.starts_with(place) && found.contains(reason), "{sql}: {found}");
    }
}

/// What is left up to a kept checkpoint is intact in itself. The records count the events that are missing.
#[tokio::test]
async fn deleted_end_of_the_chain_is_found() {
    let directory = tempdir().unwrap();
    let store = open(&directory);
    store.insert(&samples::accepted()).await.unwrap();
    let kept = head(&directory).position;
    let jws: String = query(&directory, "SELECT jws FROM checkpoints ORDER BY position DESC LIMIT 1");
    let ids = filled(&store).await;
    let sql = format!(
        "DELETE FROM events WHERE shipment IN (SELECT shipment FROM event_chain WHERE position > {kept});
         DELETE FROM event_chain WHERE position > {kept};
         DELETE FROM checkpoints;
         INSERT INTO checkpoints VALUES ({kept}, '{jws}')"
    );
    by_hand(directory.path(), &sql).unwrap();
    let found = broken(&store).await;
    let shipment = ids.iter().find(|id| found.contains(&id.to_string()));
    assert!(shipment.is_some() && found.contains("its entry was deleted"), "{found}");
}

/// Somebody with the database, but without the key file, changes an event and computes all hashes anew.
#[tokio::test]
async fn chain_that_was_computed_anew_lacks_the_signature() {
    let directory = tempdir().unwrap();
    let store = open(&directory);
    filled(&store).await;
    by_hand(directory.path(), "UPDATE events SET event = json_set(event, '$.detail', 'nothing') WHERE position = 2")
        .unwrap();
    forge(&directory);
    let found = broken(&store).await;
    assert!(found.contains("the chain was computed anew"), "{found}");

    // With a checkpoint by a key of their own, whose public key is in the database.
    let forger = Signer::generate().unwrap();
    let head = head(&directory);
    let (jws, _) = forger.sign(head, samples::at(1), 0).unwrap();
    let (kid, jwk) = (forger.kid(), forger.public_key());
    by_hand(directory.path(), &format!("UPDATE checkpoints SET jws = '{jws}'")).unwrap();
    let sql = format!(
        "INSERT INTO signing_keys (kid, jwk, sealing_key, sealed) VALUES ('{kid}', '{jwk}', 'x', x'00');
         UPDATE signing_keys SET jwk = '{jwk}'"
    );
    by_hand(directory.path(), &sql).unwrap();
    let found = broken(&store).await;
    assert!(found.contains("signature of its checkpoint is invalid") && found.contains(kid), "{found}");
    // The service goes on, and its next checkpoint does not make the forged one valid.
    store.insert(&samples::accepted()).await.unwrap();
    assert!(broken(&store).await.contains("signature of its checkpoint is invalid"));
}

/// A forged entry at the end is not made valid by the service's next checkpoint.
#[tokio::test]
async fn next_commit_does_not_sign_foreign_entries_unnoticed() {
    let directory = tempdir().unwrap();
    let store = open(&directory);
    let ids = filled(&store).await;
    // A deletion of a shipment that nobody deleted through Keyferry.
    let content = keyferry_evidence::deletion(samples::at(2), 2);
    let id = ids[0].to_string();
    let entry = head(&directory).next(&Content { shipment: &id, seq: keyferry_evidence::DELETION, text: &content });
    let sql = format!(
        "INSERT INTO event_chain VALUES ({}, '{id}', 0, '{}', '{}', '{content}');
         DELETE FROM events WHERE shipment = '{id}'",
        entry.position, entry.digest, entry.hash
    );
    by_hand(directory.path(), &sql).unwrap();
    assert!(broken(&store).await.contains("no checkpoint signs this"));
    for _ in 0..2 {
        store.insert(&samples::accepted()).await.unwrap();
        let found = broken(&store).await;
        assert!(found.contains("after entries that Keyferry had not signed"), "{found}");
    }
    drop(store);
    let store = open(&directory);
    store.insert(&samples::accepted()).await.unwrap();
    assert!(broken(&store).await.contains("after entries that Keyferry had not signed"));
    // The checkpoints that show it are deleted. Each later one shows it, too.
    by_hand(directory.path(), "DELETE FROM checkpoints WHERE position < (SELECT max(position) FROM checkpoints)")
        .unwrap();
    assert!(broken(&store).await.contains("after entries that Keyferry had not signed"));
    // A damaged signature looks like a lost key. The next checkpoint does not make the entries valid, either.
    by_hand(directory.path(), "UPDATE checkpoints SET jws = jws || 'A'").unwrap();
    store.insert(&samples::accepted()).await.unwrap();
    by_hand(directory.path(), "DELETE FROM checkpoints WHERE position < (SELECT max(position) FROM checkpoints)")
        .unwrap();
    assert!(broken(&store).await.contains("after entries that Keyferry had not signed"));
}

#[tokio::test]
async fn deletion_by_the_service_is_an_entry() {
    let directory = tempdir().unwrap();
    let store = open(&directory);
    let ids = filled(&store).await;
    let before = entries(&store).await;
    let version = store.get(ids[1]).await.unwrap().unwrap().version;
    store.delete(ids[1], &version).await.unwrap();
    store.tidy().await.unwrap();
    let summary = verify(&store, &[], Vec::new()).await.unwrap().unwrap();
    assert_eq!((summary.entries, summary.deleted), (before + 1, 1));
    assert_eq!(query::<i64>(&directory, &format!("SELECT count(*) FROM events WHERE shipment = '{}'", ids[1])), 0);
    // The entry itself can not be removed, and not emptied.
    by_hand(directory.path(), "UPDATE event_chain SET content = NULL WHERE seq = 0").unwrap();
    assert!(broken(&store).await.contains(&format!("deletion of shipment {}: its content was deleted", ids[1])));
}

/// The guide's hand edit of the state.
#[tokio::test]
async fn completion_by_hand_does_not_break_the_chain() {
    let directory = tempdir().unwrap();
    let store = open(&directory);
    let ids = filled(&store).await;
    let before = entries(&store).await;
    by_hand(directory.path(), "UPDATE fprshipments SET shipmentState = 'complete'").unwrap();
    assert_eq!(entries(&store).await, before);
    let stored = store.get(ids[0]).await.unwrap().unwrap();
    assert_eq!(stored.shipment().phase().name(), PhaseName::Complete);
    store.commit(&stored.change, &stored.version).await.unwrap();
    assert_eq!(entries(&store).await, before + 1);
}

/// An older copy of the database is intact in itself. An earlier verification shows that it is older.
#[tokio::test]
async fn older_copy_is_found_by_an_expected_head() {
    let directory = tempdir().unwrap();
    let store = open(&directory);
    filled(&store).await;
    let copy = directory.path().join("copy.db");
    rusqlite::Connection::open(database(directory.path()))
        .unwrap()
        .execute("VACUUM INTO ?1", [copy.to_str().unwrap()])
        .unwrap();
    store.insert(&samples::accepted()).await.unwrap();
    let expected = head(&directory);
    assert!(verify(&store, &[], vec![expected.clone()]).await.unwrap().is_ok());
    drop(store);
    std::fs::rename(&copy, database(directory.path())).unwrap();
    let store = open(&directory);
    assert!(verify(&store, &[], Vec::new()).await.unwrap().is_ok());
    let found = verify(&store, &[], vec![expected.clone()]).await.unwrap().unwrap_err().to_string();
    assert_eq!(found, format!("entry {}: it was deleted: an earlier verification found it", expected.position));
    let other = Head { position: 1, hash: "f".repeat(64) };
    let found = verify(&store, &[], vec![other]).await.unwrap().unwrap_err().to_string();
    assert!(found.contains("the chain was replaced"), "{found}");
}

#[tokio::test]
async fn lost_signing_key_must_be_trusted() {
    let directory = tempdir().unwrap();
    let store = open(&directory);
    filled(&store).await;
    let lost = store.signing_keys().await.unwrap()[0].jwk["kid"].as_str().unwrap().to_owned();
    drop(store);
    std::fs::remove_file(directory.path().join("data/keyferry.key")).unwrap();
    let store = open(&directory);
    store.insert(&samples::accepted()).await.unwrap();
    let found = broken(&store).await;
    assert!(found.contains("--trust") && found.contains(&lost), "{found}");
    let summary = verify(&store, &[lost], Vec::new()).await.unwrap().unwrap();
    assert_eq!(summary.checkpoints, 2);
}

struct MovingClock(std::sync::atomic::AtomicI64);

#[async_trait]
impl Clock for MovingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(self.0.load(std::sync::atomic::Ordering::SeqCst), 0).unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

#[tokio::test]
async fn newest_checkpoint_and_the_last_of_each_hour_are_kept() {
    let directory = tempdir().unwrap();
    let clock = Arc::new(MovingClock(1_790_000_000.into()));
    let options = SqliteOptions::new(directory.path().join("data"), TENANT, clock.clone());
    let store = SqliteStore::open(SqliteOptions { check_disk: false, ..options }).unwrap();
    let mut last = Vec::new();
    for hour in 0..3 {
        clock.0.store(1_790_000_000 + hour * 3600, std::sync::atomic::Ordering::SeqCst);
        for _ in 0..4 {
            store.insert(&samples::accepted()).await.unwrap();
        }
        last.push(head(&directory).position);
    }
    let kept: Vec<_> = store.checkpoints(0).await.unwrap().into_iter().map(|kept| kept.position).collect();
    assert_eq!(kept, last);
    assert_eq!(verify(&store, &[], Vec::new()).await.unwrap().unwrap().checkpoints, 3);
}

#[tokio::test]
async fn verification_runs_while_events_are_written() {
    let directory = tempdir().unwrap();
    let store = open(&directory);
    filled(&store).await;
    let writing = store.clone();
    let writer = tokio::spawn(async move {
        for _ in 0..60 {
            let change = samples::accepted();
            let version = writing.insert(&change).await.unwrap();
            writing.delete(change.shipment().id(), &version).await.unwrap();
        }
    });
    // From another connection, as the command does.
    let reader = open(&directory);
    let mut rounds = 0;
    while !writer.is_finished() {
        verify(&reader, &[], Vec::new()).await.unwrap().unwrap();
        rounds += 1;
    }
    writer.await.unwrap();
    assert!(rounds > 1);
    assert_eq!(verify(&reader, &[], Vec::new()).await.unwrap().unwrap().deleted, 60);
}

/// Events of the schema before are chained when it is migrated, and never later.
#[tokio::test]
async fn migration_chains_existing_events() {
    let directory = tempdir().unwrap();
    let store = open(&directory);
    filled(&store).await;
    let before = entries(&store).await;
    drop(store);
    let schema_1 = "DROP TABLE saved_views;
        DROP TABLE sessions;
        DROP TABLE webhooks; DROP TABLE webhook_deliveries; DROP TABLE batches; DROP TABLE batch_rows;
        DROP TABLE event_chain; DROP TABLE checkpoints; DROP TABLE signing_keys;
        DROP INDEX secrets_by_sealing_key; ALTER TABLE secrets DROP COLUMN sealing_key;
        ALTER TABLE key_check DROP COLUMN sealing_key;
        UPDATE events SET event = ifnull(latest, event); ALTER TABLE events DROP COLUMN latest;
        DROP INDEX fprshipments_by_id; DROP INDEX fprshipments_by_creation; DROP INDEX fprshipments_by_update;
        DROP INDEX fprshipments_by_deadline; DROP INDEX fprshipments_by_next_attempt;
        DROP INDEX fprshipments_by_need;
        ALTER TABLE fprshipments DROP COLUMN tracking_number; ALTER TABLE fprshipments DROP COLUMN requested_by;
        ALTER TABLE fprshipments DROP COLUMN needs_human;
        CREATE INDEX fprshipments_by_obstacle ON fprshipments (obstacle_code);
        CREATE INDEX fprshipments_by_batch ON fprshipments (batch);
        CREATE INDEX fprshipments_by_product ON fprshipments (product_id);
        CREATE INDEX fprshipments_by_creation ON fprshipments (created_at DESC, id);
        CREATE INDEX fprshipments_by_update ON fprshipments (updated_at DESC, id);
        CREATE INDEX fprshipments_by_deadline ON fprshipments (ifnull(deadline, '~'), id);
        CREATE INDEX fprshipments_by_next_attempt ON fprshipments (ifnull(next_attempt, '~'), id);
        PRAGMA user_version = 1";
    by_hand(directory.path(), schema_1).unwrap();
    let store = open(&directory);
    assert_eq!(entries(&store).await, before);
    drop(store);
    by_hand(directory.path(), "DELETE FROM event_chain; DELETE FROM checkpoints").unwrap();
    let found = broken(&open(&directory)).await;
    assert!(found.contains("it is not in the chain"), "{found}");
}

fn head(directory: &TempDir) -> Head {
    let connection = rusqlite::Connection::open(database(directory.path())).unwrap();
    let query = "SELECT position, hash FROM event_chain ORDER BY position DESC LIMIT 1";
    let row = |row: &rusqlite::Row<'_>| Ok(Head { position: row.get::<_, i64>(0)? as u64, hash: row.get(1)? });
    connection.query_row(query, [], row).unwrap()
}

/// Computes all digests and hashes anew.
fn forge(directory: &TempDir) {
    let connection = rusqlite::Connection::open(database(directory.path())).unwrap();
    let mut statement = connection
        .prepare(
            "SELECT c.position, c.shipment, c.seq, e.event FROM event_chain c JOIN events e USING (shipment, seq)
                  ORDER BY c.position",
        )
        .unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).unwrap();
    let rows: Vec<(i64, String, u32, String)> = rows.map(Result::unwrap).collect();
    let mut head = Head::start();
    for (position, shipment, seq, text) in rows {
        let entry = head.next(&Content { shipment: &shipment, seq, text: &text });
        connection
            .execute(
                "UPDATE event_chain SET digest = ?1, hash = ?2 WHERE position = ?3",
                rusqlite::params![entry.digest, entry.hash, position],
            )
            .unwrap();
        head = entry.head();
    }
}
