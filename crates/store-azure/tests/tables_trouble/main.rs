//! Tests of the table store against a double that is busy, loses answers, refuses calls and returns partial pages.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod batch;
mod batches;
mod double;
mod reading;
mod transactions;
mod writing;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use double::Table;
use keyferry_azure_identity::{AccessToken, TokenSource};
use keyferry_domain::{Clock, Failure, Timestamp};
use keyferry_evidence::{Summary, verify};
use keyferry_http::{Client, ClientOptions};
use keyferry_proof_azurite::{Counter, MemoryKeys};
use keyferry_store_azure::TableStore;
use url::Url;

/// Clock that records waits and returns at once.
#[derive(Default)]
struct Waits {
    waits: Mutex<Vec<Duration>>,
    meanwhile: Mutex<Option<Box<dyn Fn() + Send>>>,
}

impl Waits {
    /// Runs the action during each wait.
    fn meanwhile(&self, action: impl Fn() + Send + 'static) {
        *self.meanwhile.lock().unwrap() = Some(Box::new(action));
    }
}

#[async_trait]
impl Clock for Waits {
    fn now(&self) -> Timestamp {
        keyferry_proof_azurite::Still.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.waits.lock().unwrap().push(duration);
        if let Some(action) = &*self.meanwhile.lock().unwrap() {
            action();
        }
    }
}

/// Numbered tokens. The number increases after each refused token.
#[derive(Default)]
struct Tokens(Mutex<(u32, Option<AccessToken>)>);

#[async_trait]
impl TokenSource for Tokens {
    async fn token(&self) -> Result<AccessToken, Failure> {
        let (number, kept) = &mut *self.0.lock().unwrap();
        Ok(kept
            .get_or_insert_with(|| {
                *number += 1;
                AccessToken::new(format!("token-{number}"))
            })
            .clone())
    }

    fn invalidate(&self, _: &AccessToken) {
        self.0.lock().unwrap().1 = None;
    }
}

struct World {
    table: Arc<Table>,
    url: Url,
    clock: Arc<Waits>,
    keys: Arc<MemoryKeys>,
    store: TableStore,
}

impl World {
    async fn new() -> Self {
        Self::with(ClientOptions::default()).await
    }

    async fn with(options: ClientOptions) -> Self {
        let (table, url) = Table::serve().await;
        let clock = Arc::new(Waits::default());
        let keys = Arc::default();
        let store = store(&url, options, clock.clone(), &keys);
        Self { table, url, clock, keys, store }
    }

    /// Returns the store of another replica on the same table.
    fn replica(&self) -> TableStore {
        store(&self.url, ClientOptions::default(), self.clock.clone(), &self.keys)
    }

    /// Returns the keys of all rows in the partition of shipments, except those of public keys.
    fn rows_but_keys(&self) -> Vec<String> {
        let mut keys = self.table.keys("keyferry");
        keys.retain(|key| !key.starts_with("sys-key-"));
        keys
    }

    /// Returns the verified event chain, which must be intact.
    async fn intact(&self) -> Summary {
        self.table.next([]);
        verify(&self.replica(), &[], Vec::new()).await.unwrap().unwrap()
    }

    fn waits(&self) -> Vec<Duration> {
        std::mem::take(&mut self.clock.waits.lock().unwrap())
    }
}

fn store(url: &Url, options: ClientOptions, clock: Arc<Waits>, keys: &Arc<MemoryKeys>) -> TableStore {
    let (http, tokens) = (Client::new(options).unwrap(), Arc::new(Tokens::default()));
    TableStore::new(url, "fprshipments", http, tokens, clock, Arc::new(Counter), keys.clone()).unwrap()
}
