//! Number of requests of each kind of listing, counted against Azurite.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use keyferry_azure_identity::{AccessToken, TokenSource};
use keyferry_conformance::samples;
use keyferry_domain::ports::{ShipmentFilter, ShipmentSort};
use keyferry_domain::{BatchId, Failure, PhaseName, ShipmentStore};
use keyferry_proof_azurite::{Counter, Still, Table, Token, trusting};
use keyferry_store_azure::TableStore;

const SHIPMENTS: usize = 250;
const OF_THE_BATCH: usize = 5;

/// Counts requests: each one has an access token.
struct Counting(Arc<AtomicUsize>);

#[async_trait]
impl TokenSource for Counting {
    async fn token(&self) -> Result<AccessToken, Failure> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Token.token().await
    }

    fn invalidate(&self, _: &AccessToken) {}
}

#[tokio::test]
async fn listings_have_a_bounded_number_of_requests() {
    let Some(table) = Table::empty().await else { return };
    let count = Arc::new(AtomicUsize::new(0));
    let http = trusting(table.authority());
    let (tokens, clock, entropy) = (Arc::new(Counting(count.clone())), Arc::new(Still), Arc::new(Counter));
    let keys = table.keys.clone();
    let store = TableStore::new(table.endpoint(), &table.name, http, tokens, clock, entropy, keys).unwrap();
    let batch = samples::batch();
    for number in 0..SHIPMENTS {
        let mut submission = samples::submission();
        submission.batch = (number < OF_THE_BATCH).then_some(batch);
        store.insert(&samples::submitted(submission)).await.unwrap();
    }

    let any = ShipmentFilter::default;
    let of_batch = |batch: BatchId| ShipmentFilter { batch: Some(batch), ..any() };
    let phase = ShipmentFilter { phases: vec![PhaseName::Submitting], ..any() };
    let cases = [
        // The service sorts by id: a page of a listing is a page of the service, wherever it begins.
        ("a page by id", any(), ShipmentSort::Id, 100, 1),
        ("a page of a phase by id", phase, ShipmentSort::Id, 100, 1),
        // Other orders read all rows in pages of 1,000.
        ("a page, newest first", any(), ShipmentSort::Newest, 100, 1),
        // The index, then each row.
        ("a batch", of_batch(batch), ShipmentSort::Id, OF_THE_BATCH, 1 + OF_THE_BATCH),
        ("a batch without shipments", of_batch(samples::batch()), ShipmentSort::Id, 0, 1),
    ];
    for (name, filter, sort, rows, most) in cases {
        count.store(0, Ordering::Relaxed);
        let page = store.query(&filter, sort, None, 100).await.unwrap();
        let requests = count.load(Ordering::Relaxed);
        assert_eq!(page.items.len(), rows, "{name}");
        assert!((1..=most).contains(&requests), "{name}: {requests} requests, at most {most} expected");
        let Some(next) = page.next else { continue };
        count.store(0, Ordering::Relaxed);
        store.query(&filter, sort, Some(&next), 100).await.unwrap();
        let requests = count.load(Ordering::Relaxed);
        assert!((1..=most).contains(&requests), "{name}, second page: {requests} requests");
    }
    count.store(0, Ordering::Relaxed);
    store.counts().await.unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 1, "counts read pages of 1,000 rows");
}
