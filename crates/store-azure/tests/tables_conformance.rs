//! Conformance tests of the table store against Azurite.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use async_trait::async_trait;
use keyferry_conformance::{Evidence, Idempotency, Leases, Shipments, Webhooks};
use keyferry_domain::{IdempotencyStore, LeaseStore, ShipmentId, ShipmentStore, WebhookStore};
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
impl Webhooks for Azurite {
    async fn webhooks(&self) -> Arc<dyn WebhookStore> {
        self.0.store()
    }
}

keyferry_conformance::conformance!(Table::empty().await.map(Azurite); shipments, evidence, idempotency, leases, webhooks);
