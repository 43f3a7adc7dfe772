//! Store in Azure Table Storage (<https://learn.microsoft.com/rest/api/storageservices/table-service-rest-api>).
//!
//! One table contains everything, in partitions whose keys begin with `keyferry`. Rows in other partitions belong to
//! other applications: they are only counted. Shipments share a partition with their events and the index, so that one
//! transaction writes them. Leases, idempotency keys and batches have their own partitions, and so have the rows of
//! each batch.
//!
//! Every write is conditional (an insert, or an ETag), so it can be retried after a lost answer. The column `write`
//! then shows whether the row contains our write.

mod append;
mod batches;
mod columns;
mod commit;
mod deletion;
mod error;
mod events;
mod evidence;
mod filter;
mod head;
mod idempotency;
mod key;
mod keys;
mod layout;
mod leases;
mod long_text;
mod organisation;
mod partition;
mod query;
mod read_head;
mod row;
mod sealing;
mod service;
mod sessions;
mod shipments;
mod signing;
mod sort;
mod summary;
mod terms;
mod transaction;
mod transaction_answer;
mod views;
mod webhooks;
mod write;

use std::sync::Arc;

use keyferry_azure_identity::TokenSource;
use keyferry_domain::ports::StoreError;
use keyferry_domain::{Clock, Entropy};
use keyferry_http::{Client, Error};
use tokio::sync::Mutex;
use url::Url;

use self::head::Feed;
pub use self::keys::{KeyUse, TableKeys};
use self::sealing::Sealing;
use self::service::{Query, Service};
use self::signing::Signing;

/// Store of shipments, batches, idempotency keys and leases in one table. Cheap to clone.
#[derive(Clone)]
pub struct TableStore {
    service: Arc<Service>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    feed: Arc<Mutex<Feed>>,
    signing: Arc<Signing>,
    sealing: Arc<Sealing>,
}

/// Number of rows in the table that belong to other applications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignRows {
    /// Number of rows counted.
    pub counted: usize,
    /// Whether there may be more rows. Counting stops at 1000.
    pub more: bool,
}

impl TableStore {
    /// Creates the store without calling the service. `endpoint` is the account's table endpoint, for example
    /// `https://account.table.core.windows.net`. `tokens` provides access tokens for `https://storage.azure.com/`.
    /// `keys` sign the checkpoints of the event chain and seal the orders of batches.
    ///
    /// # Errors
    /// Fails if the endpoint cannot have a path, or if the table's name cannot be a path segment.
    pub fn new(
        endpoint: &Url,
        table: &str,
        http: Client,
        tokens: Arc<dyn TokenSource>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        keys: Arc<dyn TableKeys>,
    ) -> Result<Self, Error> {
        let service = Arc::new(Service::new(endpoint, table, http, tokens, clock.clone())?);
        let (signing, sealing) = (Arc::new(Signing::new(keys.clone())), Arc::new(Sealing::new(keys, clock.clone())));
        Ok(Self { service, clock, entropy, feed: Arc::default(), signing, sealing })
    }

    /// Counts rows in partitions of other applications, for example of another connector.
    ///
    /// # Errors
    /// Fails if the table cannot be read.
    pub async fn foreign_rows(&self) -> Result<ForeignRows, StoreError> {
        const MAX: usize = 1000;
        let filter =
            format!("PartitionKey lt '{}' or PartitionKey ge '{}'", partition::SHIPMENTS, partition::AFTER_ALL);
        let (rows, more) = self.service.some_rows(&Query::keys(filter, MAX)).await?;
        Ok(ForeignRows { counted: rows.len(), more })
    }

    /// Returns a random name for one write, by which the write is recognised after its answer was lost.
    fn name_a_write(&self) -> String {
        let mut bytes = [0; 12];
        self.entropy.fill(&mut bytes);
        key::hex(&bytes)
    }
}
