//! Story of one shipment.

use std::time::Duration;

use keyferry_domain::{PhaseName, ShipmentId};
use keyferry_engine::Run;
use keyferry_testkit::outside::{Call, lock};

use super::ways::Fault;
use crate::bugs::Bug;
use crate::judge::Finding;
use crate::stage::{Replica, Stage, Wanted};

const MINUTE: Duration = Duration::from_secs(60);

/// Time in which the dispatcher sends one order, if nothing fails.
const BUSY: Duration = Duration::from_secs(20);

/// How the order is placed, and how many replicas work on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A caller waits for the order. One replica.
    Direct,
    /// The order waits in the queue. One replica.
    Queued,
    /// A caller waits for the order. Two replicas run at the same time, so each step is tried twice.
    TwoReplicas,
    /// A caller waits for the order, and an operator cancels it before its key is made. One replica.
    Cancelled,
    /// A caller waits for the order, and an operator has its PIN sent again. One replica.
    Resent,
}

impl Way {
    /// All ways.
    pub const ALL: [Self; 5] = [Self::Direct, Self::Queued, Self::TwoReplicas, Self::Cancelled, Self::Resent];
}

/// Played story.
#[derive(Clone, Debug)]
pub struct Played {
    /// All calls until the faults stopped.
    pub calls: Vec<Call>,
    /// Last phase of the shipment, or what stands for it.
    pub end: &'static str,
    /// What the judge found.
    pub findings: Vec<Finding>,
}

/// Plays the story with faults at these positions, and with a planted bug if there is one.
pub async fn play(way: Way, seed: u64, bug: Option<Bug>, faults: &[(usize, Fault)]) -> Played {
    let stage = Stage::new(seed, 1, bug);
    for (position, fault) in faults {
        stage.outside.faults.at(*position, fault.trouble());
    }
    let mut replica = stage.replica();
    match way {
        Way::Queued => queued(&stage, &mut replica).await,
        _ => direct(&stage, &mut replica).await,
    }
    if way == Way::Cancelled {
        operate(&stage, &mut replica, async |replica, id| {
            replica.adopt(&stage, id).await;
            replica.cancel(&stage, id).await
        })
        .await;
    }
    stage.ship_all();
    for _ in 0..3 {
        stage.outside.clock.pass(61 * MINUTE);
        match way {
            Way::TwoReplicas => together(&stage, &mut replica).await,
            _ => {
                restart(&stage, &mut replica).await;
                replica.until_death(replica.engine.processing.run(Run::All)).await;
            }
        }
    }
    if way == Way::Resent {
        operate(&stage, &mut replica, async |replica, id| replica.resend(&stage, id).await).await;
    }
    restart(&stage, &mut replica).await;
    let _ = replica.until_death(replica.engine.schedules.clean_up()).await;
    restart(&stage, &mut replica).await;
    let calls = stage.outside.faults.calls();
    stage.outside.faults.heal();
    if way == Way::Queued {
        // What the faults left in the queue.
        replica.dispatch(&stage, 10 * MINUTE).await;
    }
    let findings = stage.finish(&replica).await;
    Played { calls, end: end(&stage), findings }
}

/// Starts the process again if it died. A process that starts compares its database with the journal first.
async fn restart(stage: &Stage, replica: &mut Replica) {
    let mut tries = 0;
    while replica.life.is_over() && tries < 5 {
        *replica = stage.replica();
        replica.compare(stage).await;
        tries += 1;
    }
}

/// Orders, and repeats the request after a failure, as a careful caller does.
async fn direct(stage: &Stage, replica: &mut Replica) {
    for _ in 0..3 {
        restart(stage, replica).await;
        if let Some(Ok(_)) = replica.order(stage, &Wanted::new(0)).await {
            return;
        }
        stage.outside.clock.pass(7 * MINUTE);
    }
}

/// Puts the order into the queue, and lets the dispatcher work until nothing is left.
async fn queued(stage: &Stage, replica: &mut Replica) {
    for _ in 0..3 {
        restart(stage, replica).await;
        if replica.enqueue(stage, &Wanted::new(0)).await.is_some() {
            break;
        }
        stage.outside.clock.pass(7 * MINUTE);
    }
    for _ in 0..2 {
        restart(stage, replica).await;
        replica.dispatch(stage, BUSY).await;
        stage.outside.clock.pass(7 * MINUTE);
    }
}

/// Acts as an operator does, who tries again after a failure.
async fn operate(stage: &Stage, replica: &mut Replica, act: impl AsyncFn(&Replica, ShipmentId) -> bool) {
    for _ in 0..3 {
        restart(stage, replica).await;
        let Some((id, _)) = stage.shipment_of(0) else { return };
        if act(replica, id).await {
            return;
        }
        stage.outside.clock.pass(7 * MINUTE);
    }
}

/// Two replicas run over all shipments at the same time.
async fn together(stage: &Stage, replica: &mut Replica) {
    restart(stage, replica).await;
    let other = stage.replica();
    tokio::join!(
        replica.until_death(replica.engine.processing.run(Run::All)),
        other.until_death(other.engine.processing.run(Run::All)),
    );
}

fn end(stage: &Stage) -> &'static str {
    let records = lock(&stage.outside.records).all();
    let Some(shipment) = records.first() else { return "nothing ordered" };
    match shipment.phase().name() {
        PhaseName::Complete => "complete",
        _ if shipment.needs_human() => "on a human's list",
        name => name.as_str(),
    }
}
