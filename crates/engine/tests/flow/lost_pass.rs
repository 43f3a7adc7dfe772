//! Temporary access passes for people whose keys were lost: shown once, to the addressee.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::{ActingUser, Caller, CallerId, EventKind, FailureKind, HeldPass, ObjectId, ShipmentId, UserRef};
use keyferry_engine::{
    Engine, EngineSettings, LostKey, LostKeyError, NewKeyOrder, PassPageError, PassRefusal, PassRule, Run, ShownPass,
    WhichKey,
};
use tokio::sync::Notify;

use super::lost::{CLAIM, lost};
use crate::support::trouble::status;
use crate::support::world::{DAY, HOUR, ada, address, caller, hour_later};
use crate::support::{Call, Life, Trouble, World, lock};

const ADA: &str = "ada@contoso.example";
const BOSS: &str = "b1000000-0000-4000-8000-000000000001";
const EVE: &str = "b1000000-0000-4000-8000-000000000002";
const PAGE: &str = "https://keyferry.example/me/pass/";

fn id(text: &str) -> ObjectId {
    ObjectId::parse(text).unwrap()
}

fn by(user: &str) -> Caller {
    let user = ActingUser { object_id: user.to_owned(), user_name: None, name: Some("Grace Hopper".into()) };
    Caller { application: CallerId::new("pages"), user: Some(user) }
}

fn to_manager(settings: &mut EngineSettings) {
    settings.access_pass = PassRule::Manager;
    settings.pass_page.set(PAGE.into());
}

fn to_person(settings: &mut EngineSettings) {
    settings.access_pass = PassRule::Person;
    settings.pass_page.set(PAGE.into());
}

/// Creates a world in which the manager of Ada has an object id.
fn world() -> Arc<World> {
    let world = World::new();
    lock(&world.people).users[0].manager_id = Some(id(BOSS));
    lock(&world.people).users[0].mail = Some(address(ADA));
    world
}

fn wanted(shipment: ShipmentId) -> LostKey {
    let key = WhichKey::Shipment(shipment.to_string());
    LostKey { access_pass: true, replacement: NewKeyOrder::None, ..lost(key) }
}

async fn report(engine: &Engine, lost: LostKey) {
    engine.operator.report_lost(lost).await.unwrap();
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// Reports a key of Ada, and returns its shipment.
async fn reported(world: &Arc<World>, engine: &Engine) -> ShipmentId {
    let old = world.completed(engine).await.shipment;
    report(engine, wanted(old)).await;
    old
}

/// Returns the token of the newest link.
fn token(world: &World) -> String {
    let link = lock(&world.pins).news.last().unwrap().link.clone().unwrap();
    link.strip_prefix(PAGE).unwrap().to_owned()
}

async fn show(engine: &Engine, token: &str, user: &str) -> Result<ShownPass, PassPageError> {
    engine.pass_pages.show(token, id(user), by(user)).await
}

fn refused(shown: Result<ShownPass, PassPageError>) -> PassPageError {
    shown.err().expect("a pass was shown")
}

/// Returns the code with which Ada can sign in.
fn code(world: &World) -> Option<String> {
    lock(&world.people).users[0].pass.as_ref().map(|(_, code)| code.clone())
}

fn kinds(world: &World, shipment: ShipmentId) -> Vec<EventKind> {
    let kinds = world.events(shipment).into_iter().map(|event| event.kind);
    kinds.filter(|kind| kind.as_str().starts_with("access_pass") || *kind == EventKind::PersonMailed).collect()
}

use EventKind::{
    AccessPassFailed as Failed, AccessPassOpened as Opened, AccessPassRemoved as Removed,
    AccessPassRequested as Requested, AccessPassSeen as Seen, PersonMailed as Mailed,
};

#[tokio::test]
async fn manager_sees_the_pass_once_and_it_is_stored_nowhere() {
    let world = world();
    let engine = world.engine_with(to_manager);
    let old = reported(&world, &engine).await;
    let mail = lock(&world.pins).news[0].clone();
    assert_eq!((mail.addressee.as_str(), mail.about), ("boss-of-ada@contoso.example", "access_pass"));
    assert_eq!(mail.detail, "to the manager, requested by nobody named, 60 minutes");
    assert_eq!((world.faults.count(Call::CreatePass), code(&world)), (0, None), "nothing is made before it is shown");

    let token = token(&world);
    let offer = engine.pass_pages.look(&token, id(BOSS)).await.unwrap();
    assert!(!offer.is_own && !offer.was_interrupted && offer.minutes == 60, "{offer:?}");
    assert_eq!(world.faults.count(Call::CreatePass), 0, "a look makes nothing");
    let shown = show(&engine, &token, BOSS).await.ok().unwrap();
    assert_eq!(Some(shown.text.expose().to_owned()), code(&world));
    assert_eq!(shown.valid_until, world.clock.now() + TimeDelta::minutes(60));
    assert_eq!(kinds(&world, old), [Requested, Mailed, Opened, Seen]);
    let pass = world.shipment(old).access_pass().cloned().unwrap();
    assert_eq!(
        (pass.method_id, pass.valid_until),
        (Some(format!("pass-{}", code(&world).unwrap())), Some(shown.valid_until))
    );

    assert_eq!(refused(show(&engine, &token, BOSS).await), PassPageError::Used);
    assert_eq!(engine.pass_pages.look(&token, id(BOSS)).await.unwrap_err(), PassPageError::Used);
    hour_later(&world, &engine).await;
    assert_eq!((lock(&world.pins).news.len(), world.faults.count(Call::CreatePass)), (1, 1));
    let seen = world.events(old).into_iter().find(|event| event.kind == Seen).unwrap();
    assert!(format!("{seen:?}").contains(BOSS));
}

#[tokio::test]
async fn neither_others_nor_the_reporter_see_it() {
    let world = world();
    let engine = world.engine_with(to_manager);
    let old = world.completed(&engine).await.shipment;
    let by_boss = engine.operator.report_lost(LostKey { by: by(BOSS), ..wanted(old) }).await;
    assert_eq!(by_boss.unwrap_err(), LostKeyError::Pass(PassRefusal::Reporter));
    assert_eq!(world.shipment(old).withdrawal(), None, "nothing was changed");
    report(&engine, LostKey { by: by(EVE), ..wanted(old) }).await;
    let token = token(&world);
    let own = lock(&world.people).users[0].object_id.to_string();
    for other in [EVE, &own] {
        assert_eq!(engine.pass_pages.look(&token, id(other)).await.unwrap_err(), PassPageError::NotAddressee);
        assert_eq!(refused(show(&engine, &token, other).await), PassPageError::NotAddressee);
    }
    let (shipment, _) = token.split_once('.').unwrap();
    for wrong in [&token[..token.len() - 1], &format!("{token}A"), &format!("{shipment}."), shipment, "", "x.y"] {
        assert_eq!(refused(show(&engine, wrong, BOSS).await), PassPageError::Unknown, "{wrong}");
    }
    assert_eq!(refused(show(&world.engine(), &token, BOSS).await), PassPageError::Unknown, "without the setting");
    assert_eq!(code(&world), None);
    assert!(show(&engine, &token, BOSS).await.is_ok());
}

#[tokio::test]
async fn person_who_can_sign_in_sees_the_own_pass() {
    let world = world();
    let engine = world.engine_with(to_person);
    let own = lock(&world.people).users[0].object_id.to_string();
    let old = world.completed(&engine).await.shipment;
    let by_ada = engine.operator.report_lost(LostKey { by: by(&own), ..wanted(old) }).await;
    assert_eq!(by_ada.unwrap_err(), LostKeyError::Pass(PassRefusal::Reporter));
    report(&engine, wanted(old)).await;
    assert_eq!(lock(&world.pins).news[0].addressee, ADA);
    let token = token(&world);
    assert_eq!(refused(show(&engine, &token, BOSS).await), PassPageError::NotAddressee);
    assert!(show(&engine, &token, &own).await.is_ok_and(|shown| shown.is_own));
}

#[tokio::test]
async fn refused_request_changes_nothing() {
    let world = world();
    let off = world.engine();
    let engine = world.engine_with(to_manager);
    let old = world.completed(&engine).await.shipment;
    let error = off.operator.report_lost(wanted(old)).await.unwrap_err();
    assert!(error == LostKeyError::Pass(PassRefusal::Off) && error.to_string().contains("KEYFERRY_ACCESS_PASS"));
    for (case, reason) in [
        (0, "the account of the person is disabled"),
        (1, "the person has no manager in the directory"),
        (2, "the directory does not return the object id of the manager"),
        (3, "the account of the manager is disabled"),
        (4, "the manager in the directory is the person"),
        (5, "the manager has no mail address in the directory"),
        (6, "the person holds a privileged role: Global Administrator"),
    ] {
        {
            let user = &mut lock(&world.people).users[0];
            (user.enabled, user.has_manager, user.manager_enabled) = (case != 0, case != 1, Some(case != 3));
            user.manager_id = [None, Some(user.object_id)][usize::from(case == 4)].or((case != 2).then(|| id(BOSS)));
            user.manager = (case != 5).then(|| address("boss-of-ada@contoso.example"));
            user.roles = if case == 6 { vec!["Global Administrator".into()] } else { Vec::new() };
        }
        let error = engine.operator.report_lost(wanted(old)).await.unwrap_err();
        assert!(error.to_string().contains(reason), "{case}: {error}");
        lock(&world.people).users[0].roles.clear();
    }
    world.faults.always(Call::Roles, status(403));
    let error = engine.operator.report_lost(wanted(old)).await.unwrap_err();
    assert!(matches!(error, LostKeyError::Pass(PassRefusal::Failed(_))), "a role that cannot be read may be one");
    let shipment = world.shipment(old);
    assert_eq!((shipment.withdrawal(), shipment.access_pass(), world.methods(0)), (None, None, 1));
}

#[tokio::test]
async fn what_changes_after_the_report_prevents_the_pass() {
    for case in 0..4 {
        let world = world();
        let engine = world.engine_with(to_manager);
        let old = reported(&world, &engine).await;
        let token = token(&world);
        {
            let user = &mut lock(&world.people).users[0];
            match case {
                0 => user.manager_id = Some(id(EVE)),
                1 => user.enabled = false,
                2 => user.roles = vec!["Global Administrator".into()],
                _ => user.manager_enabled = Some(false),
            }
        }
        let error = refused(show(&engine, &token, BOSS).await);
        assert!(matches!(error, PassPageError::Refused(_)), "{case}: {error:?}");
        let next = refused(show(&engine, &token, EVE).await);
        assert_eq!(next, PassPageError::NotAddressee, "{case}: nor the next manager");
        assert_eq!((code(&world), kinds(&world, old)), (None, vec![Requested, Mailed]), "{case}");
    }
}

#[tokio::test]
async fn edited_record_directs_no_pass_to_others() {
    let world = world();
    let engine = world.engine_with(to_manager);
    lock(&world.people).add("eve");
    lock(&world.people).users[1].manager_id = Some(id(EVE));
    let old = world.completed(&engine).await.shipment;
    world.faults.always(Call::MailPerson, status(451));
    report(&engine, wanted(old)).await;
    world.faults.heal();
    // Before the mail: another user in the record, by object id and name.
    let eve = lock(&world.people).users[1].object_id;
    let by_id = serde_json::json!({ "object_id": eve });
    lock(&world.records).edit_by_hand(old, "/keys/0/credentials/0/user", by_id);
    lock(&world.records).edit_by_hand(old, "/keys/0/credentials/0/object_id", serde_json::json!(eve));
    world.clock.pass(HOUR);
    engine.processing.run(Run::Due).await;
    assert!(lock(&world.pins).news.is_empty(), "{:?}", lock(&world.pins).news);
    assert_eq!(world.faults.count(Call::CreatePass), 0);
}

#[tokio::test]
async fn link_expires_and_a_new_request_makes_another_one() {
    let world = world();
    let engine = world.engine_with(to_manager);
    let old = reported(&world, &engine).await;
    let first = token(&world);
    world.clock.pass(3 * DAY);
    assert_eq!(refused(show(&engine, &first, BOSS).await), PassPageError::Expired);
    report(&engine, wanted(old)).await;
    let second = token(&world);
    assert_eq!(refused(show(&engine, &first, BOSS).await), PassPageError::Unknown);
    assert!(second != first && show(&engine, &second, BOSS).await.is_ok());
    // A third request replaces the pass of the second one.
    report(&engine, wanted(old)).await;
    let before = code(&world);
    assert!(show(&engine, &token(&world), BOSS).await.is_ok());
    assert_ne!(code(&world), before);
    assert_eq!(
        kinds(&world, old),
        [Requested, Mailed, Requested, Mailed, Opened, Seen, Requested, Mailed, Opened, Seen]
    );
}

#[tokio::test]
async fn pass_of_others_is_not_replaced() {
    let world = world();
    let engine = world.engine_with(to_manager);
    let old = reported(&world, &engine).await;
    let token = token(&world);
    let held = |is_usable| HeldPass { id: "theirs".into(), created_at: Some(world.clock.now()), is_usable };
    lock(&world.people).users[0].pass = Some((held(true), "of the service desk".into()));
    assert_eq!(refused(show(&engine, &token, BOSS).await), PassPageError::Exists);
    assert_eq!(code(&world).as_deref(), Some("of the service desk"));
    assert_eq!(kinds(&world, old), [Requested, Mailed, Failed]);
    // One that is used up or expired is no obstacle.
    lock(&world.people).users[0].pass = Some((held(false), "of the service desk".into()));
    assert!(show(&engine, &token, BOSS).await.is_ok());
}

#[tokio::test]
async fn outage_does_not_waste_the_link_and_a_refusal_is_in_the_history() {
    let world = world();
    let engine = world.engine_with(to_manager);
    let old = reported(&world, &engine).await;
    let token = token(&world);
    for call in [Call::Manager, Call::Roles, Call::ListPasses, Call::CreatePass] {
        world.faults.once(call, status(if call == Call::CreatePass { 400 } else { 503 }));
        assert!(matches!(refused(show(&engine, &token, BOSS).await), PassPageError::Failed(_)), "{call:?}");
        assert!(!engine.pass_pages.look(&token, id(BOSS)).await.unwrap().was_interrupted, "{call:?}");
    }
    assert_eq!(kinds(&world, old), [Requested, Mailed, Opened, Failed]);
    let failed = world.events(old).into_iter().find(|event| event.kind == Failed).unwrap();
    assert_eq!(failed.detail, "no temporary access pass was shown: identity-provider-400");
    assert!(show(&engine, &token, BOSS).await.is_ok());
}

#[tokio::test]
async fn pass_whose_answer_was_lost_is_replaced() {
    let world = world();
    let engine = world.engine_with(to_manager);
    let old = reported(&world, &engine).await;
    let token = token(&world);
    world.faults.once(Call::CreatePass, Trouble::Lost { done: true });
    assert!(matches!(refused(show(&engine, &token, BOSS).await), PassPageError::Failed(_)));
    let lost = code(&world).unwrap();
    assert!(engine.pass_pages.look(&token, id(BOSS)).await.unwrap().was_interrupted);
    // Later than the clocks may differ: the first attempt counts.
    world.clock.pass(Duration::from_secs(1200));
    world.faults.once(Call::DeletePass, status(503));
    assert!(matches!(refused(show(&engine, &token, BOSS).await), PassPageError::Failed(_)));
    world.clock.pass(Duration::from_secs(1200));
    let shown = show(&engine, &token, BOSS).await.ok().unwrap();
    assert!(shown.text.expose() != lost && code(&world).as_deref() == Some(shown.text.expose()));
    assert_eq!(kinds(&world, old), [Requested, Mailed, Opened, Failed, Opened, Failed, Opened, Seen]);
}

/// At each call, the process dies before or after its effect. What is shown is what works, and only one is shown.
#[tokio::test]
async fn crash_at_any_call_shows_no_pass_twice() {
    for done in [false, true] {
        let mut ends = false;
        for nth in 0..40 {
            let case = format!("call {nth}, done: {done}");
            let world = world();
            let engine = world.engine_with(to_manager);
            let old = reported(&world, &engine).await;
            let token = token(&world);
            let (dying, life) = world.living_engine(to_manager);
            let number = world.faults.total() + nth;
            world.faults.at(number, Trouble::Crash { done });
            let first = tokio::select! {
                biased;
                shown = show(&dying, &token, BOSS) => Some(shown.ok().unwrap()),
                () = ended(&life) => None,
            };
            if let Some(shown) = &first {
                assert_eq!(code(&world).as_deref(), Some(shown.text.expose()), "{case}");
            }
            world.faults.heal();
            world.clock.pass(CLAIM);
            let next = show(&engine, &token, BOSS).await;
            match (&first, next) {
                (Some(_), next) => assert_eq!(refused(next), PassPageError::Used, "{case}"),
                (None, Ok(shown)) => assert_eq!(code(&world).as_deref(), Some(shown.text.expose()), "{case}"),
                // The process died after the link was closed: the pass counts as seen.
                (None, Err(error)) => assert_eq!(error, PassPageError::Used, "{case}"),
            }
            let seen = kinds(&world, old).into_iter().filter(|kind| *kind == Seen).count();
            assert_eq!(seen, 1, "{case}: {:?}", kinds(&world, old));
            ends = first.is_some() && !life.is_over();
            if ends {
                break;
            }
        }
        assert!(ends, "the act needs more calls");
    }
}

async fn ended(life: &Life) {
    while !life.is_over() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn two_browsers_at_once_see_one_pass() {
    let world = world();
    let engine = world.engine_with(to_manager);
    let old = reported(&world, &engine).await;
    let token = token(&world);
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::CreatePass, Trouble::Hold(gate.clone()));
    let (shown, other) = tokio::join!(show(&engine, &token, BOSS), async {
        world.faults.met(Call::CreatePass).await;
        let other = show(&engine, &token, BOSS).await;
        gate.notify_one();
        other
    });
    assert_eq!(refused(other), PassPageError::Busy);
    assert!(shown.is_ok() && kinds(&world, old) == [Requested, Mailed, Opened, Seen]);
}

#[tokio::test]
async fn store_that_cannot_close_the_link_shows_nothing_and_leaves_no_pass() {
    let world = world();
    let engine = world.engine_with(to_manager);
    reported(&world, &engine).await;
    let token = token(&world);
    world.faults.once(Call::ReplaceSecret, status(503));
    assert!(matches!(refused(show(&engine, &token, BOSS).await), PassPageError::Failed(_)));
    assert_eq!(code(&world), None, "the pass that nobody saw is deleted");
    assert_eq!(refused(show(&engine, &token, BOSS).await), PassPageError::Used);
}

#[tokio::test]
async fn person_who_leaves_and_a_key_that_is_back_end_pass_and_link() {
    for leaves in [true, false] {
        for is_seen in [true, false] {
            let world = world();
            let engine = world.engine_with(to_manager);
            let old = reported(&world, &engine).await;
            let token = token(&world);
            if is_seen {
                show(&engine, &token, BOSS).await.ok().unwrap();
            } else {
                world.faults.once(Call::CreatePass, Trouble::Lost { done: true });
                refused(show(&engine, &token, BOSS).await);
            }
            assert!(code(&world).is_some());
            world.faults.once(Call::DeletePass, Trouble::Refuse(FailureKind::TimedOut));
            if leaves {
                let done = engine.operator.offboard(&ada(), caller(), "left").await.unwrap();
                assert!(!done.is_complete(), "{done:?}");
            } else {
                let serial = world.shipment(old).phase().fulfilled().unwrap().keys[0].serial.clone();
                engine.operator.return_key(&serial, caller(), "found").await.unwrap();
            }
            assert!(world.shipment(old).is_being_withdrawn() && code(&world).is_some());
            hour_later(&world, &engine).await;
            assert!(!world.shipment(old).is_being_withdrawn(), "{:?}", world.shipment(old).withdrawal_steps());
            assert_eq!(code(&world), None, "leaves: {leaves}, seen: {is_seen}");
            assert_eq!(kinds(&world, old).last(), Some(&Removed));
            let error = refused(show(&engine, &token, BOSS).await);
            assert_eq!(error, PassPageError::Closed);
        }
    }
}

#[tokio::test]
async fn pass_is_requested_for_the_person_whom_the_reporter_names() {
    let world = world();
    let engine = world.engine_with(to_manager);
    let old = world.completed(&engine).await.shipment;
    let own = lock(&world.people).users[0].object_id;
    report(&engine, LostKey { user: UserRef::ObjectId(own), ..wanted(old) }).await;
    assert!(show(&engine, &token(&world), BOSS).await.is_ok());
}
