//! Tests of rows that an operator reads or edits in the storage browser, and of rows of other applications.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use keyferry_conformance::samples::{accepted, at, batch, in_phase, obstacle, obstructed, submission, submitted};
use keyferry_domain::ports::{
    Claim, EventCursor, IdempotencyRecord, Page, ShipmentFilter, ShipmentSort, StoreError, Summary,
};
use keyferry_domain::{IdempotencyStore, LeaseStore, PhaseName, Shipment, ShipmentStore};
use keyferry_proof_azurite::Table;
use keyferry_store_azure::ForeignRows;
use serde_json::{Value, json};

const OURS: &str = "keyferry";

async fn row(table: &Table, shipment: &Shipment) -> Value {
    table.row(OURS, &shipment.id().to_string()).await
}

async fn listed(store: &dyn ShipmentStore) -> Page<Summary> {
    store.query(&ShipmentFilter::open(), ShipmentSort::Id, None, 100).await.unwrap()
}

#[tokio::test]
async fn columns_show_state_and_obstacle() {
    let Some(table) = Table::empty().await else { return };
    let store = table.store();
    let change = accepted().then(|shipment| obstructed(&shipment));
    let shipment = change.shipment();
    let version = store.insert(&change).await.unwrap();
    let seen = row(&table, shipment).await;
    assert_eq!(seen["shipmentId"], shipment.phase().delivery_id().unwrap().as_str());
    assert_eq!((&seen["shipmentState"], &seen["phase"]), (&json!("ongoing"), &json!("accepted")));
    assert_eq!((&seen["error_kind"], &seen["error_message"]), (&json!("GENERAL"), &json!(obstacle().message)));
    assert_eq!((&seen["obstacle_class"], &seen["obstacle_code"]), (&json!("attention"), &json!("no-manager")));
    assert_eq!((&seen["user_id"], &seen["product_id"]), (&json!("jürgen.o'neil#ext@contoso.example"), &json!("29")));
    assert_eq!(
        (&seen["created_at"], &seen["updated_at"]),
        (&json!("2026-09-21T14:13:20.000000Z"), &json!("2026-09-21T14:15:00.000000Z"))
    );
    assert_eq!(
        (&seen["deadline"], &seen["next_attempt"]),
        (&json!("2026-10-05T14:13:20.000000Z"), &json!("2026-09-21T14:14:25.000000Z"))
    );
    let met = &store.events(shipment.id(), 2, 1).await.unwrap()[0];
    let event = table.row(OURS, &format!("sys-event-{}-0000000003", shipment.id())).await;
    assert_eq!((&event["kind"], &event["at"]), (&json!("obstacle"), &json!("2026-09-21T14:13:25.000000Z")));
    assert_eq!(serde_json::from_str::<Value>(event["event"].as_str().unwrap()).unwrap(), json!(met));
    assert_eq!(event["position"], "3");

    let cleared = shipment.clone().clear_obstacle(at(9));
    store.commit(&cleared, &version).await.unwrap();
    let seen = row(&table, shipment).await;
    assert_eq!(
        (&seen["error_kind"], &seen["error_message"]),
        (&json!(""), &json!("")),
        "a cleared obstacle is removed"
    );
    assert_eq!((&seen["obstacle_class"], &seen["next_attempt"]), (&json!(""), &json!("")));
}

/// The filter of `docs/how-to/keep-everything-in-azure.md`.
#[tokio::test]
async fn documented_filter_shows_shipments_only() {
    let Some(table) = Table::empty().await else { return };
    let changes = [accepted(), in_phase(PhaseName::Complete)];
    for change in &changes {
        table.store().insert(change).await.unwrap();
    }
    let seen = table.filtered("PartitionKey eq 'keyferry' and RowKey lt 'sys-'").await;
    assert_eq!(seen, changes.map(|change| change.shipment().id().to_string()));
    assert!(table.filtered("PartitionKey eq 'keyferry'").await.len() > 20);
}

#[tokio::test]
async fn keeps_columns_added_by_hand() {
    let Some(table) = Table::empty().await else { return };
    let store = table.store();
    let change = accepted();
    let shipment = change.shipment();
    store.insert(&change).await.unwrap();
    table.edit(OURS, &shipment.id().to_string(), &json!({"ticket": "INC0012345", "colour": 7})).await;
    let found = store.get(shipment.id()).await.unwrap().unwrap();
    let claim = Claim { holder: "a".into(), until: at(60) };
    let version = store.claim(shipment.id(), &found.version, &claim, at(0)).await.unwrap();
    store.commit(&obstructed(shipment), &version).await.unwrap();
    ShipmentStore::release(&*store, shipment.id(), "a").await.unwrap();
    let seen = row(&table, shipment).await;
    assert_eq!((&seen["ticket"], &seen["colour"]), (&json!("INC0012345"), &json!(7)));
}

#[tokio::test]
async fn error_for_damaged_row_names_the_remedy() {
    let Some(table) = Table::empty().await else { return };
    let store = table.store();
    for (columns, expected) in [
        (json!({"shipmentState": "Complete"}), "write `ongoing` or `complete`"),
        (json!({"phase": "complete"}), "column `phase` is"),
        (json!({"record": 7}), "its JSON is cut off"),
        (json!({"record_parts": "two"}), "column `record_parts`"),
        (json!({"record_parts": 99}), "column `record_parts`"),
        (json!({"claim_holder": "me", "claim_until": "tomorrow"}), "empty both claim columns"),
    ] {
        let change = accepted();
        let id = change.shipment().id();
        let version = store.insert(&change).await.unwrap();
        table.edit(OURS, &id.to_string(), &columns).await;
        let error = store.get(id).await.unwrap_err();
        assert!(matches!(error, StoreError::Broken { .. }), "{columns}: {error}");
        assert!(error.to_string().contains(expected), "{columns}: {error}");
        let answer = store.commit(&obstructed(change.shipment()), &version).await;
        assert!(matches!(answer, Err(StoreError::Conflict(_))), "a damaged row is not overwritten");
    }
    let page = listed(&*store).await;
    // Listings do not read records. These rows are listed, and reading them then fails.
    assert_eq!((page.items.len(), page.broken.len()), (5, 0), "the phase column of one row is not an open phase");
}

#[tokio::test]
async fn listing_names_damaged_columns() {
    let Some(table) = Table::empty().await else { return };
    let store = table.store();
    for (columns, expected) in [
        (json!({"created_at": "yesterday"}), "`created_at`"),
        (json!({"updated_at": ""}), "`updated_at`"),
        (json!({"deadline": "soon"}), "`deadline`"),
        (json!({"obstacle_class": "bad"}), "`obstacle_class`"),
        (json!({"product_id": "many"}), "`product_id`"),
    ] {
        let change = accepted();
        let id = change.shipment().id();
        let version = store.insert(&change).await.unwrap();
        table.edit(OURS, &id.to_string(), &columns).await;
        for sort in [ShipmentSort::Id, ShipmentSort::Deadline] {
            let page = store.query(&ShipmentFilter::open(), sort, None, 100).await.unwrap();
            let [(key, reason)] = &page.broken[..] else { panic!("{page:?}") };
            assert!(*key == id.to_string() && reason.contains(expected), "{reason}");
        }
        // The record is intact, and the next change rewrites the columns.
        assert!(matches!(store.commit(&obstructed(change.shipment()), &version).await, Err(StoreError::Conflict(_))));
        let found = store.get(id).await.unwrap().unwrap();
        store.commit(&obstructed(found.shipment()), &found.version).await.unwrap();
        assert!(listed(&*store).await.broken.is_empty());
    }
}

#[tokio::test]
async fn wrong_index_entry_never_finds_another_shipment() {
    let Some(table) = Table::empty().await else { return };
    let store = table.store();
    let (one, other) = (accepted(), accepted());
    store.insert(&one).await.unwrap();
    store.insert(&other).await.unwrap();
    let (one, other) = (one.shipment(), other.shipment());
    let asked = one.phase().delivery_id().unwrap();
    let rows = table.dump().await;
    let entry = rows.iter().find(|row| row["term"] == format!("order {}", asked.as_str())).unwrap();
    let key = entry["RowKey"].as_str().unwrap();
    table
        .insert(&json!({"PartitionKey": OURS, "RowKey": key.replace(&one.id().to_string(), &other.id().to_string())}))
        .await;
    table.delete(OURS, key).await;
    assert!(store.find(asked).await.unwrap().is_none(), "must not find the shipment of another recipient");

    // The next change of the record repairs the index.
    let found = store.get(one.id()).await.unwrap().unwrap();
    store.commit(&obstructed(one), &found.version).await.unwrap();
    assert_eq!(store.find(asked).await.unwrap().unwrap().shipment().id(), one.id());
}

#[tokio::test]
async fn search_ignores_wrong_index_entries() {
    let Some(table) = Table::empty().await else { return };
    let store = table.store();
    let mut order = submission();
    order.batch = Some(batch());
    let change = submitted(order).then(|shipment| obstructed(&shipment));
    let id = change.shipment().id();
    store.insert(&change).await.unwrap();
    let credential = &change.shipment().keys()[0].credentials[0];
    let person = Some(keyferry_domain::UserKey::from(&credential.user));
    let search = ShipmentFilter { person, ..ShipmentFilter::default() };
    let found = store.query(&search, ShipmentSort::Newest, None, 10).await.unwrap();
    assert_eq!(found.items.iter().map(|summary| summary.id).collect::<Vec<_>>(), [id]);
    // The row is authoritative.
    table.edit(OURS, &id.to_string(), &json!({"terms": "[\"upn grace@contoso.example\"]"})).await;
    assert!(store.query(&search, ShipmentSort::Newest, None, 10).await.unwrap().items.is_empty());
    table.edit(OURS, &id.to_string(), &json!({"terms": "all"})).await;
    assert!(store.query(&search, ShipmentSort::Id, None, 10).await.unwrap().items.is_empty());
}

/// The event exceeds the maximum size of a property.
#[tokio::test]
async fn long_event_round_trip() {
    let Some(table) = Table::empty().await else { return };
    let store = table.store();
    let mut met = obstacle();
    met.summary = "x".repeat(100_000);
    let change = accepted().then(|shipment| shipment.meet(met));
    let id = change.shipment().id();
    let version = store.insert(&change).await.unwrap();
    assert!(
        store.events(id, 2, 1).await.unwrap() == change.events()[2..],
        "the read event differs from the written one"
    );
    assert!(store.events_after(&EventCursor("2".into()), 1).await.unwrap()[0].event == change.events()[2]);

    let mut met = obstacle();
    met.summary = "x".repeat(100_000);
    met.at = at(6);
    let again = change.shipment().clone().meet(met);
    store.commit(&again, &version).await.unwrap();
    assert!(store.events(id, 2, 10).await.unwrap() == again.events(), "the repetition must be in the same row");
    assert_eq!(again.events()[0].times, 2);
}

#[tokio::test]
async fn error_names_damaged_event_row() {
    let Some(table) = Table::empty().await else { return };
    let store = table.store();
    let change = accepted();
    let id = change.shipment().id();
    store.insert(&change).await.unwrap();
    let row = format!("sys-event-{id}-0000000002");
    table.edit(OURS, &row, &json!({"event": "{}"})).await;
    table.edit(OURS, "sys-feed-00000000000000000002", &json!({"shipment": "mine"})).await;
    let error = store.events(id, 0, 10).await.unwrap_err();
    assert!(matches!(&error, StoreError::Broken { id, .. } if id.contains(&row)), "{error}");
    assert_eq!(store.events(id, 0, 1).await.unwrap(), change.events()[..1]);
    let error = store.events_after(&EventCursor::start(), 10).await.unwrap_err();
    assert!(error.to_string().contains("`sys-feed-00000000000000000002`"), "{error}");
}

#[tokio::test]
async fn counts_foreign_rows_and_never_changes_them() {
    let Some(table) = Table::empty().await else { return };
    let foreign = [
        json!({"PartitionKey": "ongoing", "RowKey": "8gYnYQk5", "shipmentId": "8gYnYQk5", "shipmentState": "ongoing",
            "phase": "accepted", "record": "{}"}),
        json!({"PartitionKey": "complete", "RowKey": "x", "shipmentState": "complete"}),
        json!({"PartitionKey": "keyferr", "RowKey": "x"}),
        json!({"PartitionKey": "keyferrz", "RowKey": "x"}),
        json!({"PartitionKey": "", "RowKey": ""}),
    ];
    for row in &foreign {
        table.insert(row).await;
    }
    let before = table.dump().await;
    let store = table.store();
    assert_eq!(store.foreign_rows().await.unwrap(), ForeignRows { counted: 5, more: false });

    // Runs the complete life cycle of some shipments.
    for name in PhaseName::ALL {
        let change = in_phase(name);
        let shipment = change.shipment();
        let version = store.insert(&change).await.unwrap();
        let claim = Claim { holder: "a".into(), until: at(60) };
        let version = store.claim(shipment.id(), &version, &claim, at(0)).await.unwrap();
        let version = store.commit(&obstructed(shipment), &version).await.unwrap();
        ShipmentStore::release(&*store, shipment.id(), "a").await.unwrap();
        assert!(store.delete(shipment.id(), &version).await.is_err(), "the release changed the version");
        let found = store.get(shipment.id()).await.unwrap().unwrap();
        let record = IdempotencyRecord {
            caller: shipment.requested_by().application.clone(),
            key: name.as_str().into(),
            body_hash: "ab".into(),
            shipment: shipment.id(),
            at: at(0),
        };
        store.reserve(&record).await.unwrap();
        ShipmentStore::release(&*store, shipment.id(), "nobody").await.unwrap();
        store.delete(shipment.id(), &found.version).await.unwrap();
    }
    assert!(store.take_lease("schedules", &Claim { holder: "a".into(), until: at(60) }, at(0)).await.unwrap());
    store.release_lease("schedules", "a").await.unwrap();
    assert_eq!(store.sweep(at(1)).await.unwrap(), PhaseName::ALL.len() as u64);
    let page = listed(&*store).await;
    assert_eq!((page.items.len(), page.broken.len()), (0, 0));
    let mut after = table.dump().await;
    // The event chain is kept after deletions, without the content of events.
    let ours = |row: &Value| row["PartitionKey"] == OURS;
    let chain: Vec<_> = after.extract_if(.., |row| ours(row)).collect();
    assert_eq!(after, before, "foreign rows are unchanged");
    for row in &chain {
        let key = row["RowKey"].as_str().unwrap();
        let is_deletion = row["kind"] == "deleted" && row["seq"] == "0";
        let is_empty = ["kind", "at", "event"].iter().all(|column| row[column] == "");
        let is_of_chain = key == "sys-head" || key.starts_with("sys-key-");
        assert!(is_of_chain || key.starts_with("sys-feed-") && (is_deletion || is_empty), "{row}");
    }
}

#[tokio::test]
async fn error_names_missing_table() {
    let Some(table) = Table::missing() else { return };
    let error = table.store().prove_write().await.unwrap_err().to_string();
    assert!(error.contains(&format!("there is no table `{}`", table.name)), "{error}");
    assert!(error.contains("AZURE_TABLES_SHIPMENTS_TABLE_NAME"), "{error}");
}
