//! Lost keys: the passkey is removed, nothing is released any more, and the next key is ordered once.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::ports::{ShipmentFilter, ShipmentSort};
use keyferry_domain::{
    EventKind, FailureKind, ObstacleClass, PhaseName, ShipmentId, UserKey, UserRef, WithdrawalCause,
};
use keyferry_engine::{
    CancelError, Engine, EngineSettings, LostKey, LostKeyError, NewKeyOrder, Release, ResendError, Run, WhichKey,
    Withdrawn,
};
use tokio::sync::Notify;

use super::queue::{Dispatching, enqueue, queued};
use crate::support::trouble::status;
use crate::support::world::{DAY, ada, caller, hour_later};
use crate::support::{Call, Trouble, World, lock};

const MINUTE: Duration = Duration::from_secs(60);

/// Longer than a claim.
pub(crate) const CLAIM: Duration = Duration::from_secs(600);

fn strict(settings: &mut EngineSettings) {
    settings.one_open_order_per_user = true;
}

pub(crate) fn lost(key: WhichKey) -> LostKey {
    let replacement = NewKeyOrder::Given(Box::new(queued(ada())));
    LostKey { user: ada(), key, reason: "left on a train".into(), by: caller(), replacement, access_pass: false }
}

async fn report(engine: &Engine, key: WhichKey) -> Result<Withdrawn, LostKeyError> {
    engine.operator.report_lost(lost(key)).await
}

fn of(id: ShipmentId) -> WhichKey {
    WhichKey::Shipment(id.to_string())
}

/// Returns the shipments that replace another one.
pub(crate) async fn replacements(engine: &Engine) -> Vec<ShipmentId> {
    let all = engine.views.list(&ShipmentFilter::default(), Default::default(), None, 100).await.unwrap();
    let mut found = Vec::new();
    for summary in all.items {
        let details = engine.views.details(&summary.id.to_string()).await.unwrap().unwrap();
        found.extend(details.shipment.info().replaces.map(|_| summary.id));
    }
    found
}

fn count(world: &World, id: ShipmentId, kind: EventKind) -> usize {
    world.events(id).iter().filter(|event| event.kind == kind).count()
}

/// Asserts that the key cannot be used, and that exactly one order replaces it.
async fn assert_replaced(world: &Arc<World>, engine: &Engine, old: ShipmentId, case: &str) -> ShipmentId {
    let found = replacements(engine).await;
    let [new] = found[..] else { panic!("{case}: {found:?}") };
    let shipment = world.shipment(old);
    let act = shipment.withdrawal().unwrap_or_else(|| panic!("{case}: no act"));
    assert_eq!(act.cause, WithdrawalCause::Lost, "{case}");
    assert_eq!((act.replacement.unwrap().shipment, shipment.replaced_by()), (new, Some(new)), "{case}");
    assert_eq!(world.shipment(new).info().replaces, Some(old), "{case}");
    assert!(!shipment.is_being_withdrawn(), "{case}: {:?}", shipment.withdrawal_steps());
    assert_eq!(world.methods(0), 0, "{case}");
    assert_eq!((count(world, old, EventKind::Lost), count(world, old, EventKind::Replaced)), (1, 1), "{case}");
    new
}

#[tokio::test]
async fn lost_key_is_removed_and_replaced_once() {
    let world = World::new();
    let engine = world.engine_with(strict);
    let old = world.completed(&engine).await.shipment;
    let first = report(&engine, WhichKey::Last).await.unwrap();
    assert!(first.revoked && !first.is_repeated && first.left.is_none(), "{first:?}");
    let new = assert_replaced(&world, &engine, old, "first").await;
    assert!(lock(&world.vault).has_order(new) && !lock(&world.vault).has(old), "nothing can open its responses");
    assert!(!format!("{:?}", world.shipment(old)).contains("Secret Street"));
    // A second click, with another order and another way to name the key.
    for key in [
        WhichKey::Last,
        of(old),
        WhichKey::Serial(world.shipment(old).phase().fulfilled().unwrap().keys[0].serial.clone()),
    ] {
        let again = report(&engine, key).await.unwrap();
        assert!(again.is_repeated && !again.revoked && again.left.is_none(), "{again:?}");
        assert!(engine.operator.is_reported_lost(&ada(), &of(old)).await.unwrap());
        assert_eq!(assert_replaced(&world, &engine, old, "again").await, new);
    }
    assert_eq!(lock(&world.vault).count(), 1, "only the order of the replacement");
    let resent = engine.operator.resend_pin(&old.to_string(), caller(), Release::default()).await;
    assert!(matches!(resent, Err(ResendError::Revoked(_))), "{resent:?}");
    // The lost key is no open order.
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(MINUTE).await;
    assert_eq!(world.phase(new), "accepted", "{:?}", world.shipment(new).obstacle());
    dispatching.end().await;
    world.ship(&world.shipment(new).phase().delivery_id().unwrap().clone());
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(new), world.methods(0)), ("complete", 1));
    // The next key is lost as well.
    let second = report(&engine, WhichKey::Last).await.unwrap();
    assert_eq!((second.shipment.id(), second.is_repeated, world.methods(0)), (new, false, 0));
}

#[tokio::test]
async fn key_that_is_not_registered_is_never_registered() {
    for phase in ["accepted", "fulfilled", "registered"] {
        let world = World::new();
        let engine = world.engine_with(strict);
        let created = world.ordered(&engine).await;
        if phase != "accepted" {
            world.ship(&created.delivery_id);
            let call = if phase == "fulfilled" { Call::Register } else { Call::Deliver };
            world.faults.once(call, status(if phase == "fulfilled" { 403 } else { 503 }));
            engine.processing.run(Run::All).await;
        }
        let old = created.shipment;
        assert_eq!(world.phase(old), phase);
        let done = report(&engine, of(old)).await.unwrap();
        assert!(done.left.is_none(), "{phase}: {done:?}");
        world.ship(&created.delivery_id);
        for _ in 0..3 {
            hour_later(&world, &engine).await;
        }
        assert_eq!((world.methods(0), world.sent().len()), (0, 0), "{phase}");
        assert!(matches!(world.phase(old), "cancelling" | "cancelled"), "{phase}");
        let new = assert_replaced(&world, &engine, old, phase).await;
        let dispatching = Dispatching::start(&world, &engine);
        dispatching.pass(MINUTE).await;
        assert_eq!(world.phase(new), "accepted", "{phase}: {:?}", world.shipment(new).obstacle());
        dispatching.end().await;
    }
}

#[tokio::test]
async fn shipment_without_a_key_cannot_be_lost() {
    let world = World::new();
    let engine = world.engine();
    let id = enqueue(&engine, queued(ada())).await;
    let calls = |result: Result<Withdrawn, LostKeyError>| result.err().unwrap();
    assert!(matches!(calls(report(&engine, WhichKey::Last).await), LostKeyError::NoKey(_)));
    let wrong = calls(report(&engine, of(id)).await);
    assert!(matches!(wrong, LostKeyError::WrongPhase { phase: PhaseName::Queued, .. }), "{wrong:?}");
    assert!(matches!(
        calls(report(&engine, WhichKey::Shipment("other".into())).await),
        LostKeyError::NotOfPerson { .. }
    ));
    let created = world.completed(&engine).await;
    lock(&world.people).add("eve");
    let eve = UserRef::Upn("eve@contoso.example".into());
    let stolen = LostKey { user: eve.clone(), ..lost(of(created.shipment)) };
    assert!(matches!(calls(engine.operator.report_lost(stolen).await), LostKeyError::NotOfPerson { .. }));
    let for_eve = NewKeyOrder::Given(Box::new(queued(eve)));
    let for_eve = LostKey { replacement: for_eve, ..lost(of(created.shipment)) };
    assert!(matches!(calls(engine.operator.report_lost(for_eve).await), LostKeyError::OtherPerson(_)));
    // The address of the order was deleted after it was sent.
    let like = NewKeyOrder::LikeBefore { may_be_privileged: false };
    let like = LostKey { replacement: like, ..lost(of(created.shipment)) };
    assert_eq!(calls(engine.operator.report_lost(like).await), LostKeyError::NoAddress);
    assert_eq!((world.methods(0), replacements(&engine).await), (1, Vec::new()), "nothing was changed");
    assert_eq!(lock(&world.vault).count(), 2, "no order is left behind");
    let none = LostKey { replacement: NewKeyOrder::None, ..lost(of(created.shipment)) };
    let done = engine.operator.report_lost(none).await.unwrap();
    assert_eq!((done.left, world.methods(0), replacements(&engine).await), (None, 0, Vec::new()));
}

#[tokio::test]
async fn order_like_before_takes_the_address_from_the_directory() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.fill_from_directory = true);
    let old = world.completed(&engine).await.shipment;
    let like = NewKeyOrder::LikeBefore { may_be_privileged: false };
    engine.operator.report_lost(LostKey { replacement: like, ..lost(of(old)) }).await.unwrap();
    let new = assert_replaced(&world, &engine, old, "like before").await;
    let shipment = world.shipment(new);
    // The new order names the object, because the name may be another user's. Lists by the name have both.
    assert!(matches!(shipment.user(), Some(UserRef::ObjectId(_))));
    let by_name = ShipmentFilter { person: Some(UserKey::from(&ada())), ..ShipmentFilter::default() };
    let listed = engine.views.list(&by_name, ShipmentSort::Newest, None, 10).await.unwrap();
    let listed: Vec<_> = listed.items.iter().map(|item| item.id).collect();
    assert!(listed.len() == 2 && listed.contains(&new) && listed.contains(&old), "{listed:?}");
    assert_eq!(shipment.keys()[0].product, world.shipment(old).keys()[0].product);
    assert_eq!(shipment.keys()[0].pin_length, world.shipment(old).keys()[0].pin_length);
}

/// The method must go although the provider fails, and the next key must not wait for that.
#[tokio::test]
async fn failing_removal_is_repeated_by_runs() {
    for trouble in [status(500), status(404), status(403), Trouble::Refuse(FailureKind::TimedOut)] {
        let world = World::new();
        let engine = world.engine();
        let old = world.completed(&engine).await.shipment;
        world.faults.once(Call::DeleteMethod, trouble.clone());
        let done = report(&engine, of(old)).await.unwrap();
        if matches!(trouble, Trouble::Refuse(FailureKind::Answered { status: 404, .. })) {
            // The user is named by object id, so it was deleted, and the passkeys with it.
            assert!(done.left.is_none(), "{done:?}");
            continue;
        }
        assert!(done.left.is_some() && world.methods(0) == 1, "{trouble:?}: {done:?}");
        assert_eq!(replacements(&engine).await.len(), 1, "{trouble:?}");
        let resent = engine.operator.resend_pin(&old.to_string(), caller(), Release::default()).await;
        assert!(matches!(resent, Err(ResendError::Revoked(_))), "{trouble:?}: {resent:?}");
        hour_later(&world, &engine).await;
        assert_replaced(&world, &engine, old, &format!("{trouble:?}")).await;
        assert_eq!(world.shipment(old).obstacle(), None, "{trouble:?}");
    }
}

#[tokio::test]
async fn obstacle_of_a_removal_is_seen_and_retried_when_it_is_due() {
    let world = World::new();
    let engine = world.engine();
    let old = world.completed(&engine).await.shipment;
    world.faults.always(Call::DeleteMethod, status(403));
    report(&engine, of(old)).await.unwrap();
    let shipment = world.shipment(old);
    assert_eq!(shipment.obstacle().unwrap().class, ObstacleClass::Attention);
    assert!(shipment.needs_human());
    let due = engine.processing.run(Run::Due).await;
    assert_eq!((due.processed, due.next_due), (0, shipment.obstacle().unwrap().next_attempt));
    world.faults.heal();
    world.clock.pass(DAY);
    let due = engine.processing.run(Run::Due).await;
    assert_eq!((due.moved, due.next_due), (1, None));
    assert_replaced(&world, &engine, old, "due").await;
}

/// The name may mean another person by now, or the same person has another name.
#[tokio::test]
async fn unknown_name_is_not_taken_for_a_removal() {
    let world = World::new();
    lock(&world.people).readable = false;
    let engine = world.engine();
    let old = world.completed(&engine).await.shipment;
    lock(&world.people).users[0].upn = "ada.king@contoso.example".into();
    let done = report(&engine, of(old)).await.unwrap();
    assert!(done.left.is_some() && world.methods(0) == 1, "{done:?}");
    lock(&world.people).users[0].upn = "ada@contoso.example".into();
    hour_later(&world, &engine).await;
    assert_replaced(&world, &engine, old, "named again").await;
}

#[tokio::test]
async fn run_that_is_registering_the_key_is_waited_for() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    let go = Arc::new(Notify::new());
    world.faults.once(Call::Register, Trouble::Hold(go.clone()));
    let running = engine.clone();
    let run = tokio::spawn(async move { running.processing.run(Run::All).await });
    while world.faults.count(Call::Register) == 0 {
        tokio::task::yield_now().await;
    }
    let reporting = engine.clone();
    let key = of(created.shipment);
    let reported = tokio::spawn(async move { report(&reporting, key).await });
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    go.notify_one();
    run.await.unwrap();
    match reported.await.unwrap() {
        Ok(_) => {}
        // The clock of this test passes at once. In a minute, the claim is free.
        Err(LostKeyError::Busy(_)) => drop(report(&engine, of(created.shipment)).await.unwrap()),
        Err(error) => panic!("{error:?}"),
    }
    hour_later(&world, &engine).await;
    assert_replaced(&world, &engine, created.shipment, "while registering").await;
}

#[tokio::test]
async fn two_replicas_order_one_key() {
    for _ in 0..5 {
        let world = World::new();
        let (one, other) = (world.engine(), world.engine());
        let old = world.completed(&one).await.shipment;
        let (first, second) = tokio::join!(report(&one, of(old)), report(&other, WhichKey::Last));
        let repeated = [first, second].map(|result| result.map(|done| done.is_repeated));
        assert!(repeated.contains(&Ok(false)), "{repeated:?}");
        hour_later(&world, &one).await;
        let new = assert_replaced(&world, &one, old, "two replicas").await;
        assert!(lock(&world.vault).has_order(new));
        assert_eq!(lock(&world.vault).count(), 1, "the order of the other replica is gone");
    }
}

/// Dies at every call of the act. Once the act is committed, runs finish it; before, nothing was changed.
#[tokio::test]
async fn lost_key_survives_a_crash_at_every_call() {
    let mut finished = 0;
    for (number, done) in (0..80).flat_map(|number| [(number, false), (number, true)]) {
        let world = World::new();
        let setup = world.engine_with(strict);
        let old = world.completed(&setup).await.shipment;
        let (engine, life) = world.living_engine(strict);
        world.faults.at(world.faults.total() + number, Trouble::Crash { done });
        let ended = tokio::select! {
            result = report(&engine, of(old)) => { result.unwrap(); true }
            () = life.ended() => false,
        };
        world.faults.heal();
        let next = world.engine_with(strict);
        // Claims of the dead process expire.
        world.clock.pass(CLAIM);
        let case = format!("call {number}, done {done}, ended {ended}");
        if world.shipment(old).withdrawal().is_none() {
            assert_eq!((world.methods(0), replacements(&next).await.len()), (1, 0), "{case}");
            report(&next, of(old)).await.unwrap();
        } else {
            next.processing.run(Run::All).await;
        }
        let new = assert_replaced(&world, &next, old, &case).await;
        let dispatching = Dispatching::start(&world, &next);
        dispatching.pass(MINUTE).await;
        assert_eq!(world.phase(new), "accepted", "{case}");
        dispatching.end().await;
        assert_eq!(world.orders(), 2, "{case}: the lost key and the next one");
        // Repeated afterwards, it changes nothing.
        assert!(report(&next, of(old)).await.unwrap().is_repeated, "{case}");
        finished += usize::from(ended);
        if finished == 4 {
            return;
        }
    }
    panic!("the act needs more calls than were tried");
}

/// The order is stored before its record, and a clean-up takes such an order for an orphan after an hour.
#[tokio::test]
async fn clean_up_keeps_the_order_of_a_replacement() {
    let world = World::new();
    let engine = world.engine();
    let old = world.completed(&engine).await.shipment;
    let (dying, life) = world.living_engine(|_| {});
    world.faults.once(Call::DeleteMethod, Trouble::Crash { done: false });
    tokio::select! {
        _ = report(&dying, of(old)) => panic!("it must die"),
        () = life.ended() => {}
    }
    let planned = world.shipment(old).withdrawal().unwrap().replacement.unwrap();
    assert!(!planned.is_queued && world.try_shipment(planned.shipment).is_none());
    world.clock.pass(90 * DAY);
    engine.schedules.clean_up().await.unwrap();
    assert!(lock(&world.vault).has_order(planned.shipment) && world.try_shipment(old).is_some());
    engine.processing.run(Run::All).await;
    assert_replaced(&world, &engine, old, "after the clean-up").await;
}

#[tokio::test]
async fn no_key_is_ordered_for_a_person_who_leaves_meanwhile() {
    let world = World::new();
    let engine = world.engine();
    let old = world.completed(&engine).await.shipment;
    let (dying, life) = world.living_engine(|_| {});
    world.faults.once(Call::DeleteMethod, Trouble::Crash { done: false });
    tokio::select! {
        _ = report(&dying, of(old)) => panic!("it must die"),
        () = life.ended() => {}
    }
    world.clock.pass(CLAIM);
    let done = engine.operator.offboard(&ada(), caller(), "she left").await.unwrap();
    assert!(done.is_complete(), "{done:?}");
    hour_later(&world, &engine).await;
    assert_eq!((world.methods(0), replacements(&engine).await), (0, Vec::new()));
    let again = report(&engine, of(old)).await.unwrap_err();
    assert!(matches!(again, LostKeyError::Withdrawn { cause: WithdrawalCause::Left, .. }), "{again:?}");
}

/// A replacement that is queued is cancelled like any other order.
#[tokio::test]
async fn queued_replacement_of_a_leaver_is_cancelled() {
    let world = World::new();
    let engine = world.engine();
    let old = world.completed(&engine).await.shipment;
    report(&engine, of(old)).await.unwrap();
    let new = assert_replaced(&world, &engine, old, "lost").await;
    assert!(engine.operator.offboard(&ada(), caller(), "she left").await.unwrap().is_complete());
    assert_eq!(world.phase(new), "cancelled");
    assert!(!lock(&world.vault).has_order(new));
    let cancelled = engine.operator.cancel(&new.to_string(), caller(), "again").await;
    assert!(!matches!(cancelled, Err(CancelError::Store(_))), "{cancelled:?}");
}
