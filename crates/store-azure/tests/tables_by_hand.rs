//! The table as a person meets it in the storage browser, and beside another connector's rows.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[allow(dead_code, reason = "not all is needed here")]
mod common;

use common::Table;
use keyferry_conformance::samples::{accepted, at, in_phase, obstacle};
use keyferry_domain::ports::{Claim, IdempotencyRecord, StoreError};
use keyferry_domain::{IdempotencyStore, LeaseStore, PhaseName, Shipment, ShipmentStore};
use keyferry_store_azure::ForeignRows;
use serde_json::{Value, json};

const OURS: &str = "keyferry";

async fn row(table: &Table, shipment: &Shipment) -> Value {
    table.row(OURS, &shipment.id.to_string()).await
}

#[tokio::test]
async fn the_columns_tell_a_person_what_is_the_matter() {
    let Some(table) = Table::empty().await else { return };
    let store = table.store();
    let mut shipment = accepted();
    shipment.obstacle = Some(obstacle());
    let version = store.insert(&shipment).await.unwrap();
    let seen = row(&table, &shipment).await;
    assert_eq!(seen["shipmentId"], shipment.phase.fulfilment_id().unwrap().as_str());
    assert_eq!((&seen["shipmentState"], &seen["phase"]), (&json!("ongoing"), &json!("accepted")));
    assert_eq!((&seen["error_kind"], &seen["error_message"]), (&json!("GENERAL"), &json!(obstacle().message)));
    assert_eq!(seen["user_id"], "jürgen.o'neil#ext@contoso.example");
    assert_eq!(
        (&seen["created_at"], &seen["updated_at"]),
        (&json!("2026-09-21T14:13:20.000000Z"), &json!("2026-09-21T14:15:00.000000Z"))
    );

    shipment.obstacle = None;
    store.replace(&shipment, &version).await.unwrap();
    let seen = row(&table, &shipment).await;
    assert_eq!((&seen["error_kind"], &seen["error_message"]), (&json!(""), &json!("")), "what is mended is gone");
}

#[tokio::test]
async fn a_column_that_a_person_added_stays() {
    let Some(table) = Table::empty().await else { return };
    let store = table.store();
    let shipment = accepted();
    store.insert(&shipment).await.unwrap();
    table.edit(OURS, &shipment.id.to_string(), &json!({"ticket": "INC0012345", "colour": 7})).await;
    let found = store.get(shipment.id).await.unwrap().unwrap();
    let claim = Claim { holder: "a".into(), until: at(60) };
    let version = store.claim(shipment.id, &found.version, &claim, at(0)).await.unwrap();
    store.replace(&shipment, &version).await.unwrap();
    ShipmentStore::release(&*store, shipment.id, "a").await.unwrap();
    let seen = row(&table, &shipment).await;
    assert_eq!((&seen["ticket"], &seen["colour"]), (&json!("INC0012345"), &json!(7)));
}

#[tokio::test]
async fn a_row_that_a_person_spoilt_says_how_to_mend_it() {
    let Some(table) = Table::empty().await else { return };
    let store = table.store();
    for (columns, told) in [
        (json!({"shipmentState": "Complete"}), "write `ongoing` or `complete`"),
        (json!({"phase": "complete"}), "column `phase` says"),
        (json!({"record": 7}), "its JSON is cut off"),
        (json!({"record_parts": "two"}), "column `record_parts`"),
        (json!({"record_parts": 99}), "column `record_parts`"),
        (json!({"claim_holder": "me", "claim_until": "tomorrow"}), "empty both claim columns"),
    ] {
        let shipment = accepted();
        let version = store.insert(&shipment).await.unwrap();
        table.edit(OURS, &shipment.id.to_string(), &columns).await;
        let error = store.get(shipment.id).await.unwrap_err();
        assert!(matches!(error, StoreError::Broken { .. }), "{columns}: {error}");
        assert!(error.to_string().contains(told), "{columns}: {error}");
        assert!(
            matches!(store.replace(&shipment, &version).await, Err(StoreError::Conflict(_))),
            "nobody writes over it"
        );
    }
    let page = store.list(&PhaseName::OPEN, None, 100).await.unwrap();
    assert_eq!((page.items.len(), page.broken.len()), (0, 5), "one is not in an open phase by its column");
}

#[tokio::test]
async fn a_shipment_whose_index_entry_was_deleted_or_lies_is_nobody_elses() {
    let Some(table) = Table::empty().await else { return };
    let store = table.store();
    let (one, other) = (accepted(), accepted());
    store.insert(&one).await.unwrap();
    store.insert(&other).await.unwrap();
    let entries = table.dump().await;
    let entry =
        entries.iter().find(|row| row["PartitionKey"] == "keyferry-fulfilment-ids" && row["id"] == one.id.to_string());
    let key = entry.unwrap()["RowKey"].as_str().unwrap();
    table.edit("keyferry-fulfilment-ids", key, &json!({"id": other.id.to_string()})).await;
    let asked = one.phase.fulfilment_id().unwrap();
    assert!(store.find(asked).await.unwrap().is_none(), "another person's shipment under this id");

    // The next change of the record mends the index.
    let found = store.get(one.id).await.unwrap().unwrap();
    store.replace(&one, &found.version).await.unwrap();
    assert_eq!(store.find(asked).await.unwrap().unwrap().shipment.id, one.id);
}

#[tokio::test]
async fn rows_of_another_connector_are_counted_and_stay_as_they_are() {
    let Some(table) = Table::empty().await else { return };
    let foreign = [
        json!({"PartitionKey": "ongoing", "RowKey": "8gYnYQk5", "shipmentId": "8gYnYQk5", "shipmentState": "ongoing", "phase": "accepted", "record": "{}"}),
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

    // The whole life of some shipments.
    for name in PhaseName::ALL {
        let shipment = in_phase(name);
        let version = store.insert(&shipment).await.unwrap();
        let claim = Claim { holder: "a".into(), until: at(60) };
        let version = store.claim(shipment.id, &version, &claim, at(0)).await.unwrap();
        let version = store.replace(&shipment, &version).await.unwrap();
        ShipmentStore::release(&*store, shipment.id, "a").await.unwrap();
        assert!(store.delete(shipment.id, &version).await.is_err(), "the release changed it");
        let found = store.get(shipment.id).await.unwrap().unwrap();
        let record = IdempotencyRecord {
            caller: shipment.requested_by.clone(),
            key: name.as_str().into(),
            body_hash: "ab".into(),
            shipment: shipment.id,
            at: at(0),
        };
        store.reserve(&record).await.unwrap();
        ShipmentStore::release(&*store, shipment.id, "nobody").await.unwrap();
        store.delete(shipment.id, &found.version).await.unwrap();
    }
    assert!(store.take_lease("schedules", &Claim { holder: "a".into(), until: at(60) }, at(0)).await.unwrap());
    store.give_back_lease("schedules", "a").await.unwrap();
    assert_eq!(store.sweep(at(1)).await.unwrap(), 8);
    let page = store.list(&PhaseName::ALL, None, 100).await.unwrap();
    assert_eq!((page.items.len(), page.broken.len()), (0, 0));
    assert_eq!(table.dump().await, before, "nothing of ours is left, and nothing of theirs has changed");
}

#[tokio::test]
async fn a_table_that_is_not_there_is_named() {
    let Some(table) = Table::missing() else { return };
    let error = table.store().ping().await.unwrap_err().to_string();
    assert!(error.contains(&format!("there is no table `{}`", table.name)), "{error}");
    assert!(error.contains("AZURE_TABLES_SHIPMENTS_TABLE_NAME"), "{error}");
}
