//! Conformance tests of the SQLite store.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[allow(dead_code, reason = "not all is needed here")]
mod common;

use std::sync::Arc;

use async_trait::async_trait;
use keyferry_conformance::{
    Batches, Evidence, Idempotency, Leases, SavedViews, Secrets, Sessions, Shipments, Webhooks,
};
use keyferry_domain::{
    BatchId, BatchStore, IdempotencyStore, LeaseStore, SavedViewStore, SecretStore, SessionStore, ShipmentId,
    ShipmentStore, WebhookStore,
};
use keyferry_evidence::EvidenceStore;
use keyferry_store_sqlite::SqliteStore;
use tempfile::TempDir;

struct Sqlite(TempDir);

impl Sqlite {
    fn empty() -> Option<Self> {
        Some(Self(tempfile::tempdir().unwrap()))
    }

    fn open(&self) -> Arc<SqliteStore> {
        Arc::new(SqliteStore::open(common::options(self.0.path())).unwrap())
    }

    fn by_hand(&self, sql: &str) {
        common::by_hand(self.0.path(), sql).unwrap();
    }
}

#[async_trait]
impl Shipments for Sqlite {
    async fn shipments(&self) -> Arc<dyn ShipmentStore> {
        self.open()
    }

    async fn set_state_by_hand(&self, id: ShipmentId, state: &str) {
        self.by_hand(&format!("UPDATE fprshipments SET shipmentState = '{state}' WHERE id = '{id}'"));
    }

    async fn damage(&self, id: ShipmentId) {
        self.by_hand(&format!("UPDATE fprshipments SET record = substr(record, 1, 40) WHERE id = '{id}'"));
    }
}

#[async_trait]
impl Evidence for Sqlite {
    async fn evidence(&self) -> Arc<dyn EvidenceStore> {
        self.open()
    }
}

#[async_trait]
impl Secrets for Sqlite {
    async fn secrets(&self) -> Arc<dyn SecretStore> {
        self.open()
    }
}

#[async_trait]
impl Idempotency for Sqlite {
    async fn idempotency(&self) -> Arc<dyn IdempotencyStore> {
        self.open()
    }
}

#[async_trait]
impl Leases for Sqlite {
    async fn leases(&self) -> Arc<dyn LeaseStore> {
        self.open()
    }
}

#[async_trait]
impl Batches for Sqlite {
    async fn batches(&self) -> Arc<dyn BatchStore> {
        self.open()
    }

    async fn damage_order(&self, batch: BatchId, row: u32) {
        let place = format!("batch = '{batch}' AND \"row\" = {row}");
        self.by_hand(&format!("UPDATE batch_rows SET sealed = substr(sealed, 1, 30) WHERE {place}"));
    }
}

#[async_trait]
impl Sessions for Sqlite {
    async fn sessions(&self) -> Arc<dyn SessionStore> {
        self.open()
    }
}

#[async_trait]
impl SavedViews for Sqlite {
    async fn saved_views(&self) -> Arc<dyn SavedViewStore> {
        self.open()
    }
}

#[async_trait]
impl Webhooks for Sqlite {
    async fn webhooks(&self) -> Arc<dyn WebhookStore> {
        self.open()
    }
}

keyferry_conformance::conformance!(Sqlite::empty();
    batches, shipments, evidence, secrets, idempotency, leases, sessions, views, webhooks);
