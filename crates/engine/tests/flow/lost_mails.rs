//! Mails about a lost key, to the person and to the manager.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::{ActingUser, Caller, CallerId, EventKind, Language, ObjectId, PersonMail, ShipmentId};
use keyferry_engine::{Engine, EngineSettings, LostKey, NewKeyOrder, Run, WhichKey};

use super::lost::{CLAIM, lost, replacements};
use super::queue::Dispatching;
use crate::support::trouble::status;
use crate::support::world::{HOUR, ada, address, caller, hour_later};
use crate::support::{Call, Trouble, World, lock};

const ADA: &str = "ada@contoso.example";
const BOSS: &str = "boss-of-ada@contoso.example";
const REASON: &str = "left on a train";

fn mails(settings: &mut EngineSettings) {
    settings.person_mails = vec![PersonMail::Lost];
    settings.person_contact = Some("desk, +1 555 0100".into());
}

fn world() -> (Arc<World>, Engine) {
    let world = World::new();
    lock(&world.people).users[0].mail = Some(address(ADA));
    let engine = world.engine_with(mails);
    (world, engine)
}

/// Returns the mails: addressee, and what it is about.
fn news(world: &World) -> Vec<(String, &'static str)> {
    lock(&world.pins).news.iter().map(|mail| (mail.addressee.clone(), mail.about)).collect()
}

fn both() -> Vec<(String, &'static str)> {
    vec![(ADA.to_owned(), "lost"), (BOSS.to_owned(), "lost_to_manager")]
}

fn details(world: &World, id: ShipmentId, kind: EventKind) -> Vec<String> {
    world.events(id).into_iter().filter(|event| event.kind == kind).map(|event| event.detail).collect()
}

fn of(id: ShipmentId) -> LostKey {
    lost(WhichKey::Shipment(id.to_string()))
}

/// Reports the key, and lets the task with the mails run.
async fn report(engine: &Engine, lost: LostKey) {
    engine.operator.report_lost(lost).await.unwrap();
    yield_often().await;
}

async fn yield_often() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn person_and_manager_are_told_in_their_languages() {
    let (world, engine) = world();
    lock(&world.people).users[0].manager_language = Some(Language::German);
    let old = world.completed(&engine).await.shipment;
    report(&engine, of(old)).await;
    let languages: Vec<_> = lock(&world.pins).news.iter().map(|mail| mail.language).collect();
    assert_eq!(languages, [Language::English, Language::German]);
    assert_eq!(world.sent()[0].language, Language::German, "the PIN went to the manager");
}

#[tokio::test]
async fn manager_whose_account_is_disabled_is_not_told() {
    let (world, engine) = world();
    let old = world.completed(&engine).await.shipment;
    lock(&world.people).users[0].manager_enabled = Some(false);
    report(&engine, of(old)).await;
    assert_eq!(news(&world), [(ADA.to_owned(), "lost")]);
    let detail = &details(&world, old, EventKind::PersonNotMailed)[0];
    assert!(detail.contains("to the manager is not sent: the account of the manager is disabled"), "{detail}");
}

#[tokio::test]
async fn person_and_manager_are_told_at_once_and_once() {
    let (world, engine) = world();
    let old = world.completed(&engine).await.shipment;
    assert!(news(&world).is_empty(), "nothing is planned with the order");
    let user = ActingUser { object_id: "d1".into(), user_name: None, name: Some("Grace Hopper".into()) };
    let by = Caller { application: CallerId::new("console"), user: Some(user) };
    report(&engine, LostKey { by, ..of(old) }).await;
    assert_eq!(news(&world), both(), "without a run");
    let shipment = world.shipment(old);
    let serial = shipment.phase().fulfilled().unwrap().keys[0].serial.clone();
    let sent = lock(&world.pins).news.clone();
    for mail in &sent {
        assert_eq!(mail.detail, format!("{serial}, by Grace Hopper, next key: ordered"));
        assert_eq!(
            (mail.user_name.as_str(), mail.contact.as_str()),
            ("Person ada@contoso.example", "desk, +1 555 0100")
        );
        assert!(mail.object.is_none() && mail.link.is_none());
    }
    let ids: Vec<_> = sent.iter().map(|mail| mail.message_id.clone()).collect();
    assert_eq!(ids, [format!("{old}.lost"), format!("{old}.lost_to_manager")]);
    assert!(!format!("{sent:?}").contains(REASON) && !format!("{sent:?}").contains("Secret Street"));
    assert!(!format!("{sent:?}").contains(&world.sent()[0].pin));
    assert_eq!(
        details(&world, old, EventKind::PersonMailed),
        ["the mail about \"lost\" was sent to the person", "the mail about \"lost\" was sent to the manager"]
    );
    report(&engine, of(old)).await;
    hour_later(&world, &engine).await;
    assert_eq!((news(&world).len(), world.shipment(old).next_attempt()), (2, None), "a repeated report sends nothing");
}

#[tokio::test]
async fn without_the_setting_nobody_is_told() {
    let (world, _) = world();
    let engine = world.engine();
    let old = world.completed(&engine).await.shipment;
    report(&engine, of(old)).await;
    hour_later(&world, &world.engine_with(mails)).await;
    assert!(news(&world).is_empty(), "a report of before the setting is over");
}

/// Until the passkey is gone, a mail that the key cannot be used would be wrong.
#[tokio::test]
async fn mails_wait_for_the_removal_and_nothing_waits_for_the_mails() {
    let (world, engine) = world();
    let old = world.completed(&engine).await.shipment;
    world.faults.once(Call::DeleteMethod, status(503));
    world.faults.always(Call::MailPerson, status(550));
    report(&engine, of(old)).await;
    assert_eq!((replacements(&engine).await.len(), world.faults.count(Call::MailPerson)), (1, 0));
    hour_later(&world, &engine).await;
    assert_eq!(world.methods(0), 0);
    assert!(!world.shipment(old).is_being_withdrawn() && world.shipment(old).obstacle().is_none());
    assert!(world.faults.count(Call::MailPerson) > 0);
    for _ in 0..150 {
        world.clock.pass(HOUR);
        engine.processing.run(Run::Due).await;
    }
    let given_up = details(&world, old, EventKind::PersonNotMailed);
    assert_eq!(given_up.len(), 2, "{given_up:?}");
    assert!(given_up[0].starts_with("the mail about \"lost\" to the manager was not sent in 10 attempts"));
    assert!(given_up[1].starts_with("the mail about \"lost\" was not sent in 10 attempts"), "{given_up:?}");
    assert_eq!((world.shipment(old).next_attempt(), world.shipment(old).obstacle()), (None, None));
}

/// Whoever reports keys that are not lost must not be able to count on one full mailbox.
#[tokio::test]
async fn one_who_cannot_be_reached_costs_the_other_nothing() {
    let (world, engine) = world();
    let old = world.completed(&engine).await.shipment;
    world.faults.once(Call::MailPerson, status(550));
    report(&engine, of(old)).await;
    let reversed: Vec<_> = both().into_iter().rev().collect();
    assert_eq!(news(&world), reversed, "the manager is told although the person's mailbox was full");

    for (prepare, told, reason) in [
        (0, BOSS, "the mail about \"lost\" is not sent: the person has no mail address in the directory"),
        (1, BOSS, "the mail about \"lost\" is not sent: the account of the person is disabled"),
        (2, ADA, "the mail about \"lost\" to the manager is not sent: the person has no manager in the directory"),
        (
            3,
            ADA,
            "the mail about \"lost\" to the manager is not sent: the manager has no mail address in the directory",
        ),
        (4, ADA, "the mail about \"lost\" to the manager is not sent: the manager in the directory is the person"),
    ] {
        let (world, engine) = self::world();
        let old = world.completed(&engine).await.shipment;
        {
            let user = &mut lock(&world.people).users[0];
            match prepare {
                0 => user.mail = None,
                1 => user.enabled = false,
                2 => user.has_manager = false,
                3 => user.manager = None,
                _ => user.manager_id = Some(user.object_id),
            }
        }
        report(&engine, of(old)).await;
        assert_eq!(news(&world).iter().map(|(to, _)| to.as_str()).collect::<Vec<_>>(), [told], "{reason}");
        assert_eq!(details(&world, old, EventKind::PersonNotMailed), [reason]);
        assert!(world.shipment(old).obstacle().is_none() && replacements(&engine).await.len() == 1);
    }
}

#[tokio::test]
async fn renamed_person_is_told_and_the_new_owner_of_the_name_is_not() {
    let (world, engine) = world();
    let old = world.completed(&engine).await.shipment;
    {
        let mut people = lock(&world.people);
        people.rename(0, "ada.king@contoso.example".into());
        people.users[0].mail = Some(address("ada.king@contoso.example"));
        let other = people.add("eve");
        people.rename(other, ADA.into());
        people.users[other].mail = Some(address("eve@contoso.example"));
    }
    report(&engine, of(old)).await;
    let to: Vec<_> = news(&world).into_iter().map(|(to, _)| to).collect();
    assert_eq!(to, ["ada.king@contoso.example", BOSS]);
}

#[tokio::test]
async fn edited_record_directs_no_mail_to_another_person() {
    let (world, _) = world();
    let engine = world.engine_with(|settings| {
        mails(settings);
        settings.person_mails.push(PersonMail::Registered);
    });
    let old = world.completed(&engine).await.shipment;
    hour_later(&world, &engine).await;
    assert_eq!(news(&world).len(), 1, "the first mail fixed the person");
    let (dying, life) = world.living_engine(mails);
    world.faults.once(Call::MailPerson, Trouble::Crash { done: false });
    tokio::select! {
        () = report(&dying, of(old)) => yield_often().await,
        () = life.ended() => {}
    }
    lock(&world.people).add("eve");
    lock(&world.people).users[1].mail = Some(address("eve@contoso.example"));
    let eve: ObjectId = lock(&world.people).users[1].object_id;
    lock(&world.records).edit_by_hand(old, "/keys/0/credentials/0/object_id", serde_json::json!(eve));
    world.clock.pass(CLAIM);
    engine.processing.run(Run::All).await;
    assert_eq!(news(&world).len(), 1, "{:?}", lock(&world.pins).news);
    assert_eq!(details(&world, old, EventKind::PersonNotMailed).len(), 2);
}

#[tokio::test]
async fn no_word_about_returned_keys_and_people_who_left() {
    let (world, engine) = world();
    let old = world.completed(&engine).await.shipment;
    assert!(engine.operator.offboard(&ada(), caller(), "she left").await.unwrap().is_complete());
    yield_often().await;
    hour_later(&world, &engine).await;
    assert!(news(&world).is_empty() && world.shipment(old).due_mail().is_none());

    // She leaves before the mails about the loss are sent.
    let (world, engine) = self::world();
    let old = world.completed(&engine).await.shipment;
    world.faults.always(Call::MailPerson, status(451));
    report(&engine, of(old)).await;
    assert!(world.shipment(old).due_mail().is_some());
    assert!(engine.operator.offboard(&ada(), caller(), "she left").await.unwrap().is_complete());
    world.faults.heal();
    hour_later(&world, &engine).await;
    assert!(news(&world).is_empty() && world.shipment(old).next_attempt().is_none());
}

/// Records are kept while a mail about them is owed, but not for one that the settings do not ask for any more.
#[tokio::test]
async fn clean_up_keeps_a_record_that_owes_word() {
    let (world, _) = world();
    let engine = world.engine_with(|settings| {
        mails(settings);
        settings.cleanup_completed_days = 90;
    });
    let old = world.completed(&engine).await.shipment;
    world.clock.pass(400 * HOUR * 24);
    world.faults.always(Call::MailPerson, status(451));
    report(&engine, of(old)).await;
    engine.schedules.clean_up().await.unwrap();
    assert!(world.try_shipment(old).is_some_and(|shipment| shipment.due_mail().is_some()));
    let without = world.engine_with(|settings| settings.cleanup_completed_days = 90);
    without.schedules.clean_up().await.unwrap();
    assert!(world.try_shipment(old).is_none());
}

#[tokio::test]
async fn parcel_that_was_lost_before_its_key_was_registered() {
    for is_made in [false, true] {
        let (world, engine) = world();
        let created = world.ordered(&engine).await;
        if is_made {
            world.ship(&created.delivery_id);
            world.faults.always(Call::Register, status(503));
            engine.processing.run(Run::All).await;
        }
        let lost = LostKey { replacement: NewKeyOrder::None, ..of(created.shipment) };
        report(&engine, lost).await;
        world.faults.heal();
        hour_later(&world, &engine).await;
        assert_eq!(news(&world), both(), "{is_made}");
        let detail = lock(&world.pins).news[0].detail.clone();
        assert!(detail.ends_with("by nobody named, next key: none"), "{detail}");
        assert_eq!(detail.starts_with('-'), !is_made, "{detail}");
    }
}

/// Dies at every call of the report with its mails. Each of the two is told at least once, and the next key is ordered
/// once.
#[tokio::test]
async fn word_survives_a_crash_at_every_call() {
    let mut finished = 0;
    for (number, done) in (0..90).flat_map(|number| [(number, false), (number, true)]) {
        let (world, setup) = world();
        let old = world.completed(&setup).await.shipment;
        let (engine, life) = world.living_engine(mails);
        world.faults.at(world.faults.total() + number, Trouble::Crash { done });
        let is_alive = tokio::select! {
            () = report(&engine, of(old)) => true,
            () = life.ended() => false,
        };
        world.faults.heal();
        let next = world.engine_with(mails);
        world.clock.pass(CLAIM);
        let case = format!("call {number}, done {done}, alive {is_alive}");
        if world.shipment(old).withdrawal().is_none() {
            assert!(news(&world).is_empty(), "{case}");
            report(&next, of(old)).await;
        }
        next.processing.run(Run::All).await;
        let sent = lock(&world.pins).news.clone();
        for about in ["lost", "lost_to_manager"] {
            let ids: Vec<_> = sent.iter().filter(|mail| mail.about == about).map(|mail| &mail.message_id).collect();
            assert!(matches!(ids.len(), 1 | 2) && ids.iter().all(|id| *id == ids[0]), "{case}: {about} {sent:?}");
        }
        assert!(sent.len() <= 3, "{case}: one crash repeats at most one mail");
        assert_eq!(details(&world, old, EventKind::PersonMailed).len(), 2, "{case}");
        assert_eq!((world.methods(0), replacements(&next).await.len()), (0, 1), "{case}");
        let dispatching = Dispatching::start(&world, &next);
        dispatching.pass(Duration::from_secs(60)).await;
        dispatching.end().await;
        assert_eq!(world.orders(), 2, "{case}");
        finished += usize::from(is_alive);
        if finished == 4 {
            return;
        }
    }
    panic!("the act needs more calls than were tried");
}
