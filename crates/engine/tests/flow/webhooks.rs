//! Webhooks: each event once, in order, through outages of the receiver, without delaying others.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::ports::EventCursor;
use keyferry_domain::{DeliveryStage, WebhookId};
use keyferry_engine::{Engine, NewWebhook, Replay, WebhookChange};
use keyferry_testkit::{MemoryWebhooks, Received, Receivers};
use opentelemetry::metrics::{MeterProvider as _, NoopMeterProvider};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::support::ports::ports;
use crate::support::world::{DAY, HOUR, caller};
use crate::support::{World, lock};

const MINUTE: Duration = Duration::from_secs(60);
const A: &str = "https://a.example/";
const B: &str = "https://b.example/";

/// Engine whose webhook worker runs. The clock advances only on `pass`.
struct Scene {
    world: Arc<World>,
    engine: Engine,
    receivers: Arc<Receivers>,
    store: Arc<MemoryWebhooks>,
    stop: CancellationToken,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Scene {
    fn new() -> Self {
        Self::with(&World::new(), Arc::default())
    }

    fn with(world: &Arc<World>, store: Arc<MemoryWebhooks>) -> Self {
        let receivers = Arc::new(Receivers::default());
        let mut ports = ports(&world.outside, &Arc::default());
        (ports.webhooks, ports.webhook_sender) = (store.clone(), receivers.clone());
        let meter = NoopMeterProvider::new().meter("webhooks");
        let engine = Engine::new(ports, World::settings(), &meter);
        Self { world: world.clone(), engine, receivers, store, stop: CancellationToken::new(), task: None }
    }

    /// Creates a webhook.
    async fn subscribe(&self, url: &str, event_types: &[&str]) -> WebhookId {
        let event_types = event_types.iter().map(ToString::to_string).collect();
        let new = NewWebhook { url: url.into(), event_types, description: None, secret: None };
        self.engine.webhooks.create(new, caller()).await.unwrap().0.id
    }

    fn run(&mut self) {
        self.world.clock.hold();
        let (worker, token) = (self.engine.webhook_worker.clone(), self.stop.clone());
        self.task = Some(tokio::spawn(async move { worker.run(&token).await }));
    }

    async fn pass(&self, time: Duration) {
        self.world.clock.run_to(self.world.clock.now() + time).await;
    }

    fn answer(&self, url: &str, status: u16) {
        self.receivers.always.lock().unwrap().insert(url.into(), status);
    }

    fn received(&self, url: &str) -> Vec<Received> {
        self.receivers.received.lock().unwrap().iter().filter(|one| one.url == url).cloned().collect()
    }

    /// Returns types and numbers of the messages that the receiver got.
    fn events(&self, url: &str) -> Vec<(String, u64)> {
        let event = |one: &Received| {
            let body: Value = serde_json::from_str(&one.body).unwrap();
            (body["type"].as_str().unwrap().to_owned(), body["data"]["event"].as_u64().unwrap())
        };
        self.received(url).iter().map(event).collect()
    }

    async fn count(&self, id: WebhookId, stage: DeliveryStage) -> usize {
        self.engine.webhooks.deliveries(id, Some(stage), None, 500).await.unwrap().items.len()
    }

    async fn problems(&self) -> Vec<&'static str> {
        self.engine.readiness().await.problems.iter().map(|problem| problem.code).collect()
    }

    async fn end(mut self) {
        self.stop.cancel();
        self.task.take().unwrap().await.unwrap();
    }
}

#[tokio::test]
async fn each_event_is_sent_once_and_in_order() {
    let mut scene = Scene::new();
    scene.world.completed(&scene.engine).await;
    let all = scene.subscribe(A, &[]).await;
    scene.subscribe(B, &["shipment.completed"]).await;
    scene.world.completed(&scene.engine).await;
    scene.run();
    scene.pass(MINUTE).await;
    let sent = scene.events(A);
    let numbers: Vec<_> = sent.iter().map(|(_, number)| *number).collect();
    assert!(numbers.len() >= 5, "{sent:?}");
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "only events since the creation");
    assert_eq!(scene.events(B), [("shipment.completed".to_owned(), numbers.len() as u64)]);
    assert_eq!(scene.count(all, DeliveryStage::Delivered).await, sent.len());
    scene.pass(HOUR).await;
    assert_eq!(scene.events(A), sent, "nothing is sent again");
    let bodies: String = scene.received(A).iter().map(|one| one.body.clone()).collect();
    for canary in ["Secret Street", "home.example", "manager"] {
        assert!(!bodies.contains(canary), "{canary}: {bodies}");
    }
    scene.end().await;
}

#[tokio::test]
async fn receiver_that_is_down_for_an_hour_loses_nothing_and_delays_no_other() {
    let mut scene = Scene::new();
    let down = scene.subscribe(A, &[]).await;
    scene.subscribe(B, &[]).await;
    scene.answer(A, 503);
    scene.run();
    for _ in 0..3 {
        scene.world.completed(&scene.engine).await;
        scene.pass(20 * MINUTE).await;
    }
    let expected = scene.events(B);
    assert!(expected.len() >= 15, "{expected:?}");
    assert!(scene.received(A).len() < 40, "it is left in peace: {}", scene.received(A).len());
    assert_eq!(scene.problems().await, ["webhooks-failing"]);
    assert_eq!(scene.count(down, DeliveryStage::Delivered).await, 0);
    scene.receivers.received.lock().unwrap().clear();
    scene.answer(A, 204);
    scene.pass(3 * HOUR).await;
    let (mut accepted, mut wanted) = (scene.events(A), expected);
    accepted.sort();
    wanted.sort();
    assert_eq!(accepted, wanted);
    let mut last = BTreeMap::new();
    for one in scene.received(A) {
        let body: Value = serde_json::from_str(&one.body).unwrap();
        let (shipment, number) = (body["data"]["id"].to_string(), body["data"]["event"].as_u64().unwrap());
        assert_eq!(last.insert(shipment, number).unwrap_or_default() + 1, number, "in order for each shipment");
    }
    assert_eq!(last.len(), 3);
    assert_eq!(scene.problems().await, [""; 0]);
    assert_eq!(scene.engine.webhooks.get(down).await.unwrap().failing_since, None);
    scene.end().await;
}

#[tokio::test]
async fn receiver_that_hangs_delays_no_other() {
    let mut scene = Scene::new();
    scene.subscribe(A, &[]).await;
    scene.subscribe(B, &[]).await;
    scene.receivers.hanging.lock().unwrap().push(A.into());
    scene.world.completed(&scene.engine).await;
    scene.run();
    scene.pass(MINUTE).await;
    scene.world.completed(&scene.engine).await;
    scene.pass(MINUTE).await;
    assert!(scene.events(B).len() >= 10, "{:?}", scene.events(B));
    assert_eq!(scene.received(A).len(), 1, "one message of the first shipment");
    scene.task.take().unwrap().abort();
}

#[tokio::test]
async fn message_of_one_shipment_that_is_refused_holds_back_only_this_shipment() {
    let mut scene = Scene::new();
    let id = scene.subscribe(A, &[]).await;
    let first = scene.world.completed(&scene.engine).await;
    scene.receivers.script.lock().unwrap().entry(A.into()).or_default().extend([400, 400]);
    scene.run();
    scene.pass(Duration::from_secs(1)).await;
    scene.world.completed(&scene.engine).await;
    scene.pass(10 * MINUTE).await;
    let sent = scene.received(A);
    let of_first = |one: &&Received| one.body.contains(&first.shipment.to_string());
    let ids: Vec<_> = sent.iter().filter(of_first).map(|one| one.id).collect();
    assert_eq!((ids[0], ids[1]), (ids[0], ids[0]), "the same message again, before the next one");
    assert_eq!(scene.count(id, DeliveryStage::Pending).await, 0);
    scene.end().await;
}

#[tokio::test]
async fn refused_message_is_dead_after_three_days_and_can_be_replayed() {
    let mut scene = Scene::new();
    let id = scene.subscribe(A, &["shipment.completed"]).await;
    scene.answer(A, 500);
    scene.world.completed(&scene.engine).await;
    scene.run();
    scene.pass(2 * DAY + 20 * HOUR).await;
    assert_eq!(scene.count(id, DeliveryStage::Dead).await, 0);
    scene.pass(5 * HOUR).await;
    assert_eq!(scene.count(id, DeliveryStage::Dead).await, 1);
    let attempts = scene.received(A).len();
    assert!((10..30).contains(&attempts), "{attempts}");
    scene.pass(DAY).await;
    assert_eq!(scene.received(A).len(), attempts, "it is not sent any more");
    scene.answer(A, 200);
    assert_eq!(scene.engine.webhooks.replay(id, Replay::Dead, &caller()).await.unwrap(), 1);
    scene.pass(MINUTE).await;
    assert_eq!(scene.count(id, DeliveryStage::Delivered).await, 1);
    let ids: std::collections::BTreeSet<_> = scene.received(A).iter().map(|one| one.id).collect();
    assert_eq!(ids.len(), 1, "the id of a message never changes");
    scene.end().await;
}

#[tokio::test]
async fn webhook_is_disabled_by_410_and_continues_where_it_stopped() {
    let mut scene = Scene::new();
    let id = scene.subscribe(A, &["shipment.completed"]).await;
    scene.answer(A, 410);
    scene.run();
    for _ in 0..2 {
        scene.world.completed(&scene.engine).await;
        scene.pass(HOUR).await;
    }
    assert_eq!(scene.received(A).len(), 1);
    assert_eq!(scene.engine.webhooks.get(id).await.unwrap().state.as_str(), "disabled");
    scene.answer(A, 200);
    let enable = WebhookChange { enabled: Some(true), ..WebhookChange::default() };
    scene.engine.webhooks.change(id, enable, &caller()).await.unwrap();
    scene.pass(HOUR).await;
    assert_eq!(scene.count(id, DeliveryStage::Delivered).await, 2);
    scene.end().await;
}

#[tokio::test]
async fn damaged_event_is_reported_and_keeps_back_only_what_follows() {
    let mut scene = Scene::new();
    scene.subscribe(A, &[]).await;
    scene.run();
    scene.world.completed(&scene.engine).await;
    scene.pass(MINUTE).await;
    let before = scene.events(A).len();
    // The third event of the next shipment.
    lock(&scene.world.records).damaged_event = Some(before + 2);
    scene.world.completed(&scene.engine).await;
    scene.pass(HOUR).await;
    assert_eq!(scene.events(A).len(), before + 2, "what is before the damaged event is sent");
    let problems = scene.engine.readiness().await.problems;
    assert_eq!(problems[0].code, "webhooks-blocked");
    let message = &problems[0].message;
    assert!(message.starts_with("1 webhook receives no new events: the data of"), "{message}");
    assert!(message.contains("its event is damaged. Correct it") && !problems[0].is_blocking, "{message}");
    let feed = |after: usize| {
        let cursor = EventCursor(after.to_string());
        let events = scene.engine.events.clone();
        async move { events.after(cursor, &[], 100, Duration::ZERO).await.map(|page| page.events.len()) }
    };
    assert_eq!(feed(before).await, Ok(1), "those who read the events also get what is before");
    assert!(feed(before + 2).await.is_err());
    lock(&scene.world.records).damaged_event = None;
    scene.pass(MINUTE).await;
    assert_eq!(scene.problems().await, [""; 0]);
    let numbers: Vec<_> = scene.events(A).iter().map(|(_, number)| *number).collect();
    let once = (1..=before as u64).collect::<Vec<_>>();
    assert_eq!(numbers, [once.clone(), once].concat(), "each event once");
    scene.end().await;
}

#[tokio::test]
async fn another_process_continues_without_loss() {
    let mut scene = Scene::new();
    scene.subscribe(A, &[]).await;
    scene.answer(A, 503);
    scene.world.completed(&scene.engine).await;
    scene.run();
    scene.pass(MINUTE).await;
    let (world, store) = (scene.world.clone(), scene.store.clone());
    scene.end().await;
    let mut next = Scene::with(&world, store);
    next.run();
    next.pass(HOUR).await;
    let numbers: Vec<_> = next.events(A).iter().map(|(_, number)| *number).collect();
    assert!(numbers.len() >= 5 && numbers == (1..=numbers.len() as u64).collect::<Vec<_>>(), "{numbers:?}");
    next.end().await;
}

#[tokio::test]
async fn rotated_secret_is_valid_for_its_hours() {
    let scene = Scene::new();
    let id = scene.subscribe(A, &[]).await;
    scene.engine.webhooks.rotate_secret(id, None, HOUR, &caller()).await.unwrap();
    for time in [Duration::ZERO, HOUR] {
        scene.world.clock.pass(time);
        scene.engine.webhooks.test(id).await.unwrap();
    }
    let secrets: Vec<_> = scene.received(A).into_iter().map(|one| one.secrets).collect();
    assert_eq!(secrets, [vec!["whsec_1", "whsec_0"], vec!["whsec_1"]]);
    // The secret of a webhook is no orphan.
    scene.world.clock.pass(2 * HOUR);
    assert_eq!(scene.engine.schedules.clean_up().await.unwrap().orphaned_secrets, 0);
    scene.engine.webhooks.test(id).await.unwrap();
    assert_eq!(scene.received(A).pop().unwrap().secrets, ["whsec_1"]);
}
