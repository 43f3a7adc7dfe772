//! A table service that is busy, loses answers, refuses, and ends its pages early.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "not all is needed here")]
mod common;
mod double;
mod reading;
mod writing;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use double::Table;
use keyferry_azure_identity::{AccessToken, TokenSource};
use keyferry_domain::{Clock, Failure, Timestamp};
use keyferry_http::{Client, ClientOptions};
use keyferry_store_azure::TableStore;

/// A clock that notes what was waited for.
#[derive(Default)]
struct Waits(Mutex<Vec<Duration>>);

#[async_trait]
impl Clock for Waits {
    fn now(&self) -> Timestamp {
        common::Still.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.0.lock().unwrap().push(duration);
    }
}

/// Tokens with numbers; one that is refused is followed by the next.
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
    clock: Arc<Waits>,
    store: TableStore,
}

impl World {
    async fn new() -> Self {
        Self::with(ClientOptions::default()).await
    }

    async fn with(options: ClientOptions) -> Self {
        let (table, url) = Table::serve().await;
        let clock = Arc::new(Waits::default());
        let http = Client::new(options).unwrap();
        let tokens = Arc::new(Tokens::default());
        let store = TableStore::new(&url, "fprshipments", http, tokens, clock.clone(), Arc::new(common::Counter));
        Self { table, clock, store: store.unwrap() }
    }

    fn waits(&self) -> Vec<Duration> {
        std::mem::take(&mut self.clock.0.lock().unwrap())
    }
}
