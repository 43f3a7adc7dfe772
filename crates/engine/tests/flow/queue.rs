//! Orders that wait for their turn: acceptance, dispatch, what prevents it, and what becomes of the sealed order.

use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use keyferry_domain::{EventKind, OrderInfo, PhaseName, ShipmentId, UserRef};
use keyferry_engine::{CreateError, CreateRequest, Engine, Outcome, QueueRequest, Run};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::support::trouble::status;
use crate::support::world::{DAY, HOUR, ada, caller, request};
use crate::support::{Call, Trouble, World, lock};

const MINUTE: Duration = Duration::from_secs(60);

pub(crate) fn queued(user: UserRef) -> QueueRequest {
    let CreateRequest { caller, order, info, additional, may_be_privileged, idempotency, unknown_members } =
        request(user);
    let order = order.into();
    QueueRequest { caller, order, info, batch: None, additional, may_be_privileged, idempotency, unknown_members }
}

pub(crate) async fn enqueue(engine: &Engine, request: QueueRequest) -> ShipmentId {
    engine.orders.enqueue(request).await.unwrap().shipment
}

/// Runs the dispatcher of an engine in the background. The clock advances only on `run_to`.
pub(crate) struct Dispatching {
    world: Arc<World>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Dispatching {
    pub(crate) fn start(world: &Arc<World>, engine: &Engine) -> Self {
        world.clock.hold();
        let (dispatcher, stop) = (engine.dispatcher.clone(), CancellationToken::new());
        let token = stop.clone();
        let task = tokio::spawn(async move { dispatcher.run(&token).await });
        Self { world: world.clone(), stop, task }
    }

    pub(crate) async fn pass(&self, time: Duration) {
        self.world.clock.run_to(self.world.clock.now() + time).await;
    }

    pub(crate) async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

#[tokio::test]
async fn order_waits_sealed_and_is_sent_when_the_dispatcher_runs() {
    let world = World::new();
    let engine = world.engine();
    let id = enqueue(&engine, queued(ada())).await;
    let waiting = world.shipment(id);
    assert_eq!(waiting.phase().name(), PhaseName::Queued);
    assert!(lock(&world.vault).has_order(id) && !lock(&world.vault).has(id));
    assert!(!format!("{waiting:?}").contains("Secret Street"));
    assert_eq!(waiting.recipient_email(), None, "contacts and mail address are sealed, too");
    let calls = world.faults.calls();
    assert!(!calls.contains(&Call::CreationOptions) && !calls.contains(&Call::Order), "{calls:?}");

    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(MINUTE).await;
    let sent = world.shipment(id);
    assert_eq!(sent.phase().name(), PhaseName::Accepted);
    assert_eq!(sent.recipient_email().map(|mail| mail.as_str()), Some("ada@home.example"));
    assert!(!lock(&world.vault).has_order(id), "the sealed order is gone when it has left");
    assert!(lock(&world.vault).has(id));
    let kinds: Vec<_> = world.events(id).iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["queued", "submitted", "accepted"]);
    dispatching.end().await;

    let delivery_id = sent.phase().delivery_id().unwrap().clone();
    world.ship(&delivery_id);
    engine.processing.run(Run::All).await;
    assert_eq!(world.phase(id), "complete");
}

#[tokio::test]
async fn order_accepted_while_the_dispatcher_rests_is_sent_at_once() {
    let world = World::new();
    let engine = world.engine();
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(HOUR).await;
    let id = enqueue(&engine, queued(ada())).await;
    dispatching.pass(Duration::from_secs(1)).await;
    assert_eq!(world.phase(id), "accepted");
    dispatching.end().await;
}

#[tokio::test]
async fn order_is_not_sent_before_its_day() {
    let world = World::new();
    let engine = world.engine();
    let first = world.clock.now().date_naive() + chrono::Days::new(3);
    let info = OrderInfo { not_before: Some(first), ..OrderInfo::default() };
    let id = enqueue(&engine, QueueRequest { info, ..queued(ada()) }).await;
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(2 * DAY).await;
    assert_eq!(world.phase(id), "queued");
    dispatching.pass(DAY).await;
    assert_eq!(world.phase(id), "accepted");
    dispatching.end().await;
}

#[tokio::test]
async fn outage_holds_the_queue_and_is_no_obstacle_of_each_order() {
    let world = World::new();
    let engine = world.engine();
    lock(&world.people).add("grace");
    let ids = [
        enqueue(&engine, queued(ada())).await,
        enqueue(&engine, queued(UserRef::Upn("grace@contoso.example".into()))).await,
    ];
    world.faults.always(Call::Order, status(429));
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(5 * MINUTE).await;
    for id in ids {
        let shipment = world.shipment(id);
        assert_eq!((shipment.phase().name(), shipment.obstacle()), (PhaseName::Queued, None));
        assert!(engine.views.details(&id.to_string()).await.unwrap().unwrap().on_hold_reason.is_some());
    }
    assert!(world.faults.count(Call::Order) <= 10, "the dispatcher pauses longer each time, and then tries one order");
    world.faults.heal();
    dispatching.pass(10 * MINUTE).await;
    for id in ids {
        assert_eq!(world.phase(id), "accepted");
        let kinds: Vec<_> = world.events(id).iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == "accepted").count(), 1, "{kinds:?}");
    }
    assert_eq!(world.orders(), 2);
    dispatching.end().await;
}

/// Whoever takes the lease tries at once what fails. So it is kept during the longest pause.
#[tokio::test]
async fn second_dispatcher_does_not_try_during_the_pause_of_the_first() {
    let world = World::new();
    let (one, other) = (world.engine(), world.engine());
    enqueue(&one, queued(ada())).await;
    world.faults.always(Call::Order, status(429));
    let (first, second) = (Dispatching::start(&world, &one), Dispatching::start(&world, &other));
    first.pass(60 * MINUTE).await;
    let orders = world.faults.count(Call::Order);
    assert!((12..=25).contains(&orders), "{orders} attempts in an hour, with a longest pause of five minutes");
    first.end().await;
    second.end().await;
}

#[tokio::test]
async fn obstacle_of_one_order_does_not_hold_the_others() {
    let world = World::new();
    let engine = world.engine();
    let missing = enqueue(&engine, queued(UserRef::Upn("nobody@contoso.example".into()))).await;
    let refused = enqueue(&engine, queued(ada())).await;
    lock(&world.people).add("grace");
    let grace = enqueue(&engine, queued(UserRef::Upn("grace@contoso.example".into()))).await;
    world.faults.once(Call::Order, status(400));
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(MINUTE).await;
    assert_eq!(world.obstacle(missing).0, "attention");
    let finals = [refused, grace]
        .map(|id| world.shipment(id))
        .into_iter()
        .filter(|shipment| shipment.obstacle().is_some_and(|met| met.class.as_str() == "final"));
    assert_eq!(finals.count(), 1, "the delivery service refused one order for good");
    // A new hire appears in the directory: the next attempt finds the user.
    lock(&world.people).add("nobody");
    dispatching.pass(HOUR).await;
    assert_eq!(world.phase(missing), "accepted");
    dispatching.end().await;
}

#[tokio::test]
async fn operator_retries_and_cancels_queued_orders() {
    let world = World::new();
    let engine = world.engine();
    let id = enqueue(&engine, queued(ada())).await;
    world.faults.once(Call::Order, status(400));
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(HOUR).await;
    assert_eq!(world.obstacle(id).0, "final");
    let reason = || "the delivery service was corrected".to_owned();
    engine.operator.resolve(&id.to_string(), caller(), reason(), Outcome::Retry).await.unwrap();
    dispatching.pass(MINUTE).await;
    assert_eq!(world.phase(id), "accepted");
    dispatching.end().await;

    let second = enqueue(&engine, queued(ada())).await;
    engine.operator.cancel(&second.to_string(), caller(), "the person left").await.unwrap();
    assert_eq!(world.phase(second), "cancelled");
    assert!(!lock(&world.vault).has_order(second), "nothing of a cancelled order is kept");
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(HOUR).await;
    assert_eq!((world.phase(second), world.orders()), ("cancelled", 1));
    dispatching.end().await;
}

#[tokio::test]
async fn lost_response_is_unconfirmed_and_never_sent_again() {
    let world = World::new();
    let engine = world.engine();
    let id = enqueue(&engine, queued(ada())).await;
    world.faults.once(Call::Order, Trouble::Lost { done: true });
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(DAY).await;
    assert_eq!((world.phase(id), world.orders()), ("unconfirmed", 1));
    assert!(lock(&world.vault).has_order(id), "the order is kept until an operator decides");
    dispatching.end().await;
}

#[tokio::test]
async fn two_dispatchers_send_each_order_once() {
    let world = World::new();
    let engines = [world.engine(), world.engine()];
    let mut ids = Vec::new();
    for number in 0..30 {
        let name = format!("user{number}");
        lock(&world.people).add(&name);
        ids.push(enqueue(&engines[number % 2], queued(UserRef::Upn(format!("{name}@contoso.example")))).await);
    }
    let dispatching = engines.each_ref().map(|engine| Dispatching::start(&world, engine));
    dispatching[0].pass(10 * MINUTE).await;
    assert!(ids.iter().all(|id| world.phase(*id) == "accepted"));
    assert_eq!(world.orders(), 30);
    for one in dispatching {
        one.end().await;
    }
}

#[tokio::test]
async fn second_order_for_a_person_waits_for_an_operator() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.one_open_order_per_user = true);
    let first = enqueue(&engine, queued(ada())).await;
    let second = enqueue(&engine, queued(ada())).await;
    let third = enqueue(&engine, QueueRequest { additional: true, ..queued(ada()) }).await;
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(HOUR).await;
    assert_eq!([first, third].map(|id| world.phase(id)), ["accepted", "accepted"]);
    assert_eq!(world.obstacle(second).0, "final");
    assert!(world.shipment(second).error_message().unwrap().contains("already has an open order"));
    dispatching.end().await;
}

#[tokio::test]
async fn altered_record_is_not_sent() {
    let world = World::new();
    let engine = world.engine();
    lock(&world.people).add("mallory");
    let id = enqueue(&engine, queued(ada())).await;
    let mallory = serde_json::json!({"upn": "mallory@contoso.example"});
    lock(&world.records).edit_by_hand(id, "/phase/user", mallory);
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(HOUR).await;
    assert_eq!(world.obstacle(id).0, "final");
    assert!(world.shipment(id).error_message().unwrap().contains("was altered since the order: person"));
    assert_eq!(world.orders(), 0);
    dispatching.end().await;
}

#[tokio::test]
async fn clean_up_keeps_queued_orders_and_deletes_orphans() {
    let world = World::new();
    let engine = world.engine();
    let first = NaiveDate::from_ymd_opt(2100, 1, 1);
    let info = OrderInfo { not_before: first, ..OrderInfo::default() };
    let waiting = enqueue(&engine, QueueRequest { info, ..queued(ada()) }).await;
    world.faults.always(Call::Insert, status(503));
    let refused = engine.orders.enqueue(queued(ada())).await;
    assert!(matches!(refused, Err(CreateError::Store(_))), "{refused:?}");
    world.faults.heal();
    world.clock.pass(2 * HOUR);
    engine.schedules.clean_up().await.unwrap();
    assert!(lock(&world.vault).has_order(waiting));
    assert_eq!(lock(&world.vault).count(), 1);
}

/// The database is older than the journal: what waits in it may have been sent.
#[tokio::test]
async fn restored_queue_sends_nothing_again() {
    let world = World::new();
    let engine = world.engine();
    let id = enqueue(&engine, queued(ada())).await;
    let (records, order) = (lock(&world.records).clone(), lock(&world.vault).order(id));
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(MINUTE).await;
    assert_eq!(world.phase(id), "accepted");
    dispatching.end().await;

    *lock(&world.records) = records;
    lock(&world.vault).restore_order(id, order);
    let restarted = world.engine();
    let continuity = restarted.compare_with_journal().await.unwrap();
    assert!(!continuity.is_intact() && continuity.missing.len() == 1, "{continuity:?}");
    restarted.confirm_differences().await.unwrap();
    let dispatching = Dispatching::start(&world, &restarted);
    dispatching.pass(DAY).await;
    assert_eq!((world.obstacle(id).0, world.orders()), ("final", 1));
    assert!(world.shipment(id).error_message().unwrap().contains("was accepted before as"));
    dispatching.end().await;
}

#[tokio::test]
async fn alarm_is_raised_once_if_the_key_will_be_late() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.usual_delivery_days = 10);
    let today = world.clock.now().date_naive();
    let order = |days| {
        let needed_by = Some(today + chrono::Days::new(days));
        QueueRequest { info: OrderInfo { needed_by, ..OrderInfo::default() }, ..queued(ada()) }
    };
    let late = |id| world.events(id).iter().filter(|event| event.kind == EventKind::Late).count();
    let (soon, later) = (enqueue(&engine, order(9)).await, enqueue(&engine, order(10)).await);
    assert_eq!((late(soon), late(later)), (1, 0));
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(MINUTE).await;
    dispatching.end().await;
    for (days, expected) in [(0, 0), (1, 1), (1, 1)] {
        world.clock.pass(DAY * days);
        engine.processing.run(Run::All).await;
        assert_eq!((late(soon), late(later)), (1, expected), "once");
    }
}

#[tokio::test]
async fn made_key_is_late_when_the_day_is_over() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.usual_delivery_days = 10);
    let needed_by = Some(world.clock.now().date_naive() + chrono::Days::new(12));
    let info = OrderInfo { needed_by, ..OrderInfo::default() };
    let id = enqueue(&engine, QueueRequest { info, ..queued(ada()) }).await;
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(MINUTE).await;
    dispatching.end().await;
    world.faults.always(Call::Register, status(503));
    world.ship(&world.shipment(id).phase().delivery_id().unwrap().clone());
    let late = || world.events(id).iter().any(|event| event.kind == EventKind::Late);
    for (days, expected) in [(1, false), (11, false), (1, true)] {
        world.clock.pass(DAY * days);
        engine.processing.run(Run::All).await;
        assert_eq!((world.phase(id), late()), ("fulfilled", expected), "{days}");
    }
}

/// The identity provider answers 500 for some users each time. That must not look like an outage for the others.
#[tokio::test]
async fn orders_that_always_fail_do_not_keep_the_others_waiting() {
    let world = World::new();
    let engine = world.engine();
    let mut ids = Vec::new();
    for number in 0..30 {
        let name = format!("user{number}");
        lock(&world.people).add(&name);
        let user = UserRef::Upn(format!("{name}@contoso.example"));
        if number < 6 {
            lock(&world.people).unanswered.push(user.clone());
        }
        ids.push(enqueue(&engine, queued(user)).await);
    }
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(MINUTE).await;
    dispatching.end().await;
    let phases: Vec<_> = ids.iter().map(|id| world.phase(*id)).collect();
    assert!(phases[..6].iter().all(|phase| *phase == "queued"), "{phases:?}");
    assert!(phases[6..].iter().all(|phase| *phase == "accepted"), "{phases:?}");
}

/// A party that answers in between works.
#[tokio::test]
async fn single_failures_among_many_orders_are_no_outage() {
    let world = World::new();
    let engine = world.engine();
    let mut ids = Vec::new();
    for number in 0..60 {
        let name = format!("user{number}");
        lock(&world.people).add(&name);
        let user = UserRef::Upn(format!("{name}@contoso.example"));
        let fails = number % 8 == 7;
        if fails {
            lock(&world.people).unanswered.push(user.clone());
        }
        ids.push((enqueue(&engine, queued(user)).await, fails));
    }
    let dispatching = Dispatching::start(&world, &engine);
    // Each outage is a pause of two seconds.
    dispatching.pass(Duration::from_secs(5)).await;
    dispatching.end().await;
    let phases: Vec<_> = ids.iter().map(|(id, _)| world.phase(*id)).collect();
    let expected: Vec<_> = ids.iter().map(|(_, fails)| if *fails { "queued" } else { "accepted" }).collect();
    assert_eq!(phases, expected);
}

#[tokio::test]
async fn queue_waits_while_responses_to_orders_are_lost() {
    let world = World::new();
    let engine = world.engine();
    let mut ids = Vec::new();
    for number in 0..40 {
        let name = format!("user{number}");
        lock(&world.people).add(&name);
        ids.push(enqueue(&engine, queued(UserRef::Upn(format!("{name}@contoso.example")))).await);
    }
    world.faults.always(Call::Order, Trouble::Lost { done: false });
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(5 * MINUTE).await;
    let in_phase = |phase| ids.iter().filter(|id| world.phase(**id) == phase).count();
    let lost = in_phase("unconfirmed");
    assert!((3..=15).contains(&lost), "{lost} orders: one for each attempt, after the first ones");
    assert_eq!(in_phase("queued"), ids.len() - lost);
    world.faults.heal();
    dispatching.pass(10 * MINUTE).await;
    assert_eq!((in_phase("accepted"), in_phase("unconfirmed")), (ids.len() - lost, lost));
    dispatching.end().await;
}

#[tokio::test]
async fn slow_order_does_not_hold_the_others() {
    let world = World::new();
    let engine = world.engine();
    let mut ids = Vec::new();
    for number in 0..50 {
        let name = format!("user{number}");
        lock(&world.people).add(&name);
        ids.push(enqueue(&engine, queued(UserRef::Upn(format!("{name}@contoso.example")))).await);
    }
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::CreationOptions, Trouble::Hold(gate.clone()));
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(Duration::from_secs(10)).await;
    let queued = ids.iter().filter(|id| world.phase(**id) == "queued").count();
    assert_eq!(queued, 1);
    gate.notify_one();
    dispatching.pass(MINUTE).await;
    dispatching.end().await;
    assert_eq!(world.orders(), 50);
}
