//! Cost of orders, runs, lists and clean-up with a growing number of open shipments in the embedded store.
//!
//! The engine and the store are the real ones. Identity provider, delivery service, factory and PIN delivery are those
//! of the testkit, in this process and without a network, so that nothing waits for a rate limit. The journal is in
//! memory.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use keyferry_domain::ports::{ShipmentFilter, ShipmentSort, ShipmentStore as _};
use keyferry_domain::{Caller, CallerId, Clock, DeliveryId, OrderInfo, ProviderId, Timestamp, UserRef};
use keyferry_engine::{CreateRequest, Engine, EngineSettings, Ports, Provider, Providers, Registration, Run};
use keyferry_store_sqlite::{SqliteOptions, SqliteStore};
use keyferry_testkit::outside::{FACTORY, MODEL, Node, Outside, lock};
use keyferry_testkit::{MemoryWebhooks, Receivers};

use crate::work::Work;

/// Orders that are created to measure one.
const CREATED: u32 = 50;

/// Keys that are ready in the run that registers some.
const READY: u32 = 500;

/// Copies the only shipment to the numbers from `?1` to `?2`, each for another user.
const COPY: &str = "
    WITH RECURSIVE number(n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM number WHERE n < ?2),
        new AS (SELECT n, printf('0196f0a0-%04x-7000-8000-%012x', n / 1000, n) AS id FROM number)
    INSERT INTO fprshipments (id, shipmentId, shipmentState, phase, user_id, object_id, product_id, created_at,
        updated_at, deadline, version, record, requested_by, needs_human, reference, country)
    SELECT new.id, shipmentId, shipmentState, phase, 'copy' || n || '@contoso.example', object_id, product_id,
        created_at, updated_at, deadline, 1,
        replace(replace(record, fprshipments.id, new.id), user_id, 'copy' || n || '@contoso.example'),
        requested_by, needs_human, reference, country
    FROM fprshipments, new WHERE fprshipments.id = (SELECT min(id) FROM fprshipments WHERE user_id LIKE 'first@%')";

const TERMS: &str = "
    INSERT OR IGNORE INTO terms (term, shipment)
    SELECT 'upn ' || user_id, id FROM fprshipments WHERE user_id LIKE 'copy%'";

/// Clock of the testkit at the start, which then follows the real time.
struct RealTime {
    begin: Instant,
    at: Timestamp,
}

#[async_trait]
impl Clock for RealTime {
    fn now(&self) -> Timestamp {
        self.at + self.begin.elapsed()
    }

    fn monotonic(&self) -> Duration {
        self.begin.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

struct World {
    outside: Arc<Outside>,
    engine: Engine,
    store: SqliteStore,
    options: SqliteOptions,
    users: u32,
}

impl World {
    fn new(directory: &Path) -> Self {
        let outside = Arc::new(Outside::new(7));
        let clock: Arc<dyn Clock> = Arc::new(RealTime { begin: Instant::now(), at: outside.clock.now() });
        let options =
            SqliteOptions { check_disk: false, ..SqliteOptions::new(directory, "tenant", Arc::clone(&clock)) };
        let store = SqliteStore::open(options.clone()).unwrap();
        let node = Node::new(&outside, &Arc::default());
        let shared = Arc::new(store.clone());
        let provider = Provider { registration: Registration::CreationOptions(node.clone()), directory: node.clone() };
        let ports = Ports {
            clock,
            entropy: outside.chance.clone(),
            providers: Providers::new(ProviderId::new("login"), provider),
            delivery_service: node.clone(),
            sealer: node.clone(),
            pin_delivery: node.clone(),
            shipments: shared.clone(),
            secrets: shared.clone(),
            idempotency: shared.clone(),
            leases: shared.clone(),
            batches: shared,
            journal: node,
            webhooks: Arc::new(MemoryWebhooks::default()),
            webhook_sender: Arc::new(Receivers::default()),
        };
        let mut settings = EngineSettings::new(FACTORY.anchors.clone());
        let model = keyferry_domain::Aaguid::from_bytes(*MODEL.as_bytes());
        settings.product_aaguids.insert(29, vec![model]);
        settings.contact_domains = vec!["contoso.example".into()];
        let engine = Engine::without_metrics(ports, settings);
        Self { outside, engine, store, options, users: 0 }
    }

    async fn order(&mut self, name: &str) -> DeliveryId {
        lock(&self.outside.people).add(name);
        let request = CreateRequest {
            caller: Caller::application(CallerId::new("0000000a-0000-4000-8000-00000000000a")),
            order: keyferry_testkit::order(UserRef::Upn(format!("{name}@contoso.example"))),
            info: OrderInfo::default(),
            additional: false,
            may_be_privileged: false,
            idempotency: None,
            unknown_members: Vec::new(),
        };
        self.engine.orders.create(request).await.unwrap().delivery_id
    }

    async fn orders(&mut self, count: u32) -> Vec<DeliveryId> {
        let mut ids = Vec::new();
        for _ in 0..count {
            self.users += 1;
            ids.push(self.order(&format!("user{}", self.users)).await);
        }
        ids
    }

    fn copy(&self, from: u32, to: u32) {
        let database = rusqlite::Connection::open(self.options.directory.join(SqliteOptions::DATABASE)).unwrap();
        database.busy_timeout(Duration::from_secs(60)).unwrap();
        database.execute(COPY, [from, to]).unwrap();
        database.execute(TERMS, []).unwrap();
    }
}

/// Measures with each number of open shipments, and prints a table. The numbers must rise.
pub(crate) async fn run(sizes: &[u32]) {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(directory.path());
    world.order("first").await;
    // The state of the parcel is recorded, and does not change afterwards.
    world.engine.processing.run(Run::All).await;
    println!(
        "| open | create, ms | run without news, s | CPU per shipment, µs | bytes written | run with {READY} ready, s \
         | CPU per ready key, ms | bytes per ready key | list, ms | counts, ms | clean-up, ms | open, ms \
         | memory, MiB |"
    );
    println!("|{}", " --- |".repeat(13));
    let mut filled = 0;
    for size in sizes {
        world.copy(filled + 1, *size);
        filled = *size;
        row(&mut world, *size).await;
    }
}

async fn row(world: &mut World, size: u32) {
    let create = Work::of(async { drop(world.orders(CREATED).await) }).await.1;
    // Records the states of the new ones.
    world.engine.processing.run(Run::All).await;
    let (report, quiet) = Work::of(world.engine.processing.run(Run::All)).await;
    assert_eq!((report.moved, report.obstructed, report.first_outage()), (0, 0, None));
    assert!(report.processed >= size as usize, "{report:?}");
    for id in world.orders(READY).await {
        world.outside.ship(&id);
    }
    let (report, busy) = Work::of(world.engine.processing.run(Run::All)).await;
    assert_eq!((report.moved, report.obstructed), (READY as usize, 0), "{report:?}");
    let (page, list) = Work::of(world.store.query(&ShipmentFilter::default(), ShipmentSort::Newest, None, 100)).await;
    assert_eq!(page.unwrap().items.len(), 100);
    let (counts, count) = Work::of(world.store.counts(&ShipmentFilter::default())).await;
    counts.unwrap();
    let (cleaned, cleanup) = Work::of(world.engine.schedules.clean_up()).await;
    cleaned.unwrap();
    let (_, open) = Work::of(async { SqliteStore::open(world.options.clone()).unwrap() }).await;
    let ready = f64::from(READY);
    println!(
        "| {size} | {:.1} | {:.1} | {:.0} | {} | {:.1} | {:.1} | {:.0} | {:.1} | {:.1} | {:.1} | {:.1} | {:.0} |",
        create.wall * 1000.0 / f64::from(CREATED),
        quiet.wall,
        quiet.cpu * 1e6 / f64::from(size),
        quiet.written,
        busy.wall,
        (busy.cpu - quiet.cpu) * 1000.0 / ready,
        (busy.written as f64 - quiet.written as f64) / ready,
        list.wall * 1000.0,
        count.wall * 1000.0,
        cleanup.wall * 1000.0,
        open.wall * 1000.0,
        crate::work::memory_mib(),
    );
}

/// Orders and completes this number of keys in an empty store, for a count of system calls from outside:
/// `strace -f -c -e trace=fsync,fdatasync`.
pub(crate) async fn keys(count: u32) {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(directory.path());
    let ids = world.orders(count).await;
    ids.iter().for_each(|id| world.outside.ship(id));
    let report = world.engine.processing.run(Run::All).await;
    println!("{} keys ordered, {} completed", ids.len(), report.moved);
}
