//! Azure Table Storage (<https://learn.microsoft.com/rest/api/storageservices/table-service-rest-api>).
//!
//! One table holds everything, in partitions whose keys begin with `keyferry`. Rows in other partitions are somebody
//! else's: they are counted, and never read further or written. Shipments share a partition with their events and the
//! index, so that one transaction writes them; leases and idempotency keys have partitions of their own.
//!
//! Every write is conditional (an insert, or an ETag), so it can be sent again when its answer was lost; a column
//! `write` then shows whether the first one was ours.

mod columns;
mod commit;
mod deletion;
mod error;
mod events;
mod filter;
mod head;
mod idempotency;
mod key;
mod layout;
mod leases;
mod long_text;
mod partition;
mod query;
mod read_head;
mod row;
mod service;
mod shipments;
mod sort;
mod summary;
mod terms;
mod transaction;
mod transaction_answer;
mod write;

use std::sync::Arc;

use keyferry_azure_identity::TokenSource;
use keyferry_domain::ports::StoreError;
use keyferry_domain::{Clock, Entropy};
use keyferry_http::{Client, Error};
use tokio::sync::Mutex;
use url::Url;

use self::head::Head;
use self::service::{Query, Service};

/// Shipments, idempotency keys and leases in one table. Cheap to clone.
#[derive(Clone)]
pub struct TableStore {
    service: Arc<Service>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    /// The last position in the order of events, as this process knows it. `None`: it must be read.
    head: Arc<Mutex<Option<Head>>>,
}

/// How many rows of the table are not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignRows {
    /// Rows counted.
    pub counted: usize,
    /// Whether there may be more: counting ends at a thousand.
    pub more: bool,
}

impl TableStore {
    /// Sets the store up; no call is made. `endpoint` is the account's table endpoint, such as
    /// `https://account.table.core.windows.net`; `tokens` are for `https://storage.azure.com/`.
    ///
    /// # Errors
    /// When the endpoint has no path, or the table's name cannot stand in one.
    pub fn new(
        endpoint: &Url,
        table: &str,
        http: Client,
        tokens: Arc<dyn TokenSource>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, Error> {
        let service = Service::new(endpoint, table, http, tokens, clock.clone())?;
        Ok(Self { service: Arc::new(service), clock, entropy, head: Arc::default() })
    }

    /// Counts rows in partitions that are not ours, such as another connector's.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn foreign_rows(&self) -> Result<ForeignRows, StoreError> {
        const MOST: usize = 1000;
        let filter =
            format!("PartitionKey lt '{}' or PartitionKey ge '{}'", partition::SHIPMENTS, partition::BEHIND_ALL);
        let (rows, more) = self.service.some_rows(&Query::keys(filter, MOST)).await?;
        Ok(ForeignRows { counted: rows.len(), more })
    }

    /// Names one write, so that it is known again when its answer was lost.
    fn name_a_write(&self) -> String {
        let mut bytes = [0; 12];
        self.entropy.fill(&mut bytes);
        key::hex(&bytes)
    }
}
