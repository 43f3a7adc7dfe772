//! Durations of listings with 100,000 shipments. `cargo bench -p keyferry-store-sqlite --bench listing` prints a table.
//!
//! Lists the first page, and one in the middle, for each order and for typical filters.
#![expect(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark")]

#[allow(dead_code, reason = "not all is needed here")]
#[path = "../tests/common/mod.rs"]
mod common;

use std::time::{Duration, Instant};

use common::{by_hand, options};
use keyferry_conformance::samples;
use keyferry_domain::ports::{Cursor, ShipmentFilter, ShipmentSort, StoreError};
use keyferry_domain::{BatchId, Caller, CallerId, ObstacleClass, PhaseName, ShipmentStore as _, UserKey};
use keyferry_store_sqlite::SqliteStore;

const SHIPMENTS: u32 = 100_000;
const PAGE: u32 = 100;
const REPETITIONS: usize = 20;

/// Copies the only shipment. One in 50 needs an operator, one in 5 is open, one in 100 is of the caller `few`, and each
/// batch has 20,000.
const COPY: &str = "
    WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 100000)
    INSERT INTO fprshipments (id, shipmentId, shipmentState, phase, obstacle_class, obstacle_code, user_id, object_id,
        serial, batch, product_id, created_at, updated_at, deadline, next_attempt, version, record, tracking_number,
        requested_by, needs_human)
    SELECT printf('0196f0a0-%04x-7000-8000-%012x', n / 1000, n), 'shipment' || n, shipmentState,
        CASE WHEN n % 5 = 0 THEN 'accepted' ELSE 'complete' END,
        CASE WHEN n % 50 = 0 THEN 'attention' END, CASE WHEN n % 50 = 0 THEN 'no-manager' END,
        'user' || n || '@contoso.example', object_id, 'serial' || n,
        printf('0196f0a0-0000-7000-8000-%012x', n / 20000), n % 7,
        strftime('%Y-%m-%dT%H:%M:%f000Z', 1790000000 + n * 7919 % 100000, 'unixepoch'),
        strftime('%Y-%m-%dT%H:%M:%f000Z', 1790000000 + n * 6007 % 100000, 'unixepoch'),
        strftime('%Y-%m-%dT%H:%M:%f000Z', 1790000000 + n * 7907 % 100000, 'unixepoch'),
        CASE WHEN n % 5 = 0 THEN strftime('%Y-%m-%dT%H:%M:%f000Z', 1790000000 + n * 4001 % 100000, 'unixepoch') END,
        1, record, n || '', CASE WHEN n % 100 = 0 THEN 'few' ELSE 'portal' END, n % 50 = 0
    FROM fprshipments, number;
    INSERT INTO terms (term, shipment) SELECT 'upn ' || user_id, id FROM fprshipments WHERE user_id LIKE 'user%'";

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(run());
}

async fn run() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(options(directory.path())).unwrap();
    store.insert(&samples::accepted()).await.unwrap();
    by_hand(directory.path(), COPY).unwrap();
    let any = ShipmentFilter::default;
    let of = |caller: &str| Some(Caller::application(CallerId::new(caller)));
    let filters = [
        ("everything", any()),
        ("phase=accepted", ShipmentFilter { phases: vec![PhaseName::Accepted], ..any() }),
        ("phase=unconfirmed (none)", ShipmentFilter { phases: vec![PhaseName::Unconfirmed], ..any() }),
        ("obstacle=attention", ShipmentFilter { obstacles: vec![Some(ObstacleClass::Attention)], ..any() }),
        ("code=no-manager", ShipmentFilter { codes: vec!["no-manager".into()], ..any() }),
        ("needs_human=true", ShipmentFilter { needs_human: true, ..any() }),
        ("batch (20,000)", ShipmentFilter { batch: BatchId::parse("0196f0a0-0000-7000-8000-000000000002"), ..any() }),
        ("product=3", ShipmentFilter { product: Some(3), ..any() }),
        ("own orders (1,000)", ShipmentFilter { requested_by: of("few"), ..any() }),
        ("own orders (none)", ShipmentFilter { requested_by: of("nobody"), ..any() }),
        ("user", ShipmentFilter { person: Some(UserKey::Upn("user777@contoso.example".into())), ..any() }),
    ];
    println!("{SHIPMENTS} shipments, pages of {PAGE}, milliseconds: median / 95th percentile");
    for sort in [
        ShipmentSort::Id,
        ShipmentSort::Newest,
        ShipmentSort::Updated,
        ShipmentSort::Deadline,
        ShipmentSort::NextAttempt,
    ] {
        println!("\n{sort:?}");
        for (name, filter) in &filters {
            let middle = middle(&store, filter, sort).await;
            let [mut first, mut later] = [Durations::default(), Durations::default()];
            for _ in 0..REPETITIONS {
                first.measure(store.query(filter, sort, None, PAGE)).await;
                later.measure(store.query(filter, sort, middle.as_ref(), PAGE)).await;
            }
            println!("  {name:26} first page {}   later page {}", first.shown(), later.shown());
        }
    }
    println!("\nCounts by phase and obstacle");
    for (name, filter) in &filters {
        let mut durations = Durations::default();
        for _ in 0..REPETITIONS {
            durations.measure(store.counts(filter)).await;
        }
        println!("  {name:26} {}", durations.shown());
    }
}

/// Returns the cursor after some pages.
async fn middle(store: &SqliteStore, filter: &ShipmentFilter, sort: ShipmentSort) -> Option<Cursor> {
    let mut cursor = None;
    for _ in 0..10 {
        let next = store.query(filter, sort, cursor.as_ref(), 1000).await.unwrap().next;
        if next.is_none() {
            return cursor;
        }
        cursor = next;
    }
    cursor
}

#[derive(Default)]
struct Durations(Vec<Duration>);

impl Durations {
    async fn measure<T>(&mut self, call: impl Future<Output = Result<T, StoreError>>) {
        let begin = Instant::now();
        call.await.unwrap();
        self.0.push(begin.elapsed());
    }

    fn shown(mut self) -> String {
        self.0.sort();
        let [median, high] = [50, 95].map(|percent| self.0[REPETITIONS * percent / 100].as_secs_f64() * 1000.0);
        format!("{median:7.2} / {high:7.2}")
    }
}
