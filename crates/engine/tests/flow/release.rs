//! Release rules of PINs.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::ports::Addressing;
use keyferry_domain::{EventKind, ObjectId, ShipmentId};
use keyferry_engine::{Created, Engine, EngineSettings, Release, ReleaseRule, ResendError, Run};
use serde_json::{Value, json};

use crate::support::trouble::status;
use crate::support::world::{DAY, address, caller, hour_later};
use crate::support::{Call, World, lock};

fn reason() -> Option<String> {
    Some("the manager left".into())
}

fn overriding() -> Release {
    Release { reason: reason(), may_override: true }
}

async fn resend(engine: &Engine, created: &Created, release: Release) -> Result<(), ResendError> {
    engine.operator.resend_pin(created.delivery_id.as_str(), caller(), release).await
}

/// Asserts that the rules refuse each release that lacks the right or the reason, and sends nothing.
async fn assert_refused(world: &World, engine: &Engine, created: &Created, expected: &[ReleaseRule]) {
    let sent = world.sent().len();
    for (reason, may_override) in [(None, false), (reason(), false), (None, true)] {
        let error = resend(engine, created, Release { reason, may_override }).await.unwrap_err();
        let id = created.delivery_id.to_string();
        assert_eq!(error, ResendError::Refused { id, rules: expected.to_vec(), may_override });
    }
    assert_eq!(world.sent().len(), sent);
    assert_eq!(lock(&world.records).claims(), 0);
}

/// Returns the newest two events, oldest first.
fn newest(world: &World, id: ShipmentId) -> [(EventKind, String); 2] {
    let mut events = world.events(id);
    let events = events.split_off(events.len() - 2);
    events.into_iter().map(|event| (event.kind, event.detail)).collect::<Vec<_>>().try_into().unwrap()
}

fn new_manager(world: &World) {
    lock(&world.people).users[0].manager = Some(address("eve@contoso.example"));
}

#[tokio::test]
async fn changed_manager_gets_pin_only_by_release_and_previous_one_is_told() {
    let world = World::new();
    let engine = world.engine();
    let created = world.completed(&engine).await;
    new_manager(&world);
    assert_refused(&world, &engine, &created, &[ReleaseRule::AddresseeChanged]).await;
    assert!(lock(&world.pins).told.is_empty());
    resend(&engine, &created, overriding()).await.unwrap();
    assert_eq!(world.sent()[1].addressees, ["eve@contoso.example"]);
    assert_eq!(lock(&world.pins).told, ["boss-of-ada@contoso.example"]);
    let released = "the PIN is released to the manager eve@contoso.example: the manager left (the addressee changed \
                    since the key was registered)";
    let sent = "the PIN was sent to the manager eve@contoso.example: the manager left; the previous addressee was told";
    let expected = [(EventKind::PinReleased, released.into()), (EventKind::PinResent, sent.into())];
    assert_eq!(newest(&world, created.shipment), expected);
    // The release is for once: the fixed addressee stays the same.
    assert_refused(&world, &engine, &created, &[ReleaseRule::AddresseeChanged]).await;
    lock(&world.people).users[0].manager = Some(address("Boss-of-Ada@contoso.example"));
    resend(&engine, &created, Release::default()).await.unwrap();
    assert_eq!(newest(&world, created.shipment).map(|(kind, _)| kind), [EventKind::PinResent; 2]);
}

#[tokio::test]
async fn corrected_address_of_same_manager_is_no_change() {
    let world = World::new();
    let id = ObjectId::parse("b1000000-0000-4000-8000-000000000001");
    lock(&world.people).users[0].manager_id = id;
    let engine = world.engine();
    let created = world.completed(&engine).await;
    new_manager(&world);
    resend(&engine, &created, Release::default()).await.unwrap();
    assert_eq!(world.sent()[1].addressees, ["eve@contoso.example"]);
    lock(&world.people).users[0].manager_id = ObjectId::parse("b1000000-0000-4000-8000-000000000002");
    assert_refused(&world, &engine, &created, &[ReleaseRule::AddresseeChanged]).await;
}

#[tokio::test]
async fn automatic_retry_goes_only_to_fixed_addressee() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Deliver, status(503));
    engine.processing.run(Run::All).await;
    let fixed = lock(&world.people).users[0].manager.clone();
    new_manager(&world);
    hour_later(&world, &engine).await;
    let (class, message) = world.obstacle(created.shipment);
    assert_eq!((class, world.sent().len()), ("attention", 0));
    assert!(message.contains("the addressee changed since the key was registered"), "{message}");
    lock(&world.people).users[0].manager = fixed;
    hour_later(&world, &engine).await;
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(created.shipment), "complete");
    assert_eq!(world.sent()[0].addressees, ["boss-of-ada@contoso.example"]);
}

/// The addressee is the one at the time of the registration, not the one when the PIN can be sent.
#[tokio::test]
async fn addressee_is_fixed_when_the_key_is_registered() {
    let world = World::new();
    let engine = world.engine_with(hold);
    let created = world.shipped(&engine).await;
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.sent().len()), ("registered", 0));
    new_manager(&world);
    world.set_state(&created.delivery_id, Some(104));
    hour_later(&world, &engine).await;
    assert!(world.obstacle(created.shipment).1.contains("the addressee changed since the key was registered"));
    assert!(world.sent().is_empty());
}

#[tokio::test]
async fn lost_write_of_the_addressee_is_repeated_before_the_pin_is_sent() {
    for done in [false, true] {
        let world = World::new();
        let engine = world.engine();
        let created = world.shipped(&engine).await;
        world.faults.once(Call::ReplaceSecret, crate::support::Trouble::Lost { done });
        engine.processing.run(Run::All).await;
        assert_eq!((world.phase(created.shipment), world.sent().len()), ("complete", 1));
        new_manager(&world);
        assert_refused(&world, &engine, &created, &[ReleaseRule::AddresseeChanged]).await;
    }
}

/// An unrecorded registration could be cancelled while its passkey works.
#[tokio::test]
async fn registration_is_recorded_although_the_addressee_cannot_be_fixed() {
    for call in [Call::Manager, Call::ReplaceSecret] {
        let world = World::new();
        let engine = world.engine();
        let created = world.shipped(&engine).await;
        world.faults.always(call, status(503));
        engine.processing.run(Run::All).await;
        assert_eq!((world.phase(created.shipment), world.sent().len()), ("registered", 0), "{call:?}");
        world.faults.heal();
        hour_later(&world, &engine).await;
        assert_eq!((world.phase(created.shipment), world.sent().len()), ("complete", 1), "{call:?}");
    }
}

/// The restored secret does not say to whom the PIN was sent.
#[tokio::test]
async fn complete_shipment_without_fixed_addressee_requires_release() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    let before = lock(&world.vault).value(created.shipment);
    engine.processing.run(Run::All).await;
    lock(&world.vault).restore(created.shipment, before);
    assert_refused(&world, &engine, &created, &[ReleaseRule::AddresseeUnknown]).await;
    resend(&engine, &created, overriding()).await.unwrap();
    assert_refused(&world, &engine, &created, &[ReleaseRule::AddresseeUnknown]).await;
}

/// The release is recorded, so that nobody can have a PIN sent without a trace.
#[tokio::test]
async fn release_that_cannot_be_recorded_sends_nothing() {
    for done in [false, true] {
        let world = World::new();
        let engine = world.engine();
        let created = world.completed(&engine).await;
        new_manager(&world);
        world.faults.once(Call::Commit, crate::support::Trouble::Lost { done });
        let error = resend(&engine, &created, overriding()).await.unwrap_err();
        assert!(matches!(error, ResendError::Failed(_)), "{error:?}");
        assert_eq!(world.sent().len(), 1);
    }
}

#[tokio::test]
async fn release_that_fails_is_on_the_history() {
    let world = World::new();
    let engine = world.engine();
    let created = world.completed(&engine).await;
    new_manager(&world);
    world.faults.once(Call::Deliver, status(550));
    resend(&engine, &created, overriding()).await.unwrap_err();
    assert_eq!(newest(&world, created.shipment)[1].0, EventKind::PinReleased);
}

#[tokio::test]
async fn failed_parcel_requires_release() {
    for state in [99, 105] {
        let world = World::new();
        let engine = world.engine();
        let created = world.completed(&engine).await;
        lock(&world.delivery).parcel(&created.delivery_id).lost_on_the_way = true;
        world.set_state(&created.delivery_id, Some(state));
        assert_refused(&world, &engine, &created, &[ReleaseRule::ParcelFailed]).await;
        resend(&engine, &created, overriding()).await.unwrap();
        assert_eq!(world.sent().len(), 2);
        assert!(lock(&world.pins).told.is_empty(), "the addressee is the same");
        assert_eq!(newest(&world, created.shipment)[0].0, EventKind::PinReleased);
    }
}

#[tokio::test]
async fn age_over_release_window_requires_release() {
    let world = World::new();
    let engine = world.engine();
    let created = world.completed(&engine).await;
    world.clock.pass(DAY * 30);
    resend(&engine, &created, Release::default()).await.unwrap();
    world.clock.pass(Duration::from_secs(1));
    assert_refused(&world, &engine, &created, &[ReleaseRule::WindowOver]).await;
    new_manager(&world);
    assert_refused(&world, &engine, &created, &[ReleaseRule::AddresseeChanged, ReleaseRule::WindowOver]).await;
    resend(&engine, &created, overriding()).await.unwrap();
    lock(&world.people).users[0].manager = Some(address("boss-of-ada@contoso.example"));
    let unlimited = world.engine_with(|settings| settings.pin_release_window_days = 0);
    resend(&unlimited, &created, Release::default()).await.unwrap();
}

/// Edits the record so that its PIN seems to be sent later than it was.
fn edits_of_times(world: &World, id: ShipmentId) -> [(&'static str, Value); 3] {
    let record = serde_json::to_value(world.shipment(id)).unwrap();
    let mut registered = record["phase"]["before"].clone();
    registered["phase"] = json!("registered");
    [
        ("/phase/at", json!(world.clock.now())),
        ("/phase/at", json!(world.clock.now() + DAY * 100)),
        ("/phase", registered),
    ]
}

#[tokio::test]
async fn edited_record_does_not_extend_the_release_window() {
    for edit in 0..3 {
        let world = World::new();
        let engine = world.engine();
        let created = world.completed(&engine).await;
        world.clock.pass(DAY * 31);
        let (pointer, value) = edits_of_times(&world, created.shipment)[edit].clone();
        lock(&world.records).edit_by_hand(created.shipment, pointer, value);
        assert_refused(&world, &engine, &created, &[ReleaseRule::WindowOver]).await;
    }
}

/// The window starts at the first PIN, however long that was held.
#[tokio::test]
async fn release_window_starts_when_the_pin_is_sent_first() {
    let world = World::new();
    let engine = world.engine_with(hold);
    let created = world.shipped(&engine).await;
    engine.processing.run(Run::All).await;
    world.clock.pass(DAY * 20);
    world.set_state(&created.delivery_id, Some(104));
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.sent().len()), ("complete", 1));
    world.clock.pass(DAY * 30);
    resend(&engine, &created, Release::default()).await.unwrap();
    world.clock.pass(Duration::from_secs(1));
    assert_refused(&world, &engine, &created, &[ReleaseRule::WindowOver]).await;
}

/// The first PIN can go to somebody else by a release. The fixed addressee stays the same.
#[tokio::test]
async fn late_first_release_does_not_fix_another_addressee() {
    let world = World::new();
    let engine = world.engine_with(hold);
    let created = world.shipped(&engine).await;
    engine.processing.run(Run::All).await;
    world.clock.pass(DAY * 20);
    new_manager(&world);
    resend(&engine, &created, overriding()).await.unwrap();
    world.set_state(&created.delivery_id, Some(104));
    assert_refused(&world, &engine, &created, &[ReleaseRule::AddresseeChanged]).await;
    lock(&world.people).users[0].manager = Some(address("boss-of-ada@contoso.example"));
    world.clock.pass(DAY * 30);
    resend(&engine, &created, Release::default()).await.unwrap();
}

fn hold(settings: &mut EngineSettings) {
    settings.hold_pin_until_delivered = true;
}

#[tokio::test]
async fn pin_is_held_until_parcel_is_delivered() {
    let world = World::new();
    let engine = world.engine_with(hold);
    let created = world.shipped(&engine).await;
    engine.processing.run(Run::All).await;
    let (class, message) = world.obstacle(created.shipment);
    assert_eq!((class, world.phase(created.shipment), world.sent().len()), ("retry", "registered", 0));
    assert!(message.contains("the parcel is not delivered yet"), "{message}");
    assert_refused(&world, &engine, &created, &[ReleaseRule::ParcelNotDelivered]).await;
    world.set_state(&created.delivery_id, Some(104));
    hour_later(&world, &engine).await;
    assert_eq!((world.phase(created.shipment), world.sent().len()), ("complete", 1));
}

/// Without a hold, a PIN is sent when its key ships.
#[tokio::test]
async fn release_completes_held_shipment() {
    let world = World::new();
    let engine = world.engine_with(hold);
    let created = world.shipped(&engine).await;
    engine.processing.run(Run::All).await;
    resend(&engine, &created, overriding()).await.unwrap();
    assert_eq!((world.phase(created.shipment), world.sent().len()), ("complete", 1));
}

#[tokio::test]
async fn release_succeeds_if_previous_addressee_cannot_be_told() {
    let world = World::new();
    let engine = world.engine();
    let created = world.completed(&engine).await;
    new_manager(&world);
    world.faults.once(Call::TellReleased, status(550));
    resend(&engine, &created, overriding()).await.unwrap();
    let [(kind, _), (_, detail)] = newest(&world, created.shipment);
    assert_eq!((kind, world.sent().len()), (EventKind::PinReleased, 2));
    assert!(detail.ends_with("the previous addressee was not told"), "{detail}");
}

/// The other side sends the PIN to the manager itself. Keyferry compares the manager before, if it can read it.
#[tokio::test]
async fn changed_manager_is_refused_also_if_the_other_side_looks_it_up() {
    for readable in [false, true] {
        let world = World::new();
        lock(&world.pins).addressing = Addressing::ByTheOtherSide;
        if !readable {
            world.faults.always(Call::Manager, status(403));
        }
        let engine = world.engine();
        let created = world.completed(&engine).await;
        assert!(world.sent()[0].addressees.is_empty());
        new_manager(&world);
        if readable {
            assert_refused(&world, &engine, &created, &[ReleaseRule::AddresseeChanged]).await;
            resend(&engine, &created, overriding()).await.unwrap();
        } else {
            resend(&engine, &created, Release::default()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn other_side_sends_no_pin_to_the_user() {
    let world = World::new();
    lock(&world.pins).addressing = Addressing::ByTheOtherSide;
    lock(&world.people).users[0].manager = Some(address("ada@contoso.example"));
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    engine.processing.run(Run::All).await;
    let (class, message) = world.obstacle(created.shipment);
    assert_eq!((class, world.phase(created.shipment), world.sent().len()), ("attention", "registered", 0));
    assert!(message.contains("the user's own address"), "{message}");
}

async fn cleaned_up(world: &Arc<World>, delete: bool) -> (Created, Engine) {
    let engine = world.engine_with(|settings| settings.delete_secrets_after_window = delete);
    let created = world.completed(&engine).await;
    for days in [30, 1] {
        assert!(lock(&world.vault).has(created.shipment));
        world.clock.pass(DAY * days);
        engine.schedules.clean_up().await.unwrap();
    }
    (created, engine)
}

#[tokio::test]
async fn secret_is_deleted_at_end_of_window_if_set() {
    for delete in [false, true] {
        let world = World::new();
        let (created, engine) = cleaned_up(&world, delete).await;
        assert_eq!(lock(&world.vault).has(created.shipment), !delete);
        assert_eq!(world.phase(created.shipment), "complete", "the record stays");
        let resent = resend(&engine, &created, overriding()).await;
        assert_eq!(matches!(resent, Err(ResendError::Failed(_))), delete, "{resent:?}");
    }
}
