//! Tests of the event chain: every manipulation of rows in Azurite is found, and what the service does is not one.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use keyferry_conformance::samples::{accepted, at, obstructed};
use keyferry_domain::{ShipmentId, ShipmentStore};
use keyferry_evidence::{Content, DELETION, EvidenceStore as _, Head, Signer, deletion, verify};
use keyferry_proof_azurite::{Counter, Still, Table, Token};
use keyferry_store_azure::{KeyUse, TableStore};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

const OURS: &str = "keyferry";
const HEAD: &str = "sys-head";

fn feed(position: u64) -> String {
    format!("sys-feed-{position:020}")
}

fn event(id: ShipmentId, seq: u32) -> String {
    format!("sys-event-{id}-{seq:010}")
}

/// Two shipments with three events each, the last of which occurred twice. Returns the ids.
async fn filled(store: &TableStore) -> Vec<ShipmentId> {
    let mut ids = Vec::new();
    for _ in 0..2 {
        let change = accepted();
        let version = store.insert(&change).await.unwrap();
        let met = obstructed(change.shipment());
        let version = store.commit(&met, &version).await.unwrap();
        store.commit(&obstructed(met.shipment()), &version).await.unwrap();
        ids.push(change.shipment().id());
    }
    ids
}

/// Returns the first broken link, as `keyferry audit verify` shows it.
async fn broken(table: &Table) -> String {
    let found = verify(&*table.store(), &[], Vec::new()).await.unwrap();
    found.map_or_else(|broken| broken.to_string(), |_| "intact".into())
}

/// Returns the row without what the service adds.
fn plain(mut row: Value) -> Value {
    row.as_object_mut().unwrap().retain(|name, _| !name.starts_with("odata") && !name.contains("odata.type"));
    row
}

/// Returns the head as the row shows it.
async fn head(table: &Table) -> Head {
    let row = table.row(OURS, HEAD).await;
    Head { position: row["position"].as_str().unwrap().parse().unwrap(), hash: row["hash"].as_str().unwrap().into() }
}

/// Replaces the columns of an entry.
async fn set_entry(table: &Table, position: u64, columns: &Value) {
    table.edit(OURS, &feed(position), columns).await;
}

#[tokio::test]
async fn each_changed_row_is_found_at_its_entry() {
    let Some(table) = Table::empty().await else { return };
    let store = table.store();
    let ids = filled(&store).await;
    assert_eq!(verify(&*store, &[], Vec::new()).await.unwrap().unwrap().entries, 6);
    let first = table.row(OURS, &feed(1)).await;
    let text = first["event"].as_str().unwrap();
    let forged = text.replacen("\"seq\":1", "\"seq\":1,\"detail\":\"x\"", 1);
    let own = event(ids[0], 3);
    let second_text = table.row(OURS, &feed(2)).await["event"].clone();
    let signed = head(&table).await;
    let cases = [
        (feed(1), json!({ "event": forged }), "entry 1: ", "content was changed"),
        (feed(1), json!({ "event": format!("{text} ") }), "entry 1: ", "content was changed"),
        (feed(1), json!({ "event": "" }), "entry 1: ", "content was deleted"),
        (feed(1), json!({ "event_parts": 99 }), "entry 1: ", "content was deleted"),
        (feed(1), json!({ "event": second_text }), "entry 1: ", "content was changed"),
        (feed(2), json!({ "digest": first["digest"] }), "entry 2: ", "changed or moved"),
        (feed(2), json!({ "hash": first["hash"] }), "entry 2: ", "changed or moved"),
        (feed(2), json!({ "seq": "7" }), "entry 2: ", "changed or moved"),
        (feed(2), json!({ "seq": "two" }), "entry 2: ", "changed or moved"),
        (feed(2), json!({ "shipment": ids[1].to_string() }), "entry 2: ", "changed or moved"),
        (event(ids[0], 1), json!({ "event": forged }), "entry 1: ", "content was changed"),
        (event(ids[0], 1), json!({ "event": "" }), "entry 1: ", "content was changed"),
        (own, json!({ "event": "{}" }), "entry 3: ", "content was changed"),
        (HEAD.into(), json!({ "checkpoint": "" }), "entry 1: ", "no checkpoint signs this"),
        (HEAD.into(), json!({ "checkpoint": "a.b.c" }), "entry 6: ", "signature of its checkpoint is invalid"),
        (HEAD.into(), json!({ "position": "5" }), "entry 5: ", "is not the one that was signed"),
        (HEAD.into(), json!({ "position": "7" }), "entry 7: ", "it was deleted: a checkpoint for 7 entries exists"),
    ];
    for (key, columns, place, reason) in cases {
        let before = plain(table.row(OURS, &key).await);
        table.edit(OURS, &key, &columns).await;
        let found = broken(&table).await;
        assert!(found.starts_with(place) && found.contains(reason), "{key} {columns}: {found}");
        table.edit(OURS, &key, &before).await;
    }
    assert!(verify(&*store, &[], vec![signed]).await.unwrap().is_ok(), "everything was put back");
}

#[tokio::test]
async fn deleted_moved_and_inserted_rows_are_found() {
    let Some(table) = Table::empty().await else { return };
    let ids = filled(&table.store()).await;
    for (keys, place, reason) in [
        (vec![feed(2)], "entry 2: ", "it was deleted"),
        (vec![event(ids[0], 2)], "entry 2: ", "content was deleted"),
        (vec![feed(6)], "entry 6: ", "a checkpoint for 6 entries exists"),
        (vec![feed(4), feed(5), feed(6), event(ids[1], 1), event(ids[1], 2), event(ids[1], 3)], "entry 4: ", "deleted"),
        (vec![HEAD.into()], "entry 1: ", "no checkpoint signs this"),
        ((1..=3).map(|seq| event(ids[0], seq)).collect(), "entry 1: ", "content was deleted"),
    ] {
        let mut rows = Vec::new();
        for key in &keys {
            rows.push(plain(table.row(OURS, key).await));
            table.delete(OURS, key).await;
        }
        let found = broken(&table).await;
        assert!(found.starts_with(place) && found.contains(reason), "{keys:?}: {found}");
        for row in &rows {
            table.insert(row).await;
        }
    }
    // The whole chain. The records count the events that are missing.
    let mut rows = Vec::new();
    let events = ids.iter().flat_map(|id| (1..=3).map(|seq| event(*id, seq)));
    for key in (1..=6).map(feed).chain(events).chain([HEAD.to_owned()]) {
        rows.push(plain(table.row(OURS, &key).await));
        table.delete(OURS, &key).await;
    }
    let found = broken(&table).await;
    assert!(found.starts_with("event 3 of shipment ") && found.contains("its entry was deleted"), "{found}");
    for row in &rows {
        table.insert(row).await;
    }
    // Two entries change places.
    let (one, other) = (plain(table.row(OURS, &feed(2)).await), plain(table.row(OURS, &feed(3)).await));
    let moved = |row: &Value, position: u64| {
        let mut row = row.clone();
        row["RowKey"] = json!(feed(position));
        row
    };
    set_entry(&table, 2, &moved(&other, 2)).await;
    set_entry(&table, 3, &moved(&one, 3)).await;
    let found = broken(&table).await;
    assert!(found.starts_with("entry 2: ") && found.contains("changed or moved"), "{found}");
    set_entry(&table, 2, &one).await;
    set_entry(&table, 3, &other).await;

    let mut inserted = plain(table.row(OURS, &event(ids[0], 2)).await);
    inserted["RowKey"] = json!(event(ids[0], 4));
    table.insert(&inserted).await;
    let found = broken(&table).await;
    let reason = "it is not in the chain: it was not written by Keyferry, or its entry was deleted";
    assert_eq!(found, format!("event 4 of shipment {}: {reason}", ids[0]));
    table.delete(OURS, &event(ids[0], 4)).await;

    table.insert(&moved(&other, 7)).await;
    let found = broken(&table).await;
    assert!(found.starts_with("entry 7: ") && found.contains("changed or moved"), "{found}");
    table.delete(OURS, &feed(7)).await;
    assert!(verify(&*table.store(), &[], Vec::new()).await.unwrap().is_ok(), "everything was put back");
}

/// Somebody with the table, but without the vault, changes an event and computes all hashes anew.
#[tokio::test]
async fn chain_that_was_computed_anew_lacks_the_signature() {
    let Some(table) = Table::empty().await else { return };
    let store = table.store();
    let ids = filled(&store).await;
    let mut forged = Head::start();
    for position in 1..=6 {
        let row = table.row(OURS, &feed(position)).await;
        let mut text = row["event"].as_str().unwrap().to_owned();
        let seq = row["seq"].as_str().unwrap().parse().unwrap();
        if position == 1 {
            text = text.replacen("\"seq\":1", "\"seq\":1,\"detail\":\"nothing\"", 1);
            table.edit(OURS, &event(ids[0], 1), &json!({ "event": text })).await;
        }
        let entry = forged.next(&Content { shipment: row["shipment"].as_str().unwrap(), seq, text: &text });
        set_entry(&table, position, &json!({ "event": text, "digest": entry.digest, "hash": entry.hash })).await;
        forged = entry.head();
    }
    table.edit(OURS, HEAD, &json!({ "hash": forged.hash })).await;
    assert!(broken(&table).await.contains("the chain was computed anew"));

    // With a checkpoint by a key of their own, whose public key is in the table.
    let forger = Signer::generate().unwrap();
    let (jws, _) = forger.sign(forged, at(1), 0).unwrap();
    table.edit(OURS, HEAD, &json!({ "checkpoint": jws })).await;
    let key = json!({"PartitionKey": OURS, "RowKey": format!("sys-key-{}", forger.kid()),
        "jwk": forger.public_key().to_string()});
    table.insert(&key).await;
    let found = broken(&table).await;
    assert!(found.contains("signature of its checkpoint is invalid") && found.contains(forger.kid()), "{found}");
    // The service goes on, and its next checkpoints do not make the forged one valid, even without it.
    for _ in 0..2 {
        table.store().insert(&accepted()).await.unwrap();
        assert!(broken(&table).await.contains("signature of its checkpoint is invalid"));
    }
    table.delete(OURS, &format!("sys-checkpoint-{:020}", 6)).await;
    assert!(broken(&table).await.contains("after entries that Keyferry had not signed"));
}

/// A forged deletion at the end is not made valid by the service's next checkpoints, also if its cached head is older.
#[tokio::test]
async fn next_commit_does_not_sign_foreign_entries_unnoticed() {
    let Some(table) = Table::empty().await else { return };
    let store = table.store();
    let ids = filled(&store).await;
    let (shipment, text) = (ids[0].to_string(), deletion(at(2), 3));
    let entry = head(&table).await.next(&Content { shipment: &shipment, seq: DELETION, text: &text });
    let forged = json!({"PartitionKey": OURS, "RowKey": feed(7), "shipment": shipment, "seq": "0", "kind": "deleted",
        "event": text, "event_parts": 1, "digest": entry.digest, "hash": entry.hash});
    table.insert(&forged).await;
    table.edit(OURS, HEAD, &json!({ "position": "7", "hash": entry.hash })).await;
    for seq in 1..=3 {
        table.delete(OURS, &event(ids[0], seq)).await;
    }
    assert!(broken(&table).await.contains("is not the one that was signed"));
    for store in [store, table.store()] {
        store.insert(&accepted()).await.unwrap();
        let found = broken(&table).await;
        assert!(found.starts_with("entry 7: "), "{found}");
    }
    table.delete(OURS, &format!("sys-checkpoint-{:020}", 7)).await;
    assert!(broken(&table).await.contains("after entries that Keyferry had not signed"));
}

/// An older copy of the rows is intact in itself. A running process and an earlier verification know that it is older.
#[tokio::test]
async fn older_copy_is_found_by_a_running_process_and_an_expected_head() {
    let Some(table) = Table::empty().await else { return };
    let store = table.store();
    filled(&store).await;
    let copy = plain(table.row(OURS, HEAD).await);
    let late = accepted();
    store.insert(&late).await.unwrap();
    let expected = head(&table).await;
    let id = late.shipment().id();
    for key in [id.to_string(), event(id, 1), event(id, 2), feed(7), feed(8)] {
        table.delete(OURS, &key).await;
    }
    table.edit(OURS, HEAD, &copy).await;
    assert!(verify(&*store, &[], Vec::new()).await.unwrap().is_ok());
    let found = verify(&*store, &[], vec![expected]).await.unwrap().unwrap_err().to_string();
    assert_eq!(found, "entry 8: it was deleted: an earlier verification found it");
    store.insert(&accepted()).await.unwrap();
    assert!(broken(&table).await.contains("after entries that Keyferry had not signed"));
}

#[tokio::test]
async fn lost_signing_key_must_be_trusted() {
    let Some(table) = Table::empty().await else { return };
    filled(&table.store()).await;
    let lost = table.store().signing_keys().await.unwrap()[0].jwk["kid"].as_str().unwrap().to_owned();
    table.keys.lose();
    table.store().insert(&accepted()).await.unwrap();
    let found = broken(&table).await;
    assert!(found.contains("--trust") && found.contains(&lost), "{found}");
    let summary = verify(&*table.store(), std::slice::from_ref(&lost), Vec::new()).await.unwrap().unwrap();
    assert_eq!((summary.checkpoints, summary.newest.unwrap().since), (2, 6));
    // Without the last checkpoint of the lost key, the entries before are not signed.
    table.delete(OURS, &format!("sys-checkpoint-{:020}", 6)).await;
    let found = verify(&*table.store(), &[lost], Vec::new()).await.unwrap().unwrap_err().to_string();
    assert!(found.contains("after entries that Keyferry had not signed"), "{found}");
}

/// A replica that has read the keys before another one added a key.
#[tokio::test]
async fn replicas_accept_keys_that_others_add() {
    let Some(table) = Table::empty().await else { return };
    let (one, other) = (table.store(), table.store());
    filled(&one).await;
    let added = Signer::generate().unwrap();
    keyferry_store_azure::TableKeys::add(&*table.keys, KeyUse::EventSigning, &added.to_pkcs8().unwrap()).await.unwrap();
    other.insert(&accepted()).await.unwrap();
    one.insert(&accepted()).await.unwrap();
    let summary = verify(&*one, &[], Vec::new()).await.unwrap().unwrap();
    assert_eq!((summary.entries, summary.newest.unwrap().since), (10, 0));
    assert_eq!(one.signing_keys().await.unwrap().len(), 2);
}

/// Connection to Azurite that breaks when the service answers.
struct Cutting {
    /// Number of answers until the connection breaks. Negative: it does not break.
    answers: Arc<AtomicI64>,
    endpoint: Url,
}

impl Cutting {
    async fn before(table: &Table) -> Self {
        let upstream = table.endpoint().port().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut endpoint = table.endpoint().clone();
        endpoint.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let answers = Arc::new(AtomicI64::new(-1));
        let left = answers.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, left) = (TcpStream::connect(("127.0.0.1", upstream)).await.unwrap(), left.clone());
                tokio::spawn(async move {
                    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
                        (client.into_split(), server.into_split());
                    let requests = async { tokio::io::copy(&mut from_client, &mut to_server).await.map(drop) };
                    let responses = async {
                        let mut buffer = vec![0; 65_536];
                        loop {
                            let length = from_server.read(&mut buffer).await?;
                            if length == 0 || left.fetch_sub(1, Ordering::SeqCst) == 0 {
                                return Ok(());
                            }
                            to_client.write_all(&buffer[..length]).await?;
                        }
                    };
                    // Ends, and closes both connections, when the first of both ends.
                    let _: std::io::Result<()> = tokio::select! { end = requests => end, end = responses => end };
                });
            }
        });
        Self { answers, endpoint }
    }

    fn store(&self, table: &Table) -> TableStore {
        let (tokens, clock, entropy) = (Arc::new(Token), Arc::new(Still), Arc::new(Counter));
        let http = keyferry_proof_azurite::trusting(table.authority());
        TableStore::new(&self.endpoint, &table.name, http, tokens, clock, entropy, table.keys.clone()).unwrap()
    }

    /// Breaks the connection at this answer, counted from 0.
    fn next(&self, answer: i64) {
        self.answers.store(answer, Ordering::SeqCst);
    }

    fn has_cut(&self) -> bool {
        self.answers.load(Ordering::SeqCst) < 0
    }
}

/// Each answer of Azurite is lost once, also that to the transaction.
#[tokio::test]
async fn lost_answers_leave_one_entry_for_each_change() {
    let Some(table) = Table::empty().await else { return };
    let cutting = Cutting::before(&table).await;
    let store = cutting.store(&table);
    let (mut entries, mut deleted, mut cuts) = (0, 0, 0);
    for answer in 0..12 {
        // Another replica advances the head in between, so that this one finds a conflict.
        let (other, change) = (accepted(), accepted());
        table.store().insert(&other).await.unwrap();
        cutting.next(answer);
        let version = store.insert(&change).await.unwrap();
        cuts += u32::from(cutting.has_cut());
        cutting.next(answer);
        let version = store.commit(&obstructed(change.shipment()), &version).await.unwrap();
        cuts += u32::from(cutting.has_cut());
        cutting.next(answer);
        store.delete(change.shipment().id(), &version).await.unwrap();
        cuts += u32::from(cutting.has_cut());
        cutting.next(-1);
        entries += (other.events().len() + change.events().len() + 2) as u64;
        deleted += 1;
        let summary = verify(&store, &[], Vec::new()).await.unwrap().expect("the chain is intact");
        assert_eq!((summary.entries, summary.deleted), (entries, deleted), "answer {answer}");
        assert_eq!(summary.newest.map(|newest| newest.since), Some(0), "answer {answer}");
    }
    assert!(cuts > 12, "only {cuts} answers were lost");
}
