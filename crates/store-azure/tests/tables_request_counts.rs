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
const OF_A_PERSON: usize = 3;

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
        submission.info.reference = match number {
            0..OF_A_PERSON => Some("RITM0000002".to_owned()),
            OF_A_PERSON.. if number % 5 < 3 => Some("RITM0000001".to_owned()),
            _ => None,
        };
        store.insert(&samples::submitted(submission)).await.unwrap();
    }

    let any = ShipmentFilter::default;
    let of_batch = |batch: BatchId| ShipmentFilter { batch: Some(batch), ..any() };
    let phase = ShipmentFilter { phases: vec![PhaseName::Submitting], ..any() };
    let with = |number: &str| ShipmentFilter { reference: Some(number.to_owned()), ..any() };
    let (few, many) = (with("RITM0000002"), with("RITM0000001"));
    let cases = [
        // The service sorts by id: a page of a listing is a page of the service, wherever it begins.
        ("a page by id", any(), ShipmentSort::Id, 100, 1),
        ("a page of a phase by id", phase, ShipmentSort::Id, 100, 1),
        // Other orders read all rows in pages of 1,000.
        ("a page, newest first", any(), ShipmentSort::Newest, 100, 1),
        ("a batch", of_batch(batch), ShipmentSort::Id, OF_THE_BATCH, 1),
        ("a batch without shipments", of_batch(samples::batch()), ShipmentSort::Id, 0, 1),
        // The index, then each row.
        ("a few with a reference", few, ShipmentSort::Id, OF_A_PERSON, 1 + OF_A_PERSON),
        // The index, then all rows from the first to the last in pages of 1,000.
        ("many with a reference", many.clone(), ShipmentSort::Id, 100, 2),
        ("many with a reference, newest first", many, ShipmentSort::Newest, 100, 2),
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
    for (name, filter, shipments) in [
        ("all", any(), SHIPMENTS),
        ("a batch", of_batch(batch), OF_THE_BATCH),
        ("a batch, needs an operator", ShipmentFilter { needs_human: true, ..of_batch(batch) }, 0),
    ] {
        count.store(0, Ordering::Relaxed);
        let counts = store.counts(&filter).await.unwrap();
        assert_eq!(counts.0.values().sum::<u64>(), shipments as u64, "{name}");
        assert_eq!(count.load(Ordering::Relaxed), 1, "{name}: counts read pages of 1,000 rows");
    }
}
