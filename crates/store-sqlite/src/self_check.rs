//! Self-check of the data directory: records and secrets are read and written, events verified.

use async_trait::async_trait;
use keyferry_domain::Finding;
use keyferry_domain::ports::{CheckRequest, SelfCheck, check_records, check_secrets};

use crate::SqliteStore;

const REMEDY: &str = "Check disk, owner and permissions of the data directory.";

#[async_trait]
impl SelfCheck for SqliteStore {
    async fn self_check(&self, request: &CheckRequest<'_>) -> Vec<Finding> {
        vec![
            check_records(self, self, request, REMEDY).await,
            check_secrets(self, request, REMEDY).await,
            keyferry_evidence::self_check(self, REMEDY).await,
        ]
    }
}
