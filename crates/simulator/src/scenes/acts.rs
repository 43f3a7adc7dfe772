//! Scenes with acts of operators, and with parcels.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::ShipmentId;
use keyferry_engine::Run;
use keyferry_testkit::outside::{Call, Trouble, lock};
use tokio::sync::Notify;

use crate::bugs::Bug;
use crate::judge::Finding;
use crate::stage::{Replica, Stage, Wanted};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn ordered(seed: u64, bug: Option<Bug>) -> (Stage, Replica, ShipmentId) {
    let stage = Stage::new(seed, 1, bug);
    let replica = stage.replica();
    replica.order(&stage, &Wanted::new(0)).await;
    let id = lock(&stage.outside.delivery).parcels[0].1.request;
    (stage, replica, id)
}

/// The PIN is sent again.
pub(super) async fn resent(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let (stage, replica, id) = ordered(seed, bug).await;
    stage.ship_all();
    stage.hours(&replica, 1).await;
    replica.resend(&stage, id).await;
    stage.finish(&replica).await
}

/// The PIN is asked for after its release window.
pub(super) async fn resent_late(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let (stage, replica, id) = ordered(seed, bug).await;
    stage.ship_all();
    stage.hours(&replica, 1).await;
    stage.outside.clock.pass(40 * DAY);
    replica.resend(&stage, id).await;
    stage.finish(&replica).await
}

/// The delivery service reports a state that the connector does not know, with responses.
pub(super) async fn unknown_state(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    state(seed, bug, 42).await
}

/// A parcel is lost in transit, and its responses are still served.
pub(super) async fn lost_parcel(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    state(seed, bug, 105).await
}

async fn state(seed: u64, bug: Option<Bug>, state: i64) -> Vec<Finding> {
    let (stage, replica, _) = ordered(seed, bug).await;
    stage.ship_all();
    {
        let parcel = &mut lock(&stage.outside.delivery).parcels[0].1;
        (parcel.state, parcel.lost_on_the_way) = (Some(state), true);
    }
    stage.finish(&replica).await
}

/// A shipment is cancelled before its key is made, and another one after it.
pub(super) async fn cancelled(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let (stage, replica, id) = ordered(seed, bug).await;
    replica.cancel(&stage, id).await;
    stage.hours(&replica, 2).await;
    stage.finish(&replica).await
}

/// A key that is in use is reported as lost.
pub(super) async fn key_lost(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let (stage, replica, id) = ordered(seed, bug).await;
    stage.ship_all();
    stage.hours(&replica, 1).await;
    replica.lose(&stage, 0, id).await;
    stage.finish(&replica).await
}

/// An operator sets the record to complete, while a replica works on it and before.
pub(super) async fn completed_by_hand(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Stage::new(seed, 2, bug);
    let replica = Arc::new(stage.replica());
    for user in 0..2 {
        replica.order(&stage, &Wanted::new(user)).await;
    }
    let ids: Vec<_> = lock(&stage.outside.delivery).parcels.iter().map(|(_, parcel)| parcel.request).collect();
    let edit = |id: ShipmentId| {
        lock(&stage.outside.records).set_complete_by_hand(id);
        lock(&stage.intents).by_hand.insert(id, 0);
    };
    edit(ids[0]);
    stage.ship_all();
    let gate = Arc::new(Notify::new());
    stage.outside.faults.calls();
    stage.outside.faults.once(Call::Register, Trouble::Hold(gate.clone()));
    let work = {
        let replica = replica.clone();
        tokio::spawn(async move { replica.engine.processing.run(Run::All).await })
    };
    stage.outside.faults.met(Call::Register).await;
    // With a bug, the first shipment may be the one that is registered.
    edit(ids[1]);
    gate.notify_one();
    let _ = work.await;
    stage.finish(&replica).await
}

/// The database is restored from a backup that is older than an order.
pub(super) async fn backup_restored(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Stage::new(seed, 2, bug);
    let replica = stage.replica();
    replica.order(&stage, &Wanted::new(0)).await;
    let backup = lock(&stage.outside.records).clone();
    replica.order(&stage, &Wanted::new(1)).await;
    replica.kill();
    *lock(&stage.outside.records) = backup;
    let next = stage.replica();
    next.compare(&stage).await;
    let order = stage.outside.faults.count(Call::Order);
    stage.outside.clock.pass(DAY);
    let findings = stage.finish(&next).await;
    debug_assert_eq!(order, stage.outside.faults.count(Call::Order), "nothing was ordered");
    // A caller was told that the order was accepted: its shipment is on the list of missing ones.
    let reported = lock(&stage.intents).reported.clone();
    findings.into_iter().filter(|finding| finding.shipment.is_none_or(|id| !reported.contains(&id))).collect()
}
