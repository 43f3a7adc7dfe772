//! The cases that every store passes, against SQLite files.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod common;
#[path = "common/conformance/mod.rs"]
mod conformance;

use std::sync::Arc;

use async_trait::async_trait;
use conformance::{Backend, Stores};
use keyferry_domain::ShipmentId;
use keyferry_store_sqlite::SqliteStore;
use tempfile::TempDir;

struct Sqlite(TempDir);

impl Sqlite {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn by_hand(&self, sql: &str) {
        common::by_hand(self.0.path(), sql).unwrap();
    }
}

#[async_trait]
impl Backend for Sqlite {
    async fn open(&self) -> Stores {
        let store = Arc::new(SqliteStore::open(common::options(self.0.path())).unwrap());
        Stores { shipments: store.clone(), secrets: store.clone(), idempotency: store }
    }

    async fn set_state_by_hand(&self, id: ShipmentId, state: &str) {
        self.by_hand(&format!("UPDATE fprshipments SET shipmentState = '{state}' WHERE id = '{id}'"));
    }

    async fn damage(&self, id: ShipmentId) {
        self.by_hand(&format!("UPDATE fprshipments SET record = substr(record, 1, 40) WHERE id = '{id}'"));
    }
}

conformance::conformance!(Sqlite::new());
