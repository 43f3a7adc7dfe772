//! Scenes with failing calls, pauses and crashes.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::FailureKind;
use keyferry_engine::Run;
use keyferry_testkit::outside::trouble::status;
use keyferry_testkit::outside::{Call, Trouble};
use tokio::sync::Notify;

use crate::bugs::Bug;
use crate::judge::{Finding, Harm};
use crate::stage::{Stage, Wanted};

/// Longest time of a claim, with some more.
const CLAIM: Duration = Duration::from_secs(200);

/// Most calls of one shipment to a party that asked to wait for an hour.
const MOST_CALLS: usize = 12;

async fn ordered(seed: u64, users: usize, bug: Option<Bug>) -> (Arc<Stage>, Arc<crate::stage::Replica>) {
    let stage = Arc::new(Stage::new(seed, users, bug));
    let replica = Arc::new(stage.replica());
    for user in 0..users {
        replica.order(&stage, &Wanted::new(user)).await;
    }
    stage.ship_all();
    (stage, replica)
}

/// The response to a registration is lost, as are the look-ups after it.
pub(super) async fn registration_lost(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let (stage, replica) = ordered(seed, 1, bug).await;
    stage.outside.faults.once(Call::Register, Trouble::Lost { done: true });
    stage.hours(&replica, 2).await;
    stage.finish(&replica).await
}

/// The identity provider refuses a registration each time.
pub(super) async fn registration_refused(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let (stage, replica) = ordered(seed, 2, bug).await;
    stage.outside.faults.once(Call::Register, Trouble::Lost { done: true });
    stage.hours(&replica, 1).await;
    stage.outside.faults.always(Call::Register, status(400));
    replica.order(&stage, &Wanted { key: "again".into(), additional: true, ..Wanted::new(0) }).await;
    stage.close(&replica).await
}

/// The mail server refuses a PIN, and then its answer is lost.
pub(super) async fn mail_refused(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let (stage, replica) = ordered(seed, 1, bug).await;
    stage.outside.faults.once(Call::Deliver, status(502));
    stage.hours(&replica, 1).await;
    stage.outside.faults.once(Call::Deliver, Trouble::Lost { done: true });
    stage.hours(&replica, 1).await;
    stage.outside.faults.once(Call::Deliver, Trouble::Refuse(FailureKind::Answered { status: 421, code: None }));
    stage.hours(&replica, 1).await;
    stage.finish(&replica).await
}

/// The mail server refuses a PIN each time.
pub(super) async fn mail_refused_always(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let (stage, replica) = ordered(seed, 1, bug).await;
    stage.outside.faults.always(Call::Deliver, status(400));
    stage.close(&replica).await
}

/// The delivery service asks to wait for an hour.
pub(super) async fn status_throttled(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let (stage, replica) = ordered(seed, 1, bug).await;
    let before = stage.outside.faults.count(Call::Status);
    stage.outside.faults.always(Call::Status, Trouble::Throttle(Duration::from_secs(3600)));
    replica.engine.processing.run(Run::All).await;
    let calls = stage.outside.faults.count(Call::Status) - before;
    if calls > MOST_CALLS {
        stage.found(Harm::Doubled, None, format!("{calls} calls of one shipment within the time to wait"));
    }
    stage.finish(&replica).await
}

/// A replica is killed while it registers a key; another one continues.
pub(super) async fn killed_while_registering(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let (stage, replica) = ordered(seed, 1, bug).await;
    stage.outside.faults.once(Call::Register, Trouble::Crash { done: true });
    replica.until_death(replica.engine.processing.run(Run::All)).await;
    let next = stage.replica();
    stage.finish(&next).await
}

/// A replica is slow between its look-up and its registration, while another one runs.
pub(super) async fn paused_while_registering(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let (stage, replica) = ordered(seed, 1, bug).await;
    let other = stage.replica();
    let gate = Arc::new(Notify::new());
    stage.outside.faults.calls();
    stage.outside.faults.once(Call::Register, Trouble::Hold(gate.clone()));
    let work = {
        let replica = replica.clone();
        tokio::spawn(async move { replica.engine.processing.run(Run::All).await })
    };
    stage.outside.faults.met(Call::Register).await;
    other.engine.processing.run(Run::All).await;
    gate.notify_one();
    let _ = work.await;
    stage.outside.clock.pass(CLAIM);
    stage.finish(&other).await
}

/// A replica is killed after each commit, one after the other.
pub(super) async fn killed_at_each_commit(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    for number in 0.. {
        let stage = Stage::new(seed, 1, bug);
        let mut replica = stage.replica();
        let mut commits = 0;
        for hour in 0..4 {
            // Only the commit with this number is followed by a crash.
            if commits == number {
                stage.outside.faults.once(Call::Commit, Trouble::Crash { done: true });
            }
            match hour {
                0 => _ = replica.order(&stage, &Wanted::new(0)).await,
                _ => stage.hours(&replica, 1).await,
            }
            commits += stage.outside.faults.calls().into_iter().filter(|call| *call == Call::Commit).count();
            if replica.life.is_over() {
                replica = stage.replica();
                replica.compare(&stage).await;
            }
            stage.ship_all();
        }
        let findings = stage.finish(&replica).await;
        if !findings.is_empty() || number > 3 {
            return findings;
        }
    }
    Vec::new()
}
