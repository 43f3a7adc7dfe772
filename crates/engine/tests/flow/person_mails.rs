//! Mails to the person whom a key is for, and objections.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::{
    ActingUser, Caller, CallerId, EventKind, FailureKind, Language, ObjectId, OrderInfo, PersonMail,
};
use keyferry_engine::{
    Created, Engine, EngineSettings, LanguageRule, Outcome, PersonPageError, QueueRequest, Release, ResendError, Run,
};

use super::queue::{Dispatching, enqueue, queued};
use crate::support::trouble::status;
use crate::support::world::{DAY, HOUR, address, caller, hour_later};
use crate::support::{Call, Trouble, World, lock};

const MINUTE: Duration = Duration::from_secs(60);

const EVE: &str = "b1000000-0000-4000-8000-000000000002";

fn by(user: ObjectId) -> Caller {
    let user = ActingUser { object_id: user.to_string(), user_name: None, name: None };
    Caller { application: CallerId::new("pages"), user: Some(user) }
}

fn all_mails(settings: &mut EngineSettings) {
    settings.person_mails = PersonMail::SETTABLE.to_vec();
    settings.person_contact = Some("desk, +1 555 0100".into());
    settings.object_page.set("https://keyferry.example/me/object/".into());
}

/// Creates a world in which Ada has a mail address, and an engine that sends all mails.
fn world() -> (Arc<World>, Engine) {
    let world = World::new();
    lock(&world.people).users[0].mail = Some(address("ada@contoso.example"));
    let engine = world.engine_with(all_mails);
    (world, engine)
}

fn ada_id(world: &World) -> ObjectId {
    lock(&world.people).users[0].object_id
}

fn news(world: &World) -> Vec<&'static str> {
    lock(&world.pins).news.iter().map(|mail| mail.about).collect()
}

/// Returns the token of the newest link to object.
fn token(world: &World) -> String {
    let link = lock(&world.pins).news.iter().rev().find_map(|mail| mail.object.clone()).unwrap();
    link.strip_prefix("https://keyferry.example/me/object/").unwrap().to_owned()
}

fn count(world: &World, created: &Created, kind: EventKind) -> usize {
    world.events(created.shipment).iter().filter(|event| event.kind == kind).count()
}

async fn run(engine: &Engine) {
    engine.processing.run(Run::All).await;
}

#[tokio::test]
async fn person_is_told_three_times_and_each_once() {
    let (world, engine) = world();
    let created = world.ordered(&engine).await;
    run(&engine).await;
    assert_eq!(news(&world), ["ordered"]);
    let first = lock(&world.pins).news[0].clone();
    assert_eq!((first.addressee.as_str(), first.detail.as_str()), ("ada@contoso.example", "Springfield, US"));
    assert_eq!((first.contact.as_str(), first.user_name.as_str()), ("desk, +1 555 0100", "Person ada@contoso.example"));
    hour_later(&world, &engine).await;
    assert_eq!(news(&world), ["ordered"], "each mail is sent once");

    world.ship(&created.delivery_id);
    hour_later(&world, &engine).await;
    assert_eq!(news(&world), ["ordered", "shipped", "registered"]);
    assert_eq!((world.phase(created.shipment), world.sent().len()), ("complete", 1));
    hour_later(&world, &engine).await;
    assert_eq!((news(&world).len(), count(&world, &created, EventKind::PersonMailed)), (3, 3));
    assert_eq!(world.shipment(created.shipment).next_attempt(), None);
    let ids: Vec<_> = lock(&world.pins).news.iter().map(|mail| mail.message_id.clone()).collect();
    assert_eq!(ids, ["ordered", "shipped", "registered"].map(|name| format!("{}.{name}", created.shipment)));
    let events = format!("{:?}", world.events(created.shipment));
    assert!(!events.contains("Springfield") && !events.contains("me/object"), "{events}");
    let pin = world.sent()[0].pin.clone();
    assert!(!format!("{:?}", lock(&world.pins).news).contains(&pin));
}

/// Ada and her boss prefer different languages, and each gets the own one.
#[tokio::test]
async fn mails_are_in_the_language_of_their_addressee() {
    for (rule, of_ada, of_boss) in [
        ("directory,en", Language::German, Language::English),
        ("directory,de", Language::German, Language::German),
        ("en", Language::English, Language::English),
    ] {
        let world = World::new();
        lock(&world.people).users[0].mail = Some(address("ada@contoso.example"));
        lock(&world.people).users[0].language = Some(Language::German);
        let engine = world.engine_with(|settings| {
            all_mails(settings);
            settings.mail_language = rule_of(rule);
        });
        world.shipped(&engine).await;
        run(&engine).await;
        let languages: Vec<_> = lock(&world.pins).news.iter().map(|mail| mail.language).collect();
        assert_eq!(languages, [of_ada; 3], "{rule}");
        assert_eq!(world.sent()[0].language, of_boss, "{rule}: the directory has no language of the boss");
    }
}

/// Returns the rule as the setting would be read.
fn rule_of(text: &str) -> LanguageRule {
    LanguageRule::parse(text).unwrap()
}

#[tokio::test]
async fn without_the_setting_nobody_is_told_and_one_that_is_off_again_ends() {
    let (world, engine) = world();
    let silent = world.engine();
    let created = world.ordered(&silent).await;
    run(&engine).await;
    assert!(world.shipment(created.shipment).due_mail().is_none() && news(&world).is_empty());
    let planned = world.ordered(&engine).await;
    assert!(world.shipment(planned.shipment).due_mail().is_some());
    run(&silent).await;
    assert!(news(&world).is_empty());
    assert_eq!(world.shipment(planned.shipment).due_mail(), None, "a mail that is not wanted keeps no run busy");
    assert_eq!(count(&world, &planned, EventKind::PersonNotMailed), 0);
}

/// The registration and the PIN must not wait for a courtesy.
#[tokio::test]
async fn mail_failure_delays_neither_registration_nor_pin_and_ends_in_an_event() {
    let (world, engine) = world();
    let created = world.shipped(&engine).await;
    world.faults.always(Call::MailPerson, status(550));
    run(&engine).await;
    assert_eq!((world.phase(created.shipment), world.sent().len()), ("complete", 1));
    assert!(world.shipment(created.shipment).obstacle().is_none());
    assert_eq!(world.shipment(created.shipment).mail_attempts(), 1);
    for _ in 0..60 {
        world.clock.pass(HOUR);
        engine.processing.run(Run::Due).await;
    }
    assert_eq!(count(&world, &created, EventKind::PersonNotMailed), 1, "{:?}", world.events(created.shipment));
    world.faults.heal();
    for _ in 0..24 {
        hour_later(&world, &engine).await;
    }
    assert_eq!(news(&world), ["shipped", "registered"], "the next ones are tried on their own");
}

#[tokio::test]
async fn mail_system_that_does_not_answer_is_left_alone() {
    let (world, engine) = world();
    for _ in 0..12 {
        world.ordered(&engine).await;
    }
    world.faults.always(Call::MailPerson, Trouble::Refuse(FailureKind::TimedOut));
    engine.processing.run(Run::All).await;
    let tried = world.faults.count(Call::MailPerson);
    assert!((3..=6).contains(&tried), "{tried}");
    let report = engine.processing.run(Run::Due).await;
    assert_eq!(world.faults.count(Call::MailPerson), tried, "not before the pause is over");
    assert!(report.next_due.unwrap() > world.clock.now() + TimeDelta::minutes(4), "{report:?}");
    world.faults.heal();
    world.clock.pass(HOUR);
    run(&engine).await;
    assert_eq!(news(&world).len(), 12);
}

#[tokio::test]
async fn person_without_mail_or_with_another_identity_is_not_told() {
    let (world, engine) = world();
    lock(&world.people).users[0].mail = None;
    let created = world.ordered(&engine).await;
    run(&engine).await;
    assert_eq!(count(&world, &created, EventKind::PersonNotMailed), 1);
    assert!(world.shipment(created.shipment).obstacle().is_none(), "it is no obstacle");

    // Renamed: found by the object id that was fixed.
    lock(&world.people).users[0].mail = Some(address("ada@contoso.example"));
    let renamed = world.ordered(&engine).await;
    run(&engine).await;
    lock(&world.people).rename(0, "ada.king@contoso.example".into());
    lock(&world.people).users[0].mail = Some(address("ada.king@contoso.example"));
    world.ship(&renamed.delivery_id);
    hour_later(&world, &engine).await;
    let last = lock(&world.pins).news.last().cloned().unwrap();
    assert_eq!((last.shipment, last.addressee.as_str()), (renamed.shipment, "ada.king@contoso.example"));
}

/// A person who was deleted, and a directory that is down, must not stop other mails for ever.
#[tokio::test]
async fn directory_that_is_down_costs_no_mail() {
    let (world, engine) = world();
    let created = world.ordered(&engine).await;
    world.faults.always(Call::Person, status(503));
    run(&engine).await;
    assert!(news(&world).is_empty());
    world.faults.heal();
    world.clock.pass(HOUR);
    run(&engine).await;
    assert_eq!((news(&world), count(&world, &created, EventKind::PersonNotMailed)), (vec!["ordered"], 0));
}

#[tokio::test]
async fn crash_between_mail_and_record_sends_the_mail_again_with_the_same_id() {
    let (world, _) = world();
    let (dying, life) = world.living_engine(all_mails);
    let created = world.ordered(&dying).await;
    world.faults.once(Call::MailPerson, status(451));
    hour_later(&world, &dying).await;
    world.clock.pass(HOUR);
    world.faults.once(Call::Commit, Trouble::Crash { done: false });
    tokio::select! {
        _ = dying.processing.run(Run::All) => panic!("the process should have died"),
        () = life.ended() => {}
    }
    assert_eq!(news(&world), ["ordered"]);
    let first = token(&world);
    let engine = world.engine_with(all_mails);
    world.clock.pass(HOUR);
    engine.processing.run(Run::All).await;
    assert_eq!((news(&world), count(&world, &created, EventKind::PersonMailed)), (vec!["ordered", "ordered"], 1));
    let ids: Vec<_> = lock(&world.pins).news.iter().map(|mail| mail.message_id.clone()).collect();
    assert_eq!(ids[0], ids[1]);
    // A mail system may keep either of the two mails.
    for token in [first, token(&world)] {
        assert!(engine.objections.look(&token, ada_id(&world)).await.is_ok());
    }
}

#[tokio::test]
async fn objection_holds_registration_pin_and_resend_until_an_operator_decides() {
    let (world, engine) = world();
    let created = world.ordered(&engine).await;
    run(&engine).await;
    let (token, ada) = (token(&world), ada_id(&world));
    let offer = engine.objections.look(&token, ada).await.unwrap();
    assert_eq!((offer.is_on_hold, offer.country.as_deref()), (false, Some("US")));
    engine.objections.object(&token, ada, by(ada), "I did not\n ask  \u{202e}for it").await.unwrap();
    // Repeated, for example by a second click: once.
    engine.objections.object(&token, ada, by(ada), "again").await.unwrap();
    assert_eq!(count(&world, &created, EventKind::Objected), 1);
    assert!(engine.objections.look(&token, ada).await.unwrap().is_on_hold);
    let event = world.events(created.shipment).into_iter().find(|event| event.kind == EventKind::Objected).unwrap();
    assert_eq!(event.detail, "the person objected: I did not ask \\u{202e}for it");
    let shipment = world.shipment(created.shipment);
    assert_eq!(shipment.obstacle().map(|met| met.code.as_str()), Some("objected"));
    assert!(shipment.needs_human());

    world.ship(&created.delivery_id);
    for _ in 0..3 {
        hour_later(&world, &engine).await;
    }
    assert_eq!((world.phase(created.shipment), world.faults.count(Call::Register)), ("accepted", 0));
    assert_eq!(count(&world, &created, EventKind::Obstacle), 1, "the list of work is not written anew each hour");
    assert_eq!(news(&world), ["ordered"], "no mail says that it goes on");

    engine
        .operator
        .resolve(created.delivery_id.as_str(), caller(), "asked by phone".into(), Outcome::Retry)
        .await
        .unwrap();
    hour_later(&world, &engine).await;
    assert_eq!((world.phase(created.shipment), world.sent().len()), ("complete", 1));
    assert_eq!(news(&world), ["ordered", "shipped", "registered"]);
    assert_eq!(engine.objections.look(&token, ada).await.unwrap_err(), PersonPageError::TooLate);
}

#[tokio::test]
async fn objection_after_the_registration_holds_the_pin() {
    let (world, engine) = world();
    let created = world.ordered(&engine).await;
    run(&engine).await;
    world.ship(&created.delivery_id);
    world.faults.always(Call::Deliver, status(451));
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(created.shipment), "registered");
    let ada = ada_id(&world);
    engine.objections.object(&token(&world), ada, by(ada), "").await.unwrap();
    world.faults.heal();
    for _ in 0..3 {
        hour_later(&world, &engine).await;
    }
    assert_eq!((world.phase(created.shipment), world.sent().len()), ("registered", 0));
    let release = Release { reason: Some("lost".into()), may_override: true };
    let resent = engine.operator.resend_pin(created.delivery_id.as_str(), caller(), release).await;
    assert!(matches!(resent, Err(ResendError::Failed(_))), "{resent:?}");
    assert_eq!(world.sent().len(), 0, "not even a release against the rules sends it");
    engine.operator.cancel(created.delivery_id.as_str(), caller(), "not wanted").await.unwrap_err();
}

#[tokio::test]
async fn cancelled_order_is_watched_although_the_person_objected() {
    let (world, engine) = world();
    let created = world.ordered(&engine).await;
    run(&engine).await;
    let (token, ada) = (token(&world), ada_id(&world));
    engine.objections.object(&token, ada, by(ada), "no").await.unwrap();
    engine.operator.cancel(created.delivery_id.as_str(), caller(), "not wanted").await.unwrap();
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(created.shipment), "cancelled");
    assert_eq!(engine.objections.look(&token, ada).await.unwrap_err(), PersonPageError::Cancelled);
    assert_eq!(engine.objections.object(&token, ada, by(ada), "no").await.unwrap_err(), PersonPageError::Cancelled);
}

#[tokio::test]
async fn only_the_person_and_only_with_a_valid_link() {
    let (world, engine) = world();
    let created = world.ordered(&engine).await;
    run(&engine).await;
    let (token, ada, eve) = (token(&world), ada_id(&world), ObjectId::parse(EVE).unwrap());
    assert_eq!(engine.objections.look(&token, eve).await.unwrap_err(), PersonPageError::NotThePerson);
    let objected = engine.objections.object(&token, eve, by(eve), "mine").await;
    assert_eq!(objected.unwrap_err(), PersonPageError::NotThePerson);
    let (id, _) = token.split_once('.').unwrap();
    for wrong in [&token[..token.len() - 1], &format!("{token}A"), &format!("{id}."), id, "", "x.y"] {
        assert_eq!(engine.objections.look(wrong, ada).await.unwrap_err(), PersonPageError::Unknown, "{wrong}");
    }
    world.clock.pass(DAY * 61);
    assert_eq!(engine.objections.look(&token, ada).await.unwrap_err(), PersonPageError::Expired);
    assert_eq!(engine.objections.object(&token, ada, by(ada), "").await.unwrap_err(), PersonPageError::Expired);
    assert_eq!(count(&world, &created, EventKind::Objected), 0);
}

/// Whoever edits the record must not take an objection back, nor have a mail sent to another person.
#[tokio::test]
async fn edited_record_directs_no_mail_to_another_person() {
    let (world, engine) = world();
    lock(&world.people).add("eve");
    lock(&world.people).users[1].mail = Some(address("eve@contoso.example"));
    let created = world.ordered(&engine).await;
    let eve = serde_json::json!({ "upn": "eve@contoso.example" });
    lock(&world.records).edit_by_hand(created.shipment, "/keys/0/credentials/0/user", eve);
    run(&engine).await;
    assert!(news(&world).is_empty(), "{:?}", lock(&world.pins).news);
}

#[tokio::test]
async fn order_for_a_later_day_can_be_objected_to_before_it_is_placed() {
    let (world, engine) = world();
    let day = world.clock.now().date_naive() + TimeDelta::days(2);
    let info = OrderInfo { not_before: Some(day), ..OrderInfo::default() };
    let id = enqueue(&engine, QueueRequest { info, ..queued(crate::support::world::ada()) }).await;
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(MINUTE).await;
    assert_eq!((news(&world), world.phase(id)), (vec!["ordered"], "queued"));
    let (token, ada) = (token(&world), ada_id(&world));
    engine.objections.object(&token, ada, by(ada), "I left").await.unwrap();
    dispatching.pass(DAY * 3).await;
    assert_eq!((world.phase(id), world.faults.count(Call::Order)), ("queued", 0));
    engine.operator.resolve(&id.to_string(), caller(), "she stays".into(), Outcome::Retry).await.unwrap();
    dispatching.pass(MINUTE).await;
    assert_eq!((world.phase(id), world.faults.count(Call::Order)), ("accepted", 1));
    dispatching.end().await;
}

/// What is sealed about the person goes when it is of no use any more.
#[tokio::test]
async fn clean_up_deletes_what_is_sealed_about_the_person() {
    let (world, engine) = world();
    let created = world.ordered(&engine).await;
    let cancelled = world.ordered(&engine).await;
    run(&engine).await;
    let sealed = || [&created, &cancelled].map(|order| lock(&world.vault).has_person(order.shipment));
    assert_eq!(sealed(), [true, true]);
    world.ship(&created.delivery_id);
    hour_later(&world, &engine).await;
    engine.operator.cancel(cancelled.delivery_id.as_str(), caller(), "left").await.unwrap();
    world.clock.pass(2 * HOUR);
    engine.schedules.clean_up().await.unwrap();
    assert_eq!(sealed(), [true, false], "the links of the complete one lead to a page that names what to do");
    world.clock.pass(DAY * 61);
    engine.schedules.clean_up().await.unwrap();
    assert_eq!(sealed(), [false, false]);
}

#[tokio::test]
async fn person_who_was_deleted_gets_no_mail_and_that_is_no_obstacle() {
    let (world, engine) = world();
    let created = world.ordered(&engine).await;
    {
        let mut people = lock(&world.people);
        people.rename(0, "somebody.else@contoso.example".into());
        people.users[0].object_id = ObjectId::parse(EVE).unwrap();
    }
    for _ in 0..60 {
        hour_later(&world, &engine).await;
    }
    assert!(news(&world).is_empty(), "the new user of the name gets no mail either");
    assert_eq!(count(&world, &created, EventKind::PersonNotMailed), 1);
    let shipment = world.shipment(created.shipment);
    assert_eq!((shipment.obstacle(), shipment.next_attempt()), (None, None));
}
