//! Batches: upload, check, feeding, pause, cancellation, and processes that die meanwhile.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::ports::RowFilter;
use keyferry_domain::{
    BatchId, BatchState, BatchStateName, BatchStore as _, OrderInfo, PhaseName, RowFinding, RowOrder, RowState,
    Severity, UserRef,
};
use keyferry_engine::{BatchError, BatchView, Engine, Outcome, Run, UploadRow};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::support::world::{DAY, HOUR, caller, request};
use crate::support::{Call, Trouble, World, lock};

const MINUTE: Duration = Duration::from_secs(60);

pub(crate) fn row(number: u32, name: &str) -> UploadRow {
    let user = format!("{name}@contoso.example");
    let order = request(UserRef::Upn(user.clone())).order.into();
    let order = Some(RowOrder { order, info: OrderInfo::default(), additional: false });
    UploadRow { row: number, key: Some(format!("K{number}")), user, order, content: None, findings: Vec::new() }
}

/// Adds people to the tenant, and returns a row for each. The first row is row 2, as in a file with a header.
pub(crate) fn rows(world: &World, count: u32) -> Vec<UploadRow> {
    let names: Vec<_> = (0..count).map(|number| format!("person{number}")).collect();
    names.iter().for_each(|name| _ = lock(&world.people).add(name));
    (2..).zip(&names).map(|(number, name)| row(number, name)).collect()
}

pub(crate) async fn upload(engine: &Engine, rows: Vec<UploadRow>) -> BatchId {
    let mut upload = engine.batches.begin("roll-out".to_owned(), caller()).await.unwrap();
    for row in rows {
        upload.add(row).await.unwrap();
    }
    upload.finish(Vec::new(), Vec::new(), Vec::new()).await.unwrap().id
}

pub(crate) async fn view(engine: &Engine, id: BatchId) -> BatchView {
    engine.batches.get(id).await.unwrap().unwrap()
}

/// Runs the worker and the dispatcher of an engine in the background.
pub(crate) struct Working {
    world: Arc<World>,
    stop: CancellationToken,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Working {
    pub(crate) fn start(world: &Arc<World>, engine: &Engine) -> Self {
        world.clock.hold();
        let stop = CancellationToken::new();
        let (worker, token) = (engine.batch_worker.clone(), stop.clone());
        let batches = tokio::spawn(async move { worker.run(&token).await });
        let (dispatcher, token) = (engine.dispatcher.clone(), stop.clone());
        let queue = tokio::spawn(async move { dispatcher.run(&token).await });
        Self { world: world.clone(), stop, tasks: vec![batches, queue] }
    }

    pub(crate) async fn pass(&self, time: Duration) {
        self.world.clock.run_to(self.world.clock.now() + time).await;
    }

    pub(crate) async fn end(self) {
        self.stop.cancel();
        for task in self.tasks {
            task.await.unwrap();
        }
    }

    /// Ends the tasks at once, as a kill does.
    pub(crate) fn kill(self) {
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

pub(crate) async fn checked(working: &Working, engine: &Engine, id: BatchId) -> BatchView {
    engine.batches.check(id, &caller(), false).await.unwrap();
    working.pass(5 * MINUTE).await;
    let view = view(engine, id).await;
    assert_eq!(view.batch.state.name(), BatchStateName::Checked);
    view
}

/// Lets held calls pass, a few at a time, until the condition is met.
async fn step_until(working: &Working, held: &Notify, is_met: impl AsyncFn() -> bool) {
    for _ in 0..1_000 {
        if is_met().await {
            return;
        }
        held.notify_waiters();
        working.pass(Duration::from_secs(1)).await;
    }
    panic!("the condition was never met");
}

/// Returns the users of the orders at the delivery service, sorted.
pub(crate) fn ordered(world: &World) -> Vec<String> {
    let shipments = lock(&world.records).all();
    let mut users: Vec<_> = shipments
        .iter()
        .filter(|shipment| shipment.phase().delivery_id().is_some())
        .filter_map(|shipment| shipment.user().map(ToString::to_string))
        .collect();
    users.sort();
    users
}

#[tokio::test]
async fn checked_rows_are_ordered_once_each_and_the_others_are_not() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.one_open_order_per_user = true);
    let mut rows = rows(&world, 120);
    lock(&world.people).users.iter_mut().find(|user| user.upn.starts_with("person7@")).unwrap().enabled = false;
    rows.push(row(500, "stranger"));
    rows.push(row(501, "person9"));
    let finding = RowFinding {
        severity: Severity::Error,
        code: "invalid-member".to_owned(),
        member: None,
        message: "`city` is missing".to_owned(),
        remedy: "Correct the member.".to_owned(),
    };
    rows.push(UploadRow { order: None, findings: vec![finding], ..row(502, "person10") });
    let id = upload(&engine, rows).await;
    let draft = view(&engine, id).await;
    assert_eq!((draft.batch.total, draft.rows.of(RowState::Ready), draft.rows.of(RowState::Invalid)), (123, 122, 1));
    assert!(matches!(
        engine.batches.submit(id, &caller(), false, 122).await,
        Err(BatchError::WrongState(wrong)) if wrong.is == BatchStateName::Draft
    ));

    let working = Working::start(&world, &engine);
    let found = checked(&working, &engine, id).await;
    assert_eq!(world.orders(), 0, "a check orders nothing");
    let with_errors = RowFilter { states: vec![RowState::Invalid], ..RowFilter::default() };
    let invalid = engine.batches.rows(id, &with_errors, 0, 100).await.unwrap();
    let codes: Vec<_> =
        invalid.iter().map(|row| (row.row.row, row.row.findings().next().unwrap().code.as_str())).collect();
    assert_eq!(codes, [(9, "disabled-user"), (500, "unknown-user"), (501, "repeated-user"), (502, "invalid-member")]);
    assert_eq!((found.rows.errors, found.rows.of(RowState::Ready)), (4, 119));

    let other = engine.batches.submit(id, &caller(), false, 120).await;
    assert!(matches!(other, Err(BatchError::OtherCount { confirmed: 120, ready: 119 })), "{other:?}");
    engine.batches.submit(id, &caller(), false, 119).await.unwrap();
    let again = engine.batches.submit(id, &caller(), false, 119).await;
    assert!(matches!(again, Err(BatchError::WrongState(_))), "{again:?}");
    working.pass(HOUR).await;
    let done = view(&engine, id).await;
    assert_eq!(done.batch.state.name(), BatchStateName::Finished);
    assert_eq!((world.orders(), done.shipments.phases[&PhaseName::Accepted]), (119, 119));
    assert_eq!(world.batches.orders(), 0, "no address is kept");
    let users = ordered(&world);
    assert!(users.windows(2).all(|pair| pair[0] != pair[1]), "{users:?}");
    let shipment = engine.batches.rows(id, &RowFilter::default(), 0, 1).await.unwrap().remove(0).shipment.unwrap();
    assert_eq!((shipment.batch(), shipment.info().row.as_deref()), (Some(id), Some("K2")));
    working.end().await;
}

#[tokio::test]
async fn paused_batch_sends_nothing_until_it_is_resumed() {
    let world = World::new();
    let engine = world.engine();
    let id = upload(&engine, rows(&world, 200)).await;
    let working = Working::start(&world, &engine);
    checked(&working, &engine, id).await;
    let held = Arc::new(Notify::new());
    world.faults.always(Call::Order, Trouble::Hold(held.clone()));
    engine.batches.submit(id, &caller(), false, 200).await.unwrap();
    step_until(&working, &held, async || world.orders() >= 20).await;
    engine.batches.pause(id, &caller(), "wrong model").await.unwrap();
    held.notify_waiters();
    world.faults.heal();
    working.pass(Duration::from_secs(5)).await;
    let before = world.orders();
    for _ in 0..3 {
        // Past the pauses of orders that were held.
        world.clock.pass(6 * HOUR);
        working.pass(MINUTE).await;
    }
    assert_eq!(world.orders(), before, "nothing is sent while the batch is paused");
    assert!(before < 200, "{before}");
    assert!(matches!(engine.batches.pause(id, &caller(), "again").await, Err(BatchError::WrongState(_))));
    let resumed = engine.batches.resume(id, &caller(), "right after all").await.unwrap();
    let BatchState::Submitted(run) = &resumed.batch.state else { panic!("{:?}", resumed.batch.state) };
    assert_eq!(run.left_before, u32::try_from(before).unwrap());
    working.pass(MINUTE * 10).await;
    assert_eq!((world.orders(), ordered(&world).len()), (200, 200));
    assert_eq!(view(&engine, id).await.batch.state.name(), BatchStateName::Finished);
    let acts: Vec<_> = view(&engine, id).await.batch.acts.iter().map(|act| act.act.as_str()).collect();
    assert_eq!(acts, ["created", "check_started", "check_finished", "submitted", "paused", "resumed", "finished"]);
    working.end().await;
}

#[tokio::test]
async fn cancelled_batch_sends_nothing_more_and_forgets_the_addresses() {
    let world = World::new();
    let engine = world.engine();
    let id = upload(&engine, rows(&world, 200)).await;
    let working = Working::start(&world, &engine);
    checked(&working, &engine, id).await;
    let held = Arc::new(Notify::new());
    world.faults.always(Call::Order, Trouble::Hold(held.clone()));
    engine.batches.submit(id, &caller(), false, 200).await.unwrap();
    step_until(&working, &held, async || world.orders() >= 20).await;
    engine.batches.cancel(id, &caller(), "wrong file").await.unwrap();
    held.notify_waiters();
    world.faults.heal();
    working.pass(10 * MINUTE).await;
    let cancelled = view(&engine, id).await;
    assert_eq!(cancelled.batch.state.name(), BatchStateName::Cancelled);
    let (orders, rows) = (u32::try_from(world.orders()).unwrap(), &cancelled.rows);
    assert_eq!(rows.of(RowState::Ready), 0);
    assert_eq!(cancelled.shipments.phases[&PhaseName::Accepted], orders, "{:?}", cancelled.shipments);
    let in_queue = cancelled.shipments.phases.get(&PhaseName::Cancelled).copied().unwrap_or_default();
    assert_eq!(rows.of(RowState::Queued), orders + in_queue);
    assert_eq!(rows.of(RowState::Cancelled) + rows.of(RowState::Queued), 200);
    assert_eq!(world.batches.orders(), 0);
    world.clock.pass(DAY);
    working.pass(MINUTE).await;
    assert_eq!(u32::try_from(world.orders()).unwrap(), orders);
    working.end().await;
}

/// The process dies at each store call of feeding and sending, several times in one batch.
#[tokio::test]
async fn killed_processes_neither_lose_nor_double_a_row() {
    for (call, done) in
        [Call::PutSecret, Call::Insert, Call::Get].into_iter().flat_map(|call| [(call, false), (call, true)])
    {
        let world = World::new();
        let id = upload(&world.engine(), rows(&world, 60)).await;
        let engine = world.engine();
        let working = Working::start(&world, &engine);
        checked(&working, &engine, id).await;
        engine.batches.submit(id, &caller(), false, 60).await.unwrap();
        working.kill();
        let mut deaths = 0;
        for _ in 0..8 {
            let (engine, life) = world.living_engine(|_| {});
            world.clock.pass(Duration::from_secs(100));
            world.faults.once(call, Trouble::Crash { done });
            let working = Working::start(&world, &engine);
            tokio::select! {
                () = life.ended() => deaths += 1,
                () = working.pass(MINUTE) => {}
            }
            world.faults.heal();
            working.kill();
        }
        assert!(deaths > 0, "{call:?} {done}");
        let engine = world.engine();
        world.clock.pass(HOUR);
        let working = Working::start(&world, &engine);
        working.pass(10 * MINUTE).await;
        engine.processing.run(Run::All).await;
        working.pass(MINUTE).await;
        // An order that was being sent when the process died is unconfirmed: an operator decides.
        let shipments = lock(&world.records).all();
        let mut users: Vec<_> =
            shipments.iter().filter_map(|shipment| shipment.user().map(ToString::to_string)).collect();
        users.sort();
        users.dedup();
        assert_eq!((shipments.len(), users.len()), (60, 60), "{call:?} {done}");
        let count = |phase| shipments.iter().filter(|shipment| shipment.phase().name() == phase).count();
        let (accepted, unconfirmed) = (count(PhaseName::Accepted), count(PhaseName::Unconfirmed));
        assert_eq!(accepted + unconfirmed, 60, "{call:?} {done}");
        assert!((accepted..=60).contains(&world.orders()), "{call:?} {done}: {}", world.orders());
        assert_eq!(view(&engine, id).await.batch.state.name(), BatchStateName::Finished, "{call:?} {done}");
        working.end().await;
    }
}

#[tokio::test]
async fn check_continues_in_another_process_and_remembers_earlier_rows() {
    let world = World::new();
    let mut rows = rows(&world, 100);
    rows.push(row(300, "person1"));
    let first = world.engine_with(|settings| settings.one_open_order_per_user = true);
    let id = upload(&first, rows).await;
    first.batches.check(id, &caller(), false).await.unwrap();
    let held = Arc::new(Notify::new());
    world.faults.always(Call::Manager, Trouble::Hold(held.clone()));
    let working = Working::start(&world, &first);
    let checked = async || match view(&first, id).await.batch.state {
        BatchState::Checking(run) => run.checked,
        state => panic!("{state:?}"),
    };
    step_until(&working, &held, async || checked().await >= 40).await;
    assert!(checked().await < 100);
    working.kill();
    world.faults.heal();
    world.clock.pass(2 * MINUTE);
    let second = world.engine_with(|settings| settings.one_open_order_per_user = true);
    let working = Working::start(&world, &second);
    working.pass(10 * MINUTE).await;
    let found = view(&second, id).await;
    assert_eq!(found.batch.state.name(), BatchStateName::Checked);
    let with_findings = RowFilter { with_findings: true, ..RowFilter::default() };
    let rows = second.batches.rows(id, &with_findings, 0, 100).await.unwrap();
    let codes: Vec<_> =
        rows.iter().flat_map(|row| row.row.findings().map(|found| (row.row.row, found.code.as_str()))).collect();
    assert_eq!(codes, [(300, "repeated-user")]);
    working.end().await;
}

/// Calls about passkeys are limited most. The other calls for the next rows do not wait for them. Those for the rows
/// after these do: memory is bounded.
#[tokio::test]
async fn next_rows_are_examined_while_the_passkeys_of_the_first_ones_are_checked() {
    let world = World::new();
    let engine = world.engine();
    let id = upload(&engine, rows(&world, 70)).await;
    let held = Arc::new(Notify::new());
    world.faults.always(Call::CreationOptions, Trouble::Hold(held.clone()));
    engine.batches.check(id, &caller(), false).await.unwrap();
    let working = Working::start(&world, &engine);
    working.pass(MINUTE).await;
    assert_eq!(world.faults.count(Call::Account), 40, "two steps of 20 rows");
    assert_eq!(world.faults.count(Call::CreationOptions), 8, "as many as are asked about at once");
    world.faults.heal();
    held.notify_waiters();
    working.pass(10 * MINUTE).await;
    assert_eq!(view(&engine, id).await.batch.state.name(), BatchStateName::Checked);
    assert_eq!((world.faults.count(Call::Account), world.faults.count(Call::CreationOptions)), (70, 70));
    working.end().await;
}

#[tokio::test]
async fn row_for_a_later_day_does_not_hold_the_others() {
    let world = World::new();
    let engine = world.engine();
    let mut rows = rows(&world, 150);
    let day = world.clock.now().date_naive() + chrono::Days::new(3);
    for row in rows.iter_mut().take(120) {
        row.order.as_mut().unwrap().info.not_before = Some(day);
    }
    let id = upload(&engine, rows).await;
    let working = Working::start(&world, &engine);
    checked(&working, &engine, id).await;
    engine.batches.submit(id, &caller(), false, 150).await.unwrap();
    working.pass(HOUR).await;
    assert_eq!(world.orders(), 30);
    assert_eq!(view(&engine, id).await.rows.of(RowState::Ready), 120, "their addresses stay in the batch");
    world.clock.pass(3 * DAY);
    working.pass(5 * MINUTE).await;
    assert_eq!(world.orders(), 150);
    assert_eq!(view(&engine, id).await.batch.state.name(), BatchStateName::Finished);
    working.end().await;
}

#[tokio::test]
async fn finding_that_is_known_at_the_end_makes_its_row_invalid() {
    let world = World::new();
    let engine = world.engine();
    let mut upload = engine.batches.begin("roll-out".to_owned(), caller()).await.unwrap();
    for row in rows(&world, 3) {
        upload.add(row).await.unwrap();
    }
    let finding = RowFinding {
        severity: Severity::Error,
        code: "repeated-key".to_owned(),
        member: None,
        message: "row 4 has the same row key".to_owned(),
        remedy: "Give every row a key of its own.".to_owned(),
    };
    let id = upload.finish(Vec::new(), Vec::new(), vec![(2, finding), (3, warning())]).await.unwrap().id;
    let rows = engine.batches.rows(id, &RowFilter::default(), 0, 10).await.unwrap();
    let states: Vec<_> = rows.iter().map(|row| row.row.state).collect();
    assert_eq!(states, [RowState::Invalid, RowState::Ready, RowState::Ready]);
    assert_eq!(rows[0].row.read.len(), 1);
}

fn warning() -> RowFinding {
    RowFinding {
        severity: Severity::Warning,
        code: "too-few-cells".to_owned(),
        member: None,
        message: "the row has fewer cells than the header".to_owned(),
        remedy: "Check the columns.".to_owned(),
    }
}

/// An address of an order that cannot be sent any more must not stay in a queue that was restored from a backup.
#[tokio::test]
async fn restored_batch_orders_nothing_again() {
    let world = World::new();
    let engine = world.engine();
    let id = upload(&engine, rows(&world, 5)).await;
    let working = Working::start(&world, &engine);
    checked(&working, &engine, id).await;
    let stored = world.batches.batch(id).await.unwrap().unwrap().batch;
    let orders = RowFilter { orders: true, ..RowFilter::default() };
    let backup = world.batches.rows(id, &orders, 0, 10).await.unwrap();
    let records = lock(&world.records).clone();
    engine.batches.submit(id, &caller(), false, 5).await.unwrap();
    working.pass(HOUR).await;
    assert_eq!(world.orders(), 5);
    working.end().await;

    *lock(&world.records) = records;
    world.batches.delete_batch(id).await.unwrap();
    world.batches.insert_batch(&stored).await.unwrap();
    world.batches.add_rows(id, &backup).await.unwrap();
    let restarted = world.engine();
    assert!(!restarted.compare_with_journal().await.unwrap().is_intact());
    restarted.confirm_differences().await.unwrap();
    let working = Working::start(&world, &restarted);
    restarted.batches.submit(id, &caller(), false, 5).await.unwrap();
    working.pass(10 * MINUTE).await;
    assert_eq!(world.orders(), 5);
    let shipments = lock(&world.records).all();
    assert_eq!(shipments.iter().filter(|shipment| shipment.obstacle().is_some()).count(), 5);
    // No decision of an operator sends them again. A cancellation ends them.
    for shipment in &shipments {
        let id = shipment.id().to_string();
        restarted.operator.resolve(&id, caller(), "release it".into(), Outcome::Retry).await.unwrap();
    }
    working.pass(HOUR).await;
    let shipments = lock(&world.records).all();
    let codes: BTreeSet<_> = shipments.iter().filter_map(|shipment| shipment.obstacle()).map(|met| &met.code).collect();
    assert_eq!((world.orders(), codes), (5, BTreeSet::from([&"accepted-before".to_owned()])));
    for shipment in &shipments {
        restarted.operator.cancel(&shipment.id().to_string(), caller(), "restored").await.unwrap();
        assert_eq!(world.phase(shipment.id()), "cancelled");
    }
    working.end().await;
}

#[tokio::test]
async fn day_of_later_rows_is_the_earliest_one() {
    let world = World::new();
    let engine = world.engine();
    let mut rows = rows(&world, 3);
    let today = world.clock.now().date_naive();
    let days = [20, 10, 5].map(|days| today + chrono::Days::new(days));
    for (row, day) in rows.iter_mut().zip(days) {
        row.order.as_mut().unwrap().info.not_before = Some(day);
    }
    let id = upload(&engine, rows).await;
    let working = Working::start(&world, &engine);
    checked(&working, &engine, id).await;
    engine.batches.submit(id, &caller(), false, 3).await.unwrap();
    let mut sent = Vec::new();
    for _ in 0..22 {
        world.clock.pass(DAY);
        working.pass(MINUTE).await;
        sent.push(world.orders());
    }
    let first_with = |count: usize| sent.iter().position(|orders| *orders >= count).map(|day| day + 1);
    assert_eq!([1, 2, 3].map(first_with), [Some(5), Some(10), Some(20)]);
    working.end().await;
}
