//! Conformance tests of the table store against Azurite.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use async_trait::async_trait;
use keyferry_conformance::{Batches, Evidence, Idempotency, Leases, SavedViews, Sessions, Shipments, Webhooks};
use keyferry_domain::{
    BatchId, BatchStore, IdempotencyStore, LeaseStore, SavedViewStore, SessionStore, ShipmentId, ShipmentStore,
    WebhookStore,
};
use keyferry_evidence::EvidenceStore;
use keyferry_proof_azurite::Table;
use serde_json::json;

/// Newtype, so that the suite's traits can be implemented for a foreign type.
struct Azurite(Table);

#[async_trait]
impl Shipments for Azurite {
    async fn shipments(&self) -> Arc<dyn ShipmentStore> {
        self.0.store()
    }

    async fn set_state_by_hand(&self, id: ShipmentId, state: &str) {
        self.0.edit("keyferry", &id.to_string(), &json!({"shipmentState": state})).await;
    }

    async fn damage(&self, id: ShipmentId) {
        let row = self.0.row("keyferry", &id.to_string()).await;
        let record = row["record"].as_str().unwrap();
        self.0.edit("keyferry", &id.to_string(), &json!({"record": &record[..40]})).await;
    }
}

#[async_trait]
impl Evidence for Azurite {
    async fn evidence(&self) -> Arc<dyn EvidenceStore> {
        self.0.store()
    }
}

#[async_trait]
impl Batches for Azurite {
    async fn batches(&self) -> Arc<dyn BatchStore> {
        self.0.store()
    }

    async fn damage_order(&self, batch: BatchId, row: u32) {
        let (partition, key) = (format!("keyferry-batch-{batch}"), format!("{row:010}"));
        let found = self.0.row(&partition, &key).await;
        let order = found["order"].as_str().unwrap();
        let changed = if order.starts_with('A') { "B" } else { "A" };
        self.0.edit(&partition, &key, &json!({"order": format!("{changed}{}", &order[1..])})).await;
    }
}

#[async_trait]
impl Idempotency for Azurite {
    async fn idempotency(&self) -> Arc<dyn IdempotencyStore> {
        self.0.store()
    }
}

#[async_trait]
impl Leases for Azurite {
    async fn leases(&self) -> Arc<dyn LeaseStore> {
        self.0.store()
    }
}

#[async_trait]
impl Sessions for Azurite {
    async fn sessions(&self) -> Arc<dyn SessionStore> {
        self.0.store()
    }
}

#[async_trait]
impl SavedViews for Azurite {
    async fn saved_views(&self) -> Arc<dyn SavedViewStore> {
        self.0.store()
    }
}

#[async_trait]
impl Webhooks for Azurite {
    async fn webhooks(&self) -> Arc<dyn WebhookStore> {
        self.0.store()
    }
}

keyferry_conformance::conformance!(
    Table::empty().await.map(Azurite);
    shipments, evidence, batches, idempotency, leases, sessions, views, webhooks
);
