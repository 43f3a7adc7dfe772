//! PINs on a page: shown once, to the addressee.

use std::sync::Arc;

use keyferry_domain::{ActingUser, Caller, CallerId, EventKind, ObjectId, PhaseName};
use keyferry_engine::{
    Created, Engine, EngineSettings, Outcome, PinPageError, PinRelease, Release, ResendError, Run, ShownAfter,
    ShownPin, WhichKey,
};
use tokio::sync::Notify;

use super::lost::lost;
use crate::support::trouble::status;
use crate::support::world::{DAY, HOUR, address, caller, hour_later};
use crate::support::{Call, Life, Trouble, World, lock};

const BOSS: &str = "b1000000-0000-4000-8000-000000000001";
const EVE: &str = "b1000000-0000-4000-8000-000000000002";

fn id(text: &str) -> ObjectId {
    ObjectId::parse(text).unwrap()
}

fn by(user: &str) -> Caller {
    let user = ActingUser { object_id: user.to_owned(), user_name: None, name: None };
    Caller { application: CallerId::new("pages"), user: Some(user) }
}

fn by_page(settings: &mut EngineSettings) {
    settings.pin_release = PinRelease::Page;
    settings.pin_page.set("https://keyferry.example/me/pin/".into());
}

/// Creates a world in which the manager of Ada has an object id.
fn world() -> Arc<World> {
    let world = World::new();
    lock(&world.people).users[0].manager_id = Some(id(BOSS));
    world
}

fn engine(world: &Arc<World>) -> Engine {
    world.engine_with(by_page)
}

/// Returns the token of the newest link.
fn token(world: &World) -> String {
    let link = lock(&world.pins).links.last().unwrap().link.clone();
    link.strip_prefix("https://keyferry.example/me/pin/").unwrap().to_owned()
}

/// Ships a key, and has its link sent.
async fn offered(world: &Arc<World>, engine: &Engine) -> Created {
    let created = world.shipped(engine).await;
    engine.processing.run(Run::All).await;
    created
}

async fn show(engine: &Engine, token: &str, user: &str) -> Result<Vec<ShownPin>, PinPageError> {
    engine.pin_pages.show(token, id(user), by(user), true).await
}

fn refused(shown: Result<Vec<ShownPin>, PinPageError>) -> PinPageError {
    shown.err().expect("the PIN was shown")
}

fn count(world: &World, created: &Created, kind: EventKind) -> usize {
    world.events(created.shipment).iter().filter(|event| event.kind == kind).count()
}

#[tokio::test]
async fn addressee_sees_the_pin_once_and_that_completes_the_shipment() {
    let world = world();
    let engine = engine(&world);
    let created = offered(&world, &engine).await;
    assert_eq!((world.phase(created.shipment), world.sent().len()), ("registered", 0));
    assert_eq!(lock(&world.pins).links[0].addressees, ["boss-of-ada@contoso.example"]);
    assert_eq!(world.faults.count(Call::OpenPin), 0, "nothing is opened before it is shown");
    // Later runs send no second link.
    hour_later(&world, &engine).await;
    assert_eq!((lock(&world.pins).links.len(), world.shipment(created.shipment).obstacle()), (1, None));

    let token = token(&world);
    let offer = engine.pin_pages.look(&token, id(BOSS)).await.unwrap();
    assert!(offer.needs_confirmation && offer.serials.len() == 1, "{offer:?}");
    let error = engine.pin_pages.show(&token, id(BOSS), by(BOSS), false).await;
    assert_eq!(refused(error), PinPageError::NotConfirmed);
    let shown = show(&engine, &token, BOSS).await.ok().unwrap();
    assert_eq!((shown.len(), shown[0].pin.expose().len()), (1, 12));
    assert_eq!(world.phase(created.shipment), "complete");
    let seen = world.events(created.shipment).into_iter().find(|event| event.kind == EventKind::PinSeen).unwrap();
    assert!(!format!("{seen:?}").contains(shown[0].pin.expose()) && format!("{seen:?}").contains(BOSS), "{seen:?}");
    assert_eq!(count(&world, &created, EventKind::Completed), 1);

    assert_eq!(refused(show(&engine, &token, BOSS).await), PinPageError::Used);
    assert_eq!(engine.pin_pages.look(&token, id(BOSS)).await.unwrap_err(), PinPageError::Used);
    // A new link is a release of its own, and does not open the first one again.
    engine.operator.resend_pin(created.delivery_id.as_str(), caller(), Release::default()).await.unwrap();
    assert_eq!(refused(show(&engine, &token, BOSS).await), PinPageError::Unknown);
    let next = self::token(&world);
    assert!(next != token && show(&engine, &next, BOSS).await.is_ok());
    assert_eq!(count(&world, &created, EventKind::PinSeen), 2);
    assert_eq!(world.sent().len(), 0, "no mail contains the PIN");
}

#[tokio::test]
async fn others_and_other_links_see_nothing() {
    let world = world();
    let engine = engine(&world);
    let created = offered(&world, &engine).await;
    let token = token(&world);
    let ada = lock(&world.people).users[0].object_id.to_string();
    for other in [EVE, &ada] {
        assert_eq!(engine.pin_pages.look(&token, id(other)).await.unwrap_err(), PinPageError::NotAddressee);
        assert_eq!(refused(show(&engine, &token, other).await), PinPageError::NotAddressee);
    }
    let (shipment, _) = token.split_once('.').unwrap();
    for wrong in [&token[..token.len() - 1], &format!("{token}A"), &format!("{shipment}."), shipment, "", "x.y"] {
        assert_eq!(refused(show(&engine, wrong, BOSS).await), PinPageError::Unknown, "{wrong}");
    }
    assert_eq!(world.faults.count(Call::OpenPin), 0);
    assert_eq!(count(&world, &created, EventKind::PinSeen), 0);
    // Without the setting, no link works.
    assert_eq!(refused(show(&world.engine(), &token, BOSS).await), PinPageError::Unknown);
    assert!(show(&engine, &token, BOSS).await.is_ok());
}

#[tokio::test]
async fn two_browsers_at_once_see_the_pin_once() {
    let world = world();
    let engine = engine(&world);
    let created = offered(&world, &engine).await;
    let (token, gate) = (token(&world), Arc::new(Notify::new()));
    world.faults.once(Call::OpenPin, Trouble::Hold(gate.clone()));
    let second = async {
        while world.faults.count(Call::OpenPin) == 0 {
            tokio::task::yield_now().await;
        }
        let second = show(&engine, &token, BOSS).await;
        gate.notify_one();
        second
    };
    let (first, second) = tokio::join!(show(&engine, &token, BOSS), second);
    assert_eq!(refused(second), PinPageError::Busy);
    assert!(first.is_ok());
    assert_eq!(refused(show(&engine, &token, BOSS).await), PinPageError::Used);
    assert_eq!(count(&world, &created, EventKind::PinSeen), 1);
}

/// The process dies at each step of the release: the PIN is never shown twice, and an unused link stays usable.
#[tokio::test]
async fn death_at_any_step_never_shows_the_pin_twice() {
    let steps = [Call::Status, Call::OpenPin, Call::Commit, Call::ReplaceSecret, Call::AppendJournal];
    for (call, done) in steps.into_iter().flat_map(|call| [(call, false), (call, true)]) {
        let world = world();
        let created = offered(&world, &engine(&world)).await;
        let token = token(&world);
        let (mortal, life): (Engine, Arc<Life>) = world.living_engine(by_page);
        world.faults.once(call, Trouble::Crash { done });
        tokio::select! {
            _ = show(&mortal, &token, BOSS) => panic!("{call:?}: the process should have died"),
            () = life.ended() => {}
        }
        let next = engine(&world);
        world.clock.pass(HOUR);
        let is_open = matches!(call, Call::Status | Call::OpenPin) || (call == Call::Commit && !done);
        let shown = show(&next, &token, BOSS).await;
        assert_eq!(shown.is_ok(), is_open, "{call:?} {done}");
        if !is_open {
            assert_eq!(refused(shown), PinPageError::Used, "{call:?} {done}");
        }
        hour_later(&world, &next).await;
        assert_eq!(world.phase(created.shipment), "complete", "{call:?} {done}");
        assert_eq!((count(&world, &created, EventKind::PinSeen), lock(&world.pins).links.len()), (1, 1));
    }
}

/// The process dies while it sends the link: the next run sends another one, and only the newest link works.
#[tokio::test]
async fn death_while_sending_the_link_leaves_one_link_that_works() {
    for (call, done) in [(Call::ReplaceSecret, true), (Call::Deliver, false), (Call::Deliver, true)] {
        let world = world();
        let (mortal, life) = world.living_engine(by_page);
        let created = world.shipped(&mortal).await;
        world.faults.once(Call::Person, status(503));
        world.faults.once(call, Trouble::Crash { done });
        tokio::select! {
            _ = async { loop { hour_later(&world, &mortal).await; } } => {}
            () = life.ended() => {}
        }
        let next = engine(&world);
        for _ in 0..3 {
            hour_later(&world, &next).await;
        }
        let links: Vec<_> = lock(&world.pins).links.iter().map(|link| link.message_id.clone()).collect();
        let expected = if call == Call::Deliver && done { 2 } else { 1 };
        assert_eq!(links.len(), expected, "{call:?} {done}");
        assert_eq!(links.iter().collect::<std::collections::BTreeSet<_>>().len(), expected, "no mail is dropped");
        assert!(show(&next, &token(&world), BOSS).await.is_ok());
        assert_eq!(world.phase(created.shipment), "complete");
    }
}

#[tokio::test]
async fn outage_does_not_waste_the_link() {
    let world = world();
    let engine = engine(&world);
    offered(&world, &engine).await;
    let token = token(&world);
    for call in [Call::Status, Call::OpenPin] {
        world.faults.once(call, status(503));
        assert!(matches!(refused(show(&engine, &token, BOSS).await), PinPageError::Failed(_)));
    }
    assert!(show(&engine, &token, BOSS).await.is_ok());
}

#[tokio::test]
async fn expired_link_needs_an_operator() {
    let world = world();
    let engine = engine(&world);
    let created = offered(&world, &engine).await;
    let old = token(&world);
    world.clock.pass(31 * DAY);
    assert_eq!(refused(show(&engine, &old, BOSS).await), PinPageError::Expired);
    engine.processing.run(Run::All).await;
    let (class, message) = world.obstacle(created.shipment);
    assert!(class == "attention" && message.contains("has expired"), "{message}");
    engine.operator.resend_pin(created.delivery_id.as_str(), caller(), Release::default()).await.unwrap();
    hour_later(&world, &engine).await;
    assert_eq!(world.shipment(created.shipment).obstacle(), None);
    assert_eq!(world.phase(created.shipment), "registered");
    assert_eq!(refused(show(&engine, &old, BOSS).await), PinPageError::Unknown);
    assert!(show(&engine, &token(&world), BOSS).await.is_ok());
}

#[tokio::test]
async fn changed_manager_needs_a_release_and_then_the_old_link_is_closed() {
    let world = world();
    let engine = engine(&world);
    let created = offered(&world, &engine).await;
    let old = token(&world);
    lock(&world.people).users[0].manager_id = Some(id(EVE));
    lock(&world.people).users[0].manager = Some(address("eve@contoso.example"));
    // Neither the old manager, who is no addressee any more, nor the new one, to whom nothing was released.
    assert_eq!(refused(show(&engine, &old, BOSS).await), PinPageError::Refused);
    assert_eq!(refused(show(&engine, &old, EVE).await), PinPageError::NotAddressee);
    let plain = engine.operator.resend_pin(created.delivery_id.as_str(), caller(), Release::default()).await;
    assert!(matches!(plain, Err(ResendError::Refused { .. })), "{plain:?}");
    let release = Release { reason: Some("the manager left".into()), may_override: true };
    engine.operator.resend_pin(created.delivery_id.as_str(), caller(), release).await.unwrap();
    assert_eq!(lock(&world.pins).told, ["boss-of-ada@contoso.example"]);
    assert_eq!(refused(show(&engine, &old, BOSS).await), PinPageError::Unknown);
    assert_eq!(refused(show(&engine, &token(&world), BOSS).await), PinPageError::NotAddressee);
    assert!(show(&engine, &token(&world), EVE).await.is_ok());
}

#[tokio::test]
async fn renamed_people_keep_their_link() {
    let world = world();
    let engine = engine(&world);
    offered(&world, &engine).await;
    lock(&world.people).users[0].manager = Some(address("boss.married@contoso.example"));
    assert!(show(&engine, &token(&world), BOSS).await.is_ok());
}

/// Only the primary address in the directory decides, if only an address is known.
#[tokio::test]
async fn contact_is_compared_with_the_primary_address() {
    let world = World::new();
    let engine = engine(&world);
    offered(&world, &engine).await;
    let (boss, other) = {
        let mut people = lock(&world.people);
        let (boss, other) = (people.add("boss"), people.add("other"));
        people.users[boss].mail = Some(address("Boss-of-Ada@contoso.example"));
        people.users[other].mail = Some(address("boss-of-ada+x@contoso.example"));
        people.users[other].aliases = vec!["boss-of-ada@contoso.example".into()];
        (people.users[boss].object_id.to_string(), people.users[other].object_id.to_string())
    };
    let token = token(&world);
    assert_eq!(refused(show(&engine, &token, &other).await), PinPageError::NotAddressee);
    assert_eq!(refused(show(&engine, &token, EVE).await), PinPageError::NotAddressee);
    assert!(show(&engine, &token, &boss).await.is_ok());
}

#[tokio::test]
async fn parcel_must_be_delivered_if_the_setting_says_so() {
    let world = world();
    let engine = world.engine_with(|settings| {
        by_page(settings);
        settings.pin_shown_after = ShownAfter::Delivery;
    });
    let created = offered(&world, &engine).await;
    let token = token(&world);
    assert_eq!(engine.pin_pages.look(&token, id(BOSS)).await.unwrap_err(), PinPageError::NotDelivered);
    assert_eq!(refused(show(&engine, &token, BOSS).await), PinPageError::NotDelivered);
    world.set_state(&created.delivery_id, Some(104));
    let shown = engine.pin_pages.show(&token, id(BOSS), by(BOSS), false).await;
    assert!(shown.is_ok());
}

/// An editor of the record cannot open a link again, and a restored database cannot either.
#[tokio::test]
async fn edited_record_opens_no_link_again() {
    let world = world();
    let engine = engine(&world);
    let created = offered(&world, &engine).await;
    let token = token(&world);
    let before = world.shipment(created.shipment);
    assert_eq!(before.phase().name(), PhaseName::Registered);
    show(&engine, &token, BOSS).await.ok().unwrap();
    lock(&world.records).edit_by_hand(created.shipment, "/pin_link", serde_json::Value::Null);
    assert_eq!(refused(show(&engine, &token, BOSS).await), PinPageError::Used);
}

/// Also while the removal of its passkey fails.
#[tokio::test]
async fn link_of_a_lost_key_shows_nothing() {
    let world = world();
    let engine = engine(&world);
    let created = offered(&world, &engine).await;
    let token = token(&world);
    world.faults.always(Call::DeleteMethod, status(503));
    let done = engine.operator.report_lost(lost(WhichKey::Last)).await.unwrap();
    assert!(done.left.is_some() && world.phase(created.shipment) == "registered", "{done:?}");
    assert_eq!(refused(show(&engine, &token, BOSS).await), PinPageError::Revoked);
    hour_later(&world, &engine).await;
    assert_eq!((world.phase(created.shipment), lock(&world.pins).links.len()), ("registered", 1), "no new link");
    world.faults.heal();
    world.clock.pass(DAY);
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.methods(0)), ("cancelled", 0));
    assert_eq!(refused(show(&engine, &token, BOSS).await), PinPageError::Unknown);
    assert_eq!(world.faults.count(Call::OpenPin), 0);
}

/// A shipment that is settled without the page has no open link.
#[tokio::test]
async fn settled_shipment_has_no_open_link() {
    let world = world();
    let engine = engine(&world);
    let created = offered(&world, &engine).await;
    let token = token(&world);
    let before = serde_json::to_value(world.shipment(created.shipment)).unwrap();
    let settled = engine.operator.resolve(created.delivery_id.as_str(), caller(), "by phone".into(), Outcome::Complete);
    settled.await.unwrap();
    assert_eq!(engine.pin_pages.look(&token, id(BOSS)).await.unwrap_err(), PinPageError::Closed);
    assert_eq!(refused(show(&engine, &token, BOSS).await), PinPageError::Closed);
    // The secret has it as well, where no editor of the record can open it again.
    for member in ["phase", "pin_link"] {
        lock(&world.records).edit_by_hand(created.shipment, &format!("/{member}"), before[member].clone());
    }
    assert_eq!(refused(show(&engine, &token, BOSS).await), PinPageError::Used);
    assert_eq!((world.faults.count(Call::OpenPin), count(&world, &created, EventKind::PinSeen)), (0, 0));
    // A resend is a release of its own.
    engine.operator.resend_pin(created.delivery_id.as_str(), caller(), Release::default()).await.unwrap();
    assert!(show(&engine, &self::token(&world), BOSS).await.is_ok());
}

#[tokio::test]
async fn link_stays_closed_when_the_secret_cannot_be_written() {
    let world = world();
    let engine = engine(&world);
    let created = offered(&world, &engine).await;
    let token = token(&world);
    world.faults.once(Call::ReplaceSecret, status(503));
    let settled = engine.operator.resolve(created.delivery_id.as_str(), caller(), "by phone".into(), Outcome::Complete);
    settled.await.unwrap();
    assert_eq!(refused(show(&engine, &token, BOSS).await), PinPageError::Closed);
}

/// A database restored from a backup forgets that the link was used. The journal does not.
#[tokio::test]
async fn run_after_a_restore_does_not_open_a_used_link() {
    let world = world();
    let engine = engine(&world);
    let created = offered(&world, &engine).await;
    let token = token(&world);
    let (records, secrets) = (lock(&world.records).clone(), lock(&world.vault).clone());
    show(&engine, &token, BOSS).await.ok().unwrap();
    *lock(&world.records) = records;
    *lock(&world.vault) = secrets;
    assert_eq!(refused(show(&engine, &token, BOSS).await), PinPageError::Used);
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(created.shipment), "complete");
    assert_eq!(refused(show(&engine, &token, BOSS).await), PinPageError::Closed);
    assert_eq!(world.faults.count(Call::OpenPin), 1);
}

/// A PIN that an operator sends by mail, after the setting was changed, leaves no link that works later.
#[tokio::test]
async fn mail_closes_the_link() {
    let world = world();
    let by_page = engine(&world);
    let created = offered(&world, &by_page).await;
    let token = token(&world);
    let by_mail = world.engine();
    by_mail.operator.resend_pin(created.delivery_id.as_str(), caller(), Release::default()).await.unwrap();
    assert_eq!(world.sent().len(), 1);
    assert_eq!(refused(show(&by_page, &token, BOSS).await), PinPageError::Closed);
}
