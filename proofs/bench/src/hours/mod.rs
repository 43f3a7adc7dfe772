//! Orders of 20,000 people at the pace that Microsoft documents for authentication methods, in simulated time.
//!
//! Engine, queue and pacer are the real ones. The parties and the stores are those of the testkit, whose calls take
//! pseudo-random times. All keys ship at once when the last one is ordered: then there is most to register at a time.

mod graph;
mod time;

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::{Caller, CallerId, OrderInfo, ProviderId, UserRef};
use keyferry_engine::{
    CreateRequest, Engine, EngineSettings, Ports, Provider, Providers, QueueRequest, Registration, Run,
};
use keyferry_http::{Pacer, Pacing};
use keyferry_testkit::outside::{FACTORY, MODEL, Node, Outside, VirtualClock, lock};
use tokio_util::sync::CancellationToken;

use self::graph::{Called, Delays, Graph, PER};

/// Calls in ten seconds that Microsoft documents.
const PERMITTED: u32 = 5;

/// Time between two urgent orders.
const URGENT: Duration = Duration::from_secs(1_200);

/// What a case differs in.
struct Case {
    name: &'static str,
    configured: u32,
    /// Whether the connector has the permission to read users.
    readable: bool,
}

const CASES: [Case; 3] = [
    Case { name: "users readable", configured: PERMITTED, readable: true },
    Case { name: "by user name, users not readable", configured: PERMITTED, readable: false },
    Case { name: "users readable, configured as 10 times the limit", configured: PERMITTED * 10, readable: true },
];

/// Simulates the cases with this number of orders, and prints a table.
pub(crate) fn run(orders: u32) {
    println!("{orders} orders, {PERMITTED} calls permitted in any {} s\n", PER.as_secs());
    println!(
        "| case | calls per key | hours of orders | of registrations | together | used | 429 | urgent orders \
         | median wait, s | longest, s |"
    );
    println!("|{}", " --- |".repeat(10));
    for case in CASES {
        let clock = VirtualClock::manual("2026-06-01T12:00:00Z".parse().unwrap());
        println!("{}", time::block_on(&clock, simulate(&clock, &case, orders)));
    }
}

async fn simulate(clock: &Arc<VirtualClock>, case: &Case, orders: u32) -> String {
    let world = World::new(clock, case);
    for number in 1..=orders {
        world.enqueue(&format!("user{number}")).await;
    }
    let stop = CancellationToken::new();
    let dispatcher = world.engine.dispatcher.clone();
    let sending = async {
        tokio::join!(dispatcher.run(&stop), async {
            // Each person orders once, and urgent orders come meanwhile.
            while lock(&world.outside.delivery).parcels.len() < lock(&world.outside.people).users.len() {
                clock.sleep(Duration::from_secs(1)).await;
            }
            stop.cancel();
        })
    };
    let (_, ordered, mut waits) = world.beside_urgent_orders("first", sending).await;
    let ids: Vec<_> = lock(&world.outside.delivery).parcels.iter().map(|(id, _)| id.clone()).collect();
    ids.iter().for_each(|id| world.outside.ship(id));
    let run = world.engine.processing.run(Run::All);
    let (report, registered, more) = world.beside_urgent_orders("second", run).await;
    waits.extend(more);
    assert_eq!((report.obstructed, report.first_outage()), (0, None), "{report:?}");
    assert_eq!(lock(&world.outside.pins).sent.len(), ids.len());

    let [ordering, registering] = [&ordered, &registered].map(|calls| hours(calls));
    let all = || ordered.iter().chain(&registered);
    let (passed, refused) = (all().filter(|call| call.1).count(), all().filter(|call| !call.1).count());
    let permitted = (ordering + registering) * 3600.0 * f64::from(PERMITTED) / PER.as_secs_f64();
    waits.sort();
    format!(
        "| {} | {:.2} | {ordering:.1} | {registering:.1} | {:.1} | {:.1} % | {:.2} % | {} | {:.1} | {:.1} |",
        case.name,
        (passed + refused) as f64 / ids.len() as f64,
        ordering + registering,
        passed as f64 / permitted * 100.0,
        refused as f64 / (passed + refused) as f64 * 100.0,
        waits.len(),
        waits[waits.len() / 2].as_secs_f64(),
        waits[waits.len() - 1].as_secs_f64(),
    )
}

/// Returns the hours from the first to the last call.
fn hours(calls: &[Called]) -> f64 {
    let times = || calls.iter().map(|call| call.0);
    (times().max().unwrap() - times().min().unwrap()).as_secs_f64() / 3600.0
}

struct World {
    outside: Arc<Outside>,
    graph: Arc<Graph>,
    engine: Engine,
}

impl World {
    fn new(clock: &Arc<VirtualClock>, case: &Case) -> Self {
        let outside = Arc::new(Outside::with_clock(7, clock.clone()));
        lock(&outside.people).readable = case.readable;
        let node = Node::meddled(&outside, &Arc::default(), 0, Arc::new(Delays(outside.clone())));
        let pacing = Pacing { requests: case.configured, per: PER, longest_wait: Some(Duration::from_secs(30)) };
        let pacer = Pacer::with_clock(pacing, node.clone()).unwrap();
        let graph = Arc::new(Graph::new(&outside, &node, pacer, PERMITTED as usize));
        let provider = Provider { registration: Registration::CreationOptions(graph.clone()), directory: node.clone() };
        let ports = Ports {
            clock: node.clone(),
            entropy: outside.chance.clone(),
            providers: Providers::new(ProviderId::new("login"), provider),
            delivery_service: node.clone(),
            sealer: node.clone(),
            pin_delivery: node.clone(),
            shipments: node.clone(),
            secrets: node.clone(),
            idempotency: node.clone(),
            leases: node.clone(),
            batches: outside.batches.clone(),
            journal: node,
            webhooks: outside.webhooks.clone(),
            webhook_sender: outside.receivers.clone(),
        };
        let mut settings = EngineSettings::new(FACTORY.anchors.clone());
        let model = keyferry_domain::Aaguid::from_bytes(*MODEL.as_bytes());
        settings.product_aaguids.insert(29, vec![model]);
        let engine = Engine::without_metrics(ports, settings);
        Self { outside, graph, engine }
    }

    async fn enqueue(&self, name: &str) {
        let request = QueueRequest {
            caller: caller(),
            order: self.order(name).into(),
            info: OrderInfo::default(),
            batch: None,
            additional: false,
            may_be_privileged: false,
            idempotency: None,
            unknown_members: Vec::new(),
        };
        self.engine.orders.enqueue(request).await.unwrap();
    }

    /// Adds the person, and returns an order of a key.
    fn order(&self, name: &str) -> keyferry_domain::Order {
        lock(&self.outside.people).add(name);
        keyferry_testkit::order(UserRef::Upn(format!("{name}@contoso.example")))
    }

    /// Does the work, and meanwhile places an urgent order from time to time. Returns the result, the calls of
    /// authentication methods, and how long each urgent order took from the request to its acceptance.
    async fn beside_urgent_orders<T>(
        &self,
        phase: &str,
        work: impl Future<Output = T>,
    ) -> (T, Vec<Called>, Vec<Duration>) {
        let mut waits = Vec::new();
        let urgent = async {
            for number in 1.. {
                self.outside.clock.sleep(URGENT + Duration::from_millis(self.outside.chance.below(10_000))).await;
                let request = CreateRequest {
                    caller: caller(),
                    order: self.order(&format!("{phase}{number}")),
                    info: OrderInfo::default(),
                    additional: false,
                    may_be_privileged: false,
                    idempotency: None,
                    unknown_members: Vec::new(),
                };
                let begin = self.outside.clock.monotonic();
                self.engine.orders.create(request).await.unwrap();
                waits.push(self.outside.clock.monotonic() - begin);
            }
        };
        let done = tokio::select! {
            done = work => done,
            () = urgent => unreachable!("urgent orders have no end"),
        };
        (done, self.graph.take_calls(), waits)
    }
}

fn caller() -> Caller {
    Caller::application(CallerId::new("0000000a-0000-4000-8000-00000000000a"))
}
