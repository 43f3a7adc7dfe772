//! Scenes with replicas that run all of their loops.

use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::{OrderInfo, RowOrder, UserRef};
use keyferry_engine::{NewWebhook, UploadRow};
use keyferry_testkit::outside::trouble::status;
use keyferry_testkit::outside::{Call, Trouble, lock};

use crate::bugs::Bug;
use crate::judge::{Finding, Harm};
use crate::stage::{HOUR, Replica, Stage, Wanted, portal};

/// Most attempts of one shipment in an hour of failures: the pauses double.
const MOST_CALLS: usize = 15;

const MINUTE: Duration = Duration::from_secs(60);

/// Lets the loops finish what can be finished, and judges.
async fn end(stage: &Stage, replica: &Replica) -> Vec<Finding> {
    stage.outside.faults.heal();
    stage.ship_all();
    stage.pass(3 * HOUR).await;
    stage.judge(replica).await
}

/// Two replicas send the queue.
pub(super) async fn two_dispatchers(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Stage::new(seed, 6, bug);
    let replicas = [stage.replica(), stage.replica()];
    for user in 0..6 {
        replicas[0].enqueue(&stage, &Wanted::new(user)).await;
    }
    replicas.iter().for_each(|replica| replica.serve(&stage));
    stage.pass(5 * MINUTE).await;
    end(&stage, &replicas[0]).await
}

/// The replica that holds all leases is killed.
pub(super) async fn holder_killed(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Stage::new(seed, 2, bug);
    let first = stage.replica();
    first.serve(&stage);
    stage.pass(MINUTE).await;
    first.kill();
    let next = stage.replica();
    next.enqueue(&stage, &Wanted::new(0)).await;
    next.serve(&stage);
    stage.pass(10 * MINUTE).await;
    end(&stage, &next).await
}

/// The clock of the replica that holds all leases was a year ahead.
pub(super) async fn clock_of_holder_ahead(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Stage::new(seed, 1, bug);
    let first = stage.replica();
    stage.outside.clock.set(TimeDelta::days(365));
    first.serve(&stage);
    stage.pass(MINUTE).await;
    first.kill();
    stage.outside.clock.set(TimeDelta::days(-365));
    let next = stage.replica();
    next.enqueue(&stage, &Wanted::new(0)).await;
    next.serve(&stage);
    stage.pass(10 * MINUTE).await;
    end(&stage, &next).await
}

/// The clock of a running replica is set back by a day.
pub(super) async fn clock_set_back(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Stage::new(seed, 1, bug);
    let replica = stage.replica();
    replica.serve(&stage);
    stage.pass(MINUTE).await;
    stage.outside.clock.set(TimeDelta::days(-1));
    replica.enqueue(&stage, &Wanted::new(0)).await;
    stage.pass(10 * MINUTE).await;
    end(&stage, &replica).await
}

/// The identity provider refuses a registration for two hours.
pub(super) async fn refused_for_hours(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Stage::new(seed, 1, bug);
    let replica = stage.replica();
    replica.enqueue(&stage, &Wanted::new(0)).await;
    replica.serve(&stage);
    stage.pass(5 * MINUTE).await;
    stage.ship_all();
    stage.outside.faults.always(Call::Register, status(400));
    let before = stage.outside.faults.count(Call::Register);
    stage.pass(2 * HOUR).await;
    let calls = stage.outside.faults.count(Call::Register) - before;
    if calls > MOST_CALLS {
        stage.found(Harm::Doubled, None, format!("a key was registered {calls} times in two hours of refusals"));
    }
    end(&stage, &replica).await
}

/// A receiver of webhooks is down, and replicas are killed while they send.
pub(super) async fn receiver_down(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Stage::new(seed, 4, bug);
    let mut replica = stage.replica();
    let webhook =
        NewWebhook { url: "https://portal.example/".into(), event_types: vec![], description: None, secret: None };
    let _ = replica.engine.webhooks.create(webhook, portal()).await;
    replica.serve(&stage);
    for user in 0..4 {
        replica.enqueue(&stage, &Wanted::new(user)).await;
        stage.pass(Duration::from_millis(1300)).await;
    }
    stage.pass(MINUTE).await;
    stage.receiver_answers(503);
    stage.ship_all();
    stage.pass(HOUR).await;
    stage.receiver_answers(200);
    for pause in [400, 1100, 1700] {
        stage.pass(Duration::from_millis(pause)).await;
        replica.kill();
        replica = stage.replica();
        replica.serve(&stage);
        stage.pass(2 * MINUTE).await;
        let user = usize::try_from(pause).unwrap() % 4;
        replica.order(&stage, &Wanted { key: pause.to_string(), additional: true, ..Wanted::new(user) }).await;
    }
    end(&stage, &replica).await
}

/// A replica is killed while it feeds a batch.
pub(super) async fn killed_while_feeding(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Stage::new(seed, 3, bug);
    let replica = stage.replica();
    let mut upload = replica.engine.batches.begin("roll-out".to_owned(), portal()).await.unwrap();
    for (number, user) in (2..).zip(0..3) {
        let name = lock(&stage.outside.people).users[user].upn.clone();
        let order = keyferry_testkit::order(UserRef::Upn(name.clone())).into();
        let order = Some(RowOrder { order, info: OrderInfo::default(), additional: true });
        let row = UploadRow { row: number, key: None, user: name, order, content: None, findings: Vec::new() };
        upload.add(row).await.unwrap();
        stage.wants(&Wanted::new(user));
    }
    let id = upload.finish(Vec::new(), Vec::new(), Vec::new()).await.unwrap().id;
    replica.serve(&stage);
    let _ = replica.engine.batches.check(id, &portal(), false).await;
    stage.pass(5 * MINUTE).await;
    stage.outside.faults.once(Call::Insert, Trouble::Crash { done: true });
    let submitted = replica.until_death(replica.engine.batches.submit(id, &portal(), false, 3)).await;
    debug_assert!(submitted.is_none_or(|submitted| submitted.is_ok()), "the batch is submitted");
    stage.pass(MINUTE).await;
    replica.kill();
    let next = stage.replica();
    next.serve(&stage);
    stage.pass(10 * MINUTE).await;
    end(&stage, &next).await
}
