//! The cases that every store passes, against Azurite's tables.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[allow(dead_code, reason = "not all is needed here")]
mod common;

use std::sync::Arc;

use async_trait::async_trait;
use common::Table;
use keyferry_conformance::{Idempotency, Leases, Shipments};
use keyferry_domain::{IdempotencyStore, LeaseStore, ShipmentId, ShipmentStore};
use serde_json::json;

#[async_trait]
impl Shipments for Table {
    async fn shipments(&self) -> Arc<dyn ShipmentStore> {
        self.store()
    }

    async fn set_state_by_hand(&self, id: ShipmentId, state: &str) {
        self.edit("keyferry", &id.to_string(), &json!({"shipmentState": state})).await;
    }

    async fn damage(&self, id: ShipmentId) {
        let row = self.row("keyferry", &id.to_string()).await;
        let record = row["record"].as_str().unwrap();
        self.edit("keyferry", &id.to_string(), &json!({"record": &record[..40]})).await;
    }
}

#[async_trait]
impl Idempotency for Table {
    async fn idempotency(&self) -> Arc<dyn IdempotencyStore> {
        self.store()
    }
}

#[async_trait]
impl Leases for Table {
    async fn leases(&self) -> Arc<dyn LeaseStore> {
        self.store()
    }
}

keyferry_conformance::conformance!(Table::empty().await; shipments, idempotency, leases);
