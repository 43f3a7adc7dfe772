//! Self-checks of table and vault: each is read and written, and events are verified.

use async_trait::async_trait;
use keyferry_domain::Finding;
use keyferry_domain::ports::{CheckRequest, SelfCheck, check_records, check_secrets};

use crate::{TableStore, VaultStore};

const REMEDY: &str = "Check the address, the roles of the identity (Storage Table Data Contributor, Key Vault Secrets \
                      Officer), and the firewall.";

#[async_trait]
impl SelfCheck for TableStore {
    async fn self_check(&self, request: &CheckRequest<'_>) -> Vec<Finding> {
        vec![check_records(self, self, request, REMEDY).await, keyferry_evidence::self_check(self, REMEDY).await]
    }
}

#[async_trait]
impl SelfCheck for VaultStore {
    async fn self_check(&self, request: &CheckRequest<'_>) -> Vec<Finding> {
        vec![check_secrets(self, request, REMEDY).await]
    }
}
