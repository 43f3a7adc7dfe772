//! Scenes around orders.

use std::sync::Arc;
use std::time::Duration;

use keyferry_testkit::outside::{Call, Trouble, lock};
use tokio::sync::Notify;

use crate::bugs::Bug;
use crate::judge::{Finding, Harm};
use crate::stage::{HOUR, Stage, Wanted, other_portal};

/// The response to the order is lost, and the portal repeats its request.
pub(super) async fn response_lost(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Stage::new(seed, 1, bug);
    let replica = stage.replica();
    stage.outside.faults.once(Call::Order, Trouble::Lost { done: true });
    for _ in 0..3 {
        replica.order(&stage, &Wanted::new(0)).await;
        stage.outside.clock.pass(Duration::from_secs(400));
    }
    stage.finish(&replica).await
}

/// The response to the order comes so late that a run has given it up.
pub(super) async fn response_late(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Arc::new(Stage::new(seed, 1, bug));
    let (one, other) = (Arc::new(stage.replica()), stage.replica());
    let gate = Arc::new(Notify::new());
    stage.outside.faults.once(Call::Order, Trouble::Hold(gate.clone()));
    let ordering = {
        let (stage, one) = (stage.clone(), one.clone());
        tokio::spawn(async move { one.order(&stage, &Wanted::new(0)).await })
    };
    stage.outside.faults.met(Call::Order).await;
    stage.hours(&other, 1).await;
    gate.notify_one();
    let _ = ordering.await;
    one.engine.shut_down().await;
    let delivery = lock(&stage.outside.delivery).parcels[0].0.clone();
    if stage.shipment_of(0).and_then(|(_, known)| known) != Some(delivery) {
        stage.found(Harm::Lost, None, "the response came, and the order counts as unconfirmed");
    }
    stage.finish(&other).await
}

/// The portal repeats a request that succeeded, also after a clean-up. Another replica receives it.
pub(super) async fn repeated_request(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Stage::new(seed, 1, bug).with(|settings| settings.one_open_order_per_user = false);
    let replicas = [stage.replica(), stage.replica()];
    for replica in &replicas {
        replica.order(&stage, &Wanted::new(0)).await;
        stage.outside.clock.pass(HOUR);
        let _ = replica.engine.schedules.clean_up().await;
    }
    stage.finish(&replicas[0]).await
}

/// Two applications use the same idempotency key.
pub(super) async fn same_key_of_two_callers(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Stage::new(seed, 1, bug).with(|settings| settings.one_open_order_per_user = false);
    let replica = stage.replica();
    let one = Wanted { key: "1".into(), ..Wanted::new(0) };
    replica.order(&stage, &one).await;
    let other = Wanted { caller: other_portal(), additional: true, ..one };
    replica.order(&stage, &other).await;
    let mut findings = stage.finish(&replica).await;
    findings.extend(stage.shared_shipments());
    findings
}

/// A key is ordered for a user who waits for one.
pub(super) async fn second_order(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Stage::new(seed, 1, bug);
    let replica = stage.replica();
    for key in ["first", "second"] {
        let wanted = Wanted { key: key.into(), ..Wanted::new(0) };
        replica.order(&stage, &wanted).await;
    }
    stage.finish(&replica).await
}

/// The identity provider grants five minutes.
pub(super) async fn short_challenge(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Stage::new(seed, 1, bug);
    lock(&stage.outside.people).granted = Some(Duration::from_secs(300));
    let replica = stage.replica();
    replica.order(&stage, &Wanted::new(0)).await;
    stage.finish(&replica).await
}

/// Another replica cleans up while an order is between its secret and its record.
pub(super) async fn order_while_cleaning_up(seed: u64, bug: Option<Bug>) -> Vec<Finding> {
    let stage = Arc::new(Stage::new(seed, 1, bug));
    let (one, other) = (Arc::new(stage.replica()), stage.replica());
    let gate = Arc::new(Notify::new());
    stage.outside.faults.once(Call::Insert, Trouble::Hold(gate.clone()));
    let ordering = {
        let (stage, one) = (stage.clone(), one.clone());
        tokio::spawn(async move { one.order(&stage, &Wanted::new(0)).await })
    };
    stage.outside.faults.met(Call::Insert).await;
    let _ = other.engine.schedules.clean_up().await;
    gate.notify_one();
    let _ = ordering.await;
    stage.finish(&one).await
}
