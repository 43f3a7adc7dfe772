//! Processing: delivery states, obstacles, outages and retries.

use std::time::Duration;

use keyferry_domain::ports::Progress;
use keyferry_domain::{CompletedBy, EventKind, Phase, PhaseName, Tracking};
use keyferry_engine::Release;
use keyferry_engine::Run;

use crate::support::trouble::status;
use crate::support::world::{DAY, HOUR, ada, caller, hour_later, request};
use crate::support::{Call, Trouble, World, lock};
use keyferry_testkit::outside::STATES;

#[tokio::test]
async fn shipped_key_is_registered_and_its_pin_delivered() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    let report = engine.processing.run(Run::All).await;
    assert_eq!((report.processed, report.moved, report.obstructed, report.first_outage()), (1, 1, 0, None));
    let details = engine.views.details(created.delivery_id.as_str()).await.unwrap().unwrap();
    let phase = &details.shipment.phase();
    assert_eq!((phase.name(), details.shipment.state()), (PhaseName::Complete, "complete"));
    let key = &phase.fulfilled().unwrap().keys[0];
    assert_eq!(key.firmware.as_deref(), Some("5.7.4"));
    let serial = key.serial.to_string();
    let credential = &phase.registered().unwrap().credentials[0][0];
    assert_eq!(credential.display_name, format!("YubiKey {serial}"));
    assert_eq!(credential.aaguid.unwrap().to_string(), "5a5a5a5a-5a5a-5a5a-5a5a-5a5a5a5a5a5a");
    let accepted = phase.accepted().unwrap();
    assert_eq!(accepted.tracking.number.as_deref(), Some("42"));
    assert_eq!(accepted.state.as_ref().unwrap().id, Some(103));
    let [sent] = world.sent().try_into().unwrap();
    assert_eq!(
        (sent.serial, sent.addressees.as_slice()),
        (serial, ["boss-of-ada@contoso.example".to_owned()].as_slice())
    );
    assert_eq!(lock(&world.delivery).parcels[0].1.made.as_ref().unwrap().pin, sent.pin);
    assert_eq!(world.methods(0), 1);
    assert_eq!(lock(&world.records).claims(), 0);
    let kinds: Vec<_> = world.events(created.shipment).iter().map(|event| event.kind).collect();
    use EventKind::{Accepted, Completed, Fulfilled, Registered, Submitted};
    assert_eq!(kinds, [Submitted, Accepted, Fulfilled, Registered, Completed]);
}

#[tokio::test]
async fn complete_shipment_is_not_processed_again() {
    let world = World::new();
    let engine = world.engine();
    world.completed(&engine).await;
    world.faults.calls();
    assert_eq!(hour_later(&world, &engine).await.processed, 0);
    use Call::{Counts, OpenCounts, Query};
    assert_eq!(world.faults.calls(), [Query, Counts, Query, OpenCounts, Query, Query, Query, Query, Query]);
}

#[tokio::test]
async fn each_delivery_state_has_expected_effect() {
    for (number, progress) in STATES {
        let world = World::new();
        let engine = world.engine();
        let created = world.ordered(&engine).await;
        world.ship(&created.delivery_id);
        world.set_state(&created.delivery_id, Some(number));
        engine.processing.run(Run::All).await;
        let (phase, obstacle) = (world.phase(created.shipment), world.shipment(created.shipment).obstacle().cloned());
        let class = obstacle.as_ref().map(|obstacle| obstacle.class.as_str());
        let expected = match progress {
            Progress::InProgress => ("accepted", None),
            Progress::NeedsEditing | Progress::Unknown => ("accepted", Some("attention")),
            Progress::Failed => ("accepted", Some("final")),
            Progress::Ready => ("complete", None),
        };
        assert_eq!((phase, class), expected, "{number}");
        let details = engine.views.details(created.delivery_id.as_str()).await.unwrap().unwrap();
        let shown = details.shipment.phase().accepted().unwrap().state.as_ref().unwrap().id;
        assert_eq!(shown, Some(number), "the state is always shown");
        assert_eq!(world.methods(0), usize::from(progress == Progress::Ready));
    }
}

#[tokio::test]
async fn unknown_or_missing_state_is_obstacle() {
    for state in [None, Some(-1), Some(0), Some(109), Some(i64::MAX)] {
        let world = World::new();
        let engine = world.engine();
        let created = world.shipped(&engine).await;
        world.set_state(&created.delivery_id, state);
        engine.processing.run(Run::All).await;
        assert_eq!((world.phase(created.shipment), world.obstacle(created.shipment).0), ("accepted", "attention"));
        assert_eq!((world.methods(0), world.sent().len()), (0, 0));
        world.set_state(&created.delivery_id, Some(103));
        hour_later(&world, &engine).await;
        assert_eq!(world.phase(created.shipment), "complete");
    }
}

#[tokio::test]
async fn ready_shipment_waits_for_missing_responses() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    lock(&world.delivery).parcel(&created.delivery_id).serves_responses = false;
    for _ in 0..3 {
        hour_later(&world, &engine).await;
    }
    assert_eq!((world.phase(created.shipment), world.obstacle(created.shipment).0), ("accepted", "retry"));
    assert_eq!(world.shipment(created.shipment).obstacle().cloned().unwrap().attempts, 3);
    lock(&world.delivery).parcel(&created.delivery_id).serves_responses = true;
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(created.shipment), "complete");
    assert_eq!(engine.views.shipment(created.delivery_id.as_str()).await.unwrap().unwrap().error_message, None);
}

#[tokio::test]
async fn more_keys_than_ordered_register_nothing() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    lock(&world.delivery).parcel(&created.delivery_id).extra_keys = 1;
    engine.processing.run(Run::All).await;
    assert_eq!((world.obstacle(created.shipment).0, world.methods(0)), ("final", 0));
}

#[tokio::test]
async fn shipment_unknown_for_a_day_is_cancelled() {
    for shipped in [false, true] {
        let world = World::new();
        let engine = world.engine();
        let created = world.ordered(&engine).await;
        if shipped {
            world.ship(&created.delivery_id);
            world.faults.once(Call::Register, status(503));
            engine.processing.run(Run::All).await;
            assert_eq!(world.phase(created.shipment), "fulfilled");
        }
        lock(&world.delivery).parcel(&created.delivery_id).deleted = true;
        hour_later(&world, &engine).await;
        let view = engine.views.shipment(created.delivery_id.as_str()).await.unwrap().unwrap();
        assert!(view.error_message.unwrap().contains("has no shipment"));
        assert_eq!(world.obstacle(created.shipment).0, "attention");
        for _ in 0..23 {
            hour_later(&world, &engine).await;
            assert_ne!(world.phase(created.shipment), "cancelled", "the API address may be wrong");
        }
        hour_later(&world, &engine).await;
        assert_eq!(world.phase(created.shipment), "cancelled");
        let view = engine.views.shipment(created.delivery_id.as_str()).await.unwrap().unwrap();
        assert_eq!(view.state, "ongoing");
        assert!(view.error_message.unwrap().contains("has no shipment"));
        assert_eq!(hour_later(&world, &engine).await.processed, 0);
    }
}

#[tokio::test]
async fn temporary_404_does_not_cancel_shipment() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.always(Call::Status, status(404));
    for _ in 0..20 {
        hour_later(&world, &engine).await;
    }
    world.faults.heal();
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(created.shipment), "complete");
}

#[tokio::test]
async fn outage_of_pin_delivery_does_not_stop_registrations() {
    let world = World::new();
    let engine = world.engine();
    let first = world.shipped(&engine).await;
    world.faults.always(Call::Deliver, status(401));
    let report = engine.processing.run(Run::All).await;
    assert!(report.first_outage().is_some());
    assert_eq!(world.phase(first.shipment), "registered");
    // The outage is shown on the shipment, although it is not an obstacle of this shipment.
    let view = engine.views.shipment(first.delivery_id.as_str()).await.unwrap().unwrap();
    assert!(view.error_message.is_some());
    let second = world.shipped(&engine).await;
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(second.shipment), "registered");
    world.faults.heal();
    hour_later(&world, &engine).await;
    assert_eq!((world.phase(first.shipment), world.phase(second.shipment)), ("complete", "complete"));
}

#[tokio::test]
async fn outage_stops_run_and_is_reported_once() {
    for (call, trouble) in [
        (Call::Status, status(401)),
        (Call::Status, Trouble::Throttle(HOUR)),
        (Call::Register, status(401)),
        (Call::Register, Trouble::Throttle(HOUR)),
        (Call::GetSecret, Trouble::Lost { done: false }),
    ] {
        let world = World::new();
        let engine = world.engine();
        let mut ids = Vec::new();
        for _ in 0..20 {
            ids.push(world.shipped(&engine).await.shipment);
        }
        world.faults.always(call, trouble);
        world.faults.calls();
        let report = engine.processing.run(Run::All).await;
        assert!(report.first_outage().is_some(), "{call:?}");
        assert!(world.faults.count(call) <= 4, "{call:?}: only calls already in progress");
        // Fulfilment does not need the identity provider, so in its outage shipments are still claimed.
        if call == Call::Status {
            assert!(world.faults.count(Call::Claim) <= 4, "{call:?}: the others are not claimed");
        }
        assert_eq!((report.obstructed, lock(&world.records).claims()), (0, 0), "{call:?}");
        assert!(ids.iter().all(|id| world.shipment(*id).obstacle().cloned().is_none()), "{call:?}");
        world.faults.heal();
        let report = hour_later(&world, &engine).await;
        assert_eq!((report.first_outage(), report.moved), (None, 20), "{call:?}");
    }
}

#[tokio::test]
async fn obstacle_has_next_attempt_with_backoff_and_correlation_id() {
    let world = World::new();
    let engine = world.engine();
    let created = world.ordered(&engine).await;
    let mut pauses = Vec::new();
    for _ in 0..8 {
        world.faults.once(Call::Status, status(503));
        engine.processing.run(Run::All).await;
        let obstacle = world.shipment(created.shipment).obstacle().cloned().unwrap();
        pauses.push((obstacle.next_attempt.unwrap() - world.clock.now()).num_seconds());
        world.clock.pass(DAY);
    }
    for (pause, doubled) in pauses.iter().zip([60, 120, 240, 480, 960, 1920, 3600, 3600]) {
        assert!((doubled..=doubled * 12 / 10).contains(pause), "{pauses:?}");
    }
    let event = world.events(created.shipment).last().cloned().unwrap();
    assert_eq!((event.kind, event.times, event.correlation.as_deref()), (EventKind::Obstacle, 8, Some("c0ffee")));
    let message = world.obstacle(created.shipment).1;
    assert!(message.contains("client-request-id: c0ffee"), "{message}");
}

#[tokio::test]
async fn next_attempt_respects_retry_after() {
    let world = World::new();
    let engine = world.engine();
    let created = world.ordered(&engine).await;
    world.faults.once(Call::Status, Trouble::Busy(5 * HOUR));
    engine.processing.run(Run::All).await;
    assert_eq!(
        world.shipment(created.shipment).obstacle().cloned().unwrap().next_attempt,
        Some(world.clock.now() + 5 * HOUR)
    );
}

#[tokio::test]
async fn due_run_processes_only_due_shipments() {
    let world = World::new();
    let engine = world.engine();
    let blocked = world.ordered(&engine).await;
    world.faults.once(Call::Status, status(503));
    let report = engine.processing.run(Run::All).await;
    let due = world.shipment(blocked.shipment).obstacle().cloned().unwrap().next_attempt.unwrap();
    assert_eq!(report.next_due, Some(due));
    world.ordered(&engine).await;
    assert_eq!(engine.processing.run(Run::Due).await.processed, 0);
    world.clock.pass((due - world.clock.now()).to_std().unwrap());
    assert_eq!(engine.processing.run(Run::Due).await.processed, 1);
    assert_eq!(world.shipment(blocked.shipment).obstacle().cloned(), None);
}

#[tokio::test]
async fn final_obstacle_is_not_retried() {
    let world = World::new();
    let engine = world.engine();
    let created = world.ordered(&engine).await;
    world.set_state(&created.delivery_id, Some(99));
    engine.processing.run(Run::All).await;
    assert_eq!(world.shipment(created.shipment).obstacle().cloned().unwrap().next_attempt, None);
    world.faults.calls();
    hour_later(&world, &engine).await;
    assert_eq!(world.faults.count(Call::Status), 0);
}

#[tokio::test]
async fn successful_run_clears_obstacle() {
    let world = World::new();
    let engine = world.engine();
    let created = world.ordered(&engine).await;
    world.set_state(&created.delivery_id, Some(7));
    engine.processing.run(Run::All).await;
    assert_eq!(world.obstacle(created.shipment).0, "attention");
    world.set_state(&created.delivery_id, Some(3));
    hour_later(&world, &engine).await;
    let shipment = world.shipment(created.shipment);
    assert_eq!((shipment.obstacle(), shipment.error_message()), (None, None));
    assert!(world.events(created.shipment).iter().any(|event| event.kind == EventKind::ObstacleCleared));
}

#[tokio::test]
async fn raises_deadline_alarm_once() {
    let world = World::new();
    let engine = world.engine();
    let created = world.ordered(&engine).await;
    let alarms = || world.events(created.shipment).iter().filter(|event| event.kind == EventKind::DeadlineNear).count();
    world.clock.pass(12 * DAY - Duration::from_secs(1));
    engine.processing.run(Run::All).await;
    assert_eq!(alarms(), 0);
    world.clock.pass(Duration::from_secs(1));
    engine.processing.run(Run::All).await;
    assert_eq!(alarms(), 1);
    for _ in 0..3 {
        hour_later(&world, &engine).await;
    }
    assert_eq!(alarms(), 1);
}

#[tokio::test]
async fn record_completed_by_hand_is_not_processed() {
    let world = World::new();
    let engine = world.engine();
    let created = world.ordered(&engine).await;
    lock(&world.records).set_complete_by_hand(created.shipment);
    world.ship(&created.delivery_id);
    hour_later(&world, &engine).await;
    let details = engine.views.details(created.delivery_id.as_str()).await.unwrap().unwrap();
    let Phase::Complete(complete) = &details.shipment.phase() else { panic!("{details:?}") };
    assert_eq!(complete.by, CompletedBy::Record);
    let seen = world.shipment(created.shipment).phase().clone();
    hour_later(&world, &engine).await;
    assert_eq!(world.shipment(created.shipment).phase(), &seen, "retention counts from the first reading");
    assert_eq!((world.methods(0), world.sent().len()), (0, 0));
}

#[tokio::test]
async fn broken_record_does_not_block_the_others() {
    let world = World::new();
    let engine = world.engine();
    let broken = world.shipped(&engine).await;
    let whole = world.shipped(&engine).await;
    lock(&world.records).damage(broken.shipment, true);
    assert_eq!(engine.processing.run(Run::All).await.broken, 1);
    assert_eq!(world.phase(whole.shipment), "complete");
    lock(&world.records).damage(broken.shipment, false);
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(broken.shipment), "complete");
}

#[tokio::test]
async fn damaged_secret_affects_only_its_shipment() {
    let world = World::new();
    let engine = world.engine();
    let damaged = world.shipped(&engine).await;
    let whole = world.shipped(&engine).await;
    lock(&world.vault).damaged = Some(damaged.shipment);
    let report = engine.processing.run(Run::All).await;
    assert_eq!((report.first_outage(), world.phase(whole.shipment)), (None, "complete"));
    assert_eq!(world.obstacle(damaged.shipment).0, "final");
    lock(&world.vault).damaged = None;
    let retry = keyferry_engine::Outcome::Retry;
    engine.operator.resolve(damaged.delivery_id.as_str(), caller(), "restored".into(), retry).await.unwrap();
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(damaged.shipment), "complete");
}

#[tokio::test]
async fn records_tracking_and_state_changes() {
    let world = World::new();
    let engine = world.engine();
    let created = engine.orders.create(request(ada())).await.unwrap();
    for state in [3, 3, 3, 100] {
        world.set_state(&created.delivery_id, Some(state));
        lock(&world.delivery).parcel(&created.delivery_id).tracking =
            Tracking { number: Some("9".into()), ..Tracking::default() };
        hour_later(&world, &engine).await;
    }
    let shipment = world.shipment(created.shipment);
    let events = world.events(created.shipment);
    let changes = events.iter().filter(|event| event.kind == EventKind::StateChanged).count();
    assert_eq!(changes, 2);
    assert_eq!(shipment.phase().accepted().unwrap().tracking.number.as_deref(), Some("9"));
}

#[tokio::test]
async fn stopped_run_does_not_read_remaining_records() {
    let world = World::new();
    let engine = world.engine();
    for _ in 0..101 {
        world.ordered(&engine).await;
    }
    world.faults.always(Call::Status, status(401));
    world.faults.calls();
    engine.processing.run(Run::All).await;
    assert_eq!(world.faults.count(Call::Query), 4, "withdrawn shipments, oldest shipment, first page, next due");
    assert!(world.faults.count(Call::Get) <= 7, "no record of later pages");
}

#[tokio::test]
async fn cooldown_is_respected_up_to_one_hour() {
    let minutes = |minutes: u32| Duration::from_secs(60) * minutes;
    for (asked, given) in [(minutes(30), minutes(30)), (minutes(300), minutes(60))] {
        let world = World::new();
        let engine = world.engine();
        let created = world.shipped(&engine).await;
        world.faults.once(Call::Status, Trouble::Throttle(asked));
        engine.processing.run(Run::All).await;
        world.faults.calls();
        let last = Duration::from_secs(61);
        world.clock.pass(given - last);
        let report = engine.processing.run(Run::All).await;
        assert!(report.first_outage().unwrap().contains("asked Keyferry to back off until"));
        assert_eq!(world.faults.count(Call::Status), 0);
        world.clock.pass(last);
        assert_eq!(engine.processing.run(Run::All).await.first_outage(), None);
        assert_eq!(world.phase(created.shipment), "complete");
    }
}

#[tokio::test]
async fn outage_commits_only_earlier_changes() {
    let world = World::new();
    let engine = world.engine();
    let created = world.ordered(&engine).await;
    world.faults.always(Call::Status, status(401));
    world.faults.calls();
    engine.processing.run(Run::All).await;
    assert_eq!(world.faults.count(Call::Commit), 0);
    world.clock.pass(13 * DAY);
    engine.processing.run(Run::All).await;
    assert_eq!(world.faults.count(Call::Commit), 1);
    let last = world.events(created.shipment).last().map(|event| event.kind);
    assert_eq!(last, Some(EventKind::DeadlineNear));
}

#[tokio::test]
async fn retries_have_jitter() {
    let world = World::new();
    let engine = world.engine();
    let mut pauses = Vec::new();
    for _ in 0..60 {
        let created = world.ordered(&engine).await;
        world.faults.once(Call::Status, status(503));
        engine.processing.run(Run::Due).await;
        engine.processing.run(Run::All).await;
        let obstacle = world.shipment(created.shipment).obstacle().cloned().unwrap();
        pauses.push((obstacle.next_attempt.unwrap() - world.clock.now()).num_milliseconds());
        world.faults.heal();
        world.set_state(&created.delivery_id, Some(99));
        world.clock.pass(HOUR);
        engine.processing.run(Run::All).await;
    }
    let (first, last) = (*pauses.iter().min().unwrap(), *pauses.iter().max().unwrap());
    assert!((60_000..62_000).contains(&first) && (70_000..=72_000).contains(&last), "{pauses:?}");
}

#[tokio::test]
async fn failed_delivery_is_final_in_every_phase() {
    const LOST: Option<i64> = Some(105);
    for (trouble, phase, methods) in [(Call::Register, "fulfilled", 0), (Call::Deliver, "registered", 1)] {
        let world = World::new();
        let engine = world.engine();
        let created = world.shipped(&engine).await;
        world.faults.once(trouble, status(503));
        engine.processing.run(Run::All).await;
        lock(&world.delivery).parcel(&created.delivery_id).lost_on_the_way = true;
        world.set_state(&created.delivery_id, LOST);
        hour_later(&world, &engine).await;
        assert_eq!((world.phase(created.shipment), world.obstacle(created.shipment).0), (phase, "final"));
        let code = world.shipment(created.shipment).obstacle().cloned().unwrap().code;
        assert_eq!((code.as_str(), world.methods(0), world.sent().len()), ("delivery-failed", methods, 0));
        if phase == "registered" {
            // An operator can still release the PIN: the operator knows where the key is.
            let release = Release { reason: Some("the key was found".into()), may_override: true };
            engine.operator.resend_pin(created.delivery_id.as_str(), caller(), release).await.unwrap();
            assert_eq!(world.sent().len(), 1);
        }
    }
}
