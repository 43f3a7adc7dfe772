//! The data directory: read, and written to.

use async_trait::async_trait;
use keyferry_domain::Finding;
use keyferry_domain::ports::{CheckRequest, SelfCheck, check_records, check_secrets};

use crate::SqliteStore;

const REMEDY: &str = "Look at the data directory: its disk, its owner and its permissions.";

#[async_trait]
impl SelfCheck for SqliteStore {
    async fn self_check(&self, request: &CheckRequest<'_>) -> Vec<Finding> {
        vec![check_records(self, self, request, REMEDY).await, check_secrets(self, request, REMEDY).await]
    }
}
