//! PINs on paper: printed once, closed before the letter leaves.

use std::sync::{Arc, Mutex};

use keyferry_domain::{ActingUser, Caller, CallerId, EventKind, SecretBytes};
use keyferry_engine::{
    Created, Engine, EngineSettings, PinLetter, PinPageError, PinRelease, PrintError, Printer, Release, ReleaseRule,
    ResendError, Run,
};

use crate::support::trouble::status;
use crate::support::world::{DAY, HOUR, caller, hour_later};
use crate::support::{Call, Trouble, World, lock};

const OPERATOR: &str = "b1000000-0000-4000-8000-000000000009";

fn operator() -> Caller {
    let user = ActingUser { object_id: OPERATOR.to_owned(), user_name: None, name: None };
    Caller { application: CallerId::new("console"), user: Some(user) }
}

fn letters(settings: &mut EngineSettings) {
    settings.pin_letters = true;
    settings.letter_sender = Some("Contoso".to_owned());
}

fn by_page(settings: &mut EngineSettings) {
    letters(settings);
    settings.pin_release = PinRelease::Page;
    settings.pin_page.set("https://keyferry.example/me/pin/".into());
}

fn because(reason: &str) -> Release {
    Release { reason: Some(reason.to_owned()), may_override: true }
}

/// What the letters contained: sender, user, serial number and PIN.
type Printed = Arc<Mutex<Vec<[String; 4]>>>;

fn printer(printed: &Printed) -> Printer {
    let printed = printed.clone();
    Box::new(move |letter: &PinLetter<'_>| {
        let [pin] = letter.pins else { panic!("one key") };
        let parts = [letter.sender.unwrap_or_default(), letter.user_name, &pin.serial, pin.pin.expose()];
        lock(&printed).push(parts.map(str::to_owned));
        Ok(SecretBytes::new(b"a letter".to_vec()))
    })
}

async fn print(engine: &Engine, created: &Created, release: Release) -> Result<Vec<[String; 4]>, PrintError> {
    let printed = Printed::default();
    let id = created.delivery_id.as_str();
    engine.operator.print_pin(id, operator(), release, printer(&printed)).await?;
    let contents = lock(&printed).clone();
    Ok(contents)
}

fn refused_by(error: PrintError) -> Vec<ReleaseRule> {
    match error {
        PrintError::NotReleased(ResendError::Refused { rules, .. }) => rules,
        error => panic!("{error:?}"),
    }
}

fn count(world: &World, created: &Created, kind: EventKind) -> usize {
    world.events(created.shipment).iter().filter(|event| event.kind == kind).count()
}

/// Ships a key whose link was sent.
async fn offered(world: &Arc<World>, engine: &Engine) -> Created {
    let created = world.shipped(engine).await;
    engine.processing.run(Run::All).await;
    created
}

#[tokio::test]
async fn letter_completes_the_shipment_and_closes_the_link() {
    let world = World::new();
    let engine = world.engine_with(by_page);
    let created = offered(&world, &engine).await;
    let link = lock(&world.pins).links.last().unwrap().link.clone();
    let token = link.strip_prefix("https://keyferry.example/me/pin/").unwrap();
    let printed = print(&engine, &created, Release::default()).await.unwrap();
    let [[sender, user, serial, pin]] = &printed[..] else { panic!("{}", printed.len()) };
    assert_eq!((sender.as_str(), pin.len()), ("Contoso", 12));
    assert!(!user.is_empty() && !serial.is_empty());
    assert_eq!((world.phase(created.shipment), world.sent().len()), ("complete", 0));
    let viewer = keyferry_domain::ObjectId::parse(OPERATOR).unwrap();
    let looked = engine.pin_pages.look(token, viewer).await.unwrap_err();
    assert!(matches!(looked, PinPageError::NotAddressee | PinPageError::Closed), "{looked:?}");
    let seen = world.events(created.shipment).into_iter().find(|event| event.kind == EventKind::PinSeen).unwrap();
    assert!(seen.detail.starts_with("the PIN was printed on a letter for the manager"), "{}", seen.detail);
    assert!(format!("{seen:?}").contains(OPERATOR) && !format!("{seen:?}").contains(pin), "{seen:?}");
    // Another letter is another release.
    assert!(print(&engine, &created, Release::default()).await.is_ok());
    assert_eq!((count(&world, &created, EventKind::PinSeen), count(&world, &created, EventKind::Completed)), (2, 1));
    // Runs send nothing more.
    hour_later(&world, &engine).await;
    assert_eq!((world.sent().len(), lock(&world.pins).links.len()), (0, 1));
}

#[tokio::test]
async fn nobody_prints_without_setting_or_user() {
    let world = World::new();
    let created = world.shipped(&world.engine()).await;
    world.engine().processing.run(Run::All).await;
    assert_eq!(print(&world.engine(), &created, Release::default()).await.unwrap_err(), PrintError::Off);
    let engine = world.engine_with(letters);
    let opened = world.faults.count(Call::OpenPin);
    let by = Caller { user: None, ..operator() };
    let printed = Printed::default();
    let result =
        engine.operator.print_pin(created.delivery_id.as_str(), by, Release::default(), printer(&printed)).await;
    assert_eq!(result.err(), Some(PrintError::NoUser));
    assert_eq!((lock(&printed).len(), world.faults.count(Call::OpenPin)), (0, opened));
}

#[tokio::test]
async fn rules_are_those_of_a_resend() {
    let world = World::new();
    let engine = world.engine_with(letters);
    let created = world.shipped(&engine).await;
    let early = print(&engine, &created, Release::default()).await.unwrap_err();
    assert!(matches!(early, PrintError::NotReleased(ResendError::NotRegistered { .. })), "{early:?}");
    engine.processing.run(Run::All).await;
    world.clock.pass(31 * DAY);
    let error = print(&engine, &created, Release::default()).await.unwrap_err();
    assert_eq!(refused_by(error), [ReleaseRule::WindowOver]);
    assert!(print(&engine, &created, because("the letter was lost")).await.is_ok());
    assert_eq!(count(&world, &created, EventKind::PinReleased), 1);
}

/// A place without mail: no rule finds an addressee, and a reason releases the PIN all the same.
#[tokio::test]
async fn manager_without_mail_needs_a_reason() {
    let world = World::new();
    let engine = world.engine_with(letters);
    let created = world.shipped(&engine).await;
    lock(&world.people).users[0].manager = None;
    engine.processing.run(Run::All).await;
    assert_eq!(world.phase(created.shipment), "registered");
    let error = print(&engine, &created, Release::default()).await.unwrap_err();
    assert_eq!(refused_by(error), [ReleaseRule::NoAddressee]);
    let printed = print(&engine, &created, because("no mail on the ship")).await.unwrap();
    assert_eq!((printed.len(), world.phase(created.shipment)), (1, "complete"));
    let released = world.events(created.shipment).into_iter().find(|event| event.kind == EventKind::PinReleased);
    assert!(released.unwrap().detail.contains("no mail on the ship"));
}

/// A disabled account, or a directory that does not answer, is no missing addressee.
#[tokio::test]
async fn outage_of_the_directory_cannot_be_overridden() {
    let world = World::new();
    let engine = world.engine_with(letters);
    let created = world.shipped(&engine).await;
    lock(&world.people).users[0].manager = None;
    engine.processing.run(Run::All).await;
    world.faults.once(Call::Manager, status(503));
    let error = print(&engine, &created, because("now")).await.unwrap_err();
    assert!(matches!(error, PrintError::NotReleased(ResendError::Failed(_))), "{error:?}");
    assert_eq!(count(&world, &created, EventKind::PinSeen), 0);
}

#[tokio::test]
async fn what_fails_before_the_release_uses_nothing_up() {
    let world = World::new();
    let engine = world.engine_with(by_page);
    let created = offered(&world, &engine).await;
    for call in [Call::Status, Call::OpenPin] {
        world.faults.once(call, status(503));
        let error = print(&engine, &created, Release::default()).await.unwrap_err();
        assert!(matches!(error, PrintError::NotReleased(ResendError::Failed(_))), "{error:?}");
    }
    let broken: Printer = Box::new(|_| Err("no glyph".to_owned()));
    let id = created.delivery_id.as_str();
    let error = engine.operator.print_pin(id, operator(), Release::default(), broken).await.unwrap_err();
    assert_eq!(error, PrintError::NotPrintable("no glyph".to_owned()));
    assert_eq!((world.phase(created.shipment), count(&world, &created, EventKind::PinSeen)), ("registered", 0));
    assert!(world.shipment(created.shipment).pin_link().unwrap().is_open());
    assert!(print(&engine, &created, Release::default()).await.is_ok());
}

/// The process dies at each step: no letter leaves before the release is closed, and a run never sends the PIN of a
/// closed one.
#[tokio::test]
async fn death_at_any_step_never_leaves_an_open_release() {
    let steps = [Call::Status, Call::OpenPin, Call::Commit, Call::ReplaceSecret, Call::AppendJournal];
    for (call, done) in steps.into_iter().flat_map(|call| [(call, false), (call, true)]) {
        let world = World::new();
        let created = offered(&world, &world.engine_with(by_page)).await;
        let (mortal, life) = world.living_engine(by_page);
        world.faults.once(call, Trouble::Crash { done });
        tokio::select! {
            _ = print(&mortal, &created, Release::default()) => panic!("{call:?}: the process should have died"),
            () = life.ended() => {}
        }
        let next = world.engine_with(by_page);
        world.clock.pass(HOUR);
        let is_closed = !(matches!(call, Call::Status | Call::OpenPin) || (call == Call::Commit && !done));
        hour_later(&world, &next).await;
        let expected = if is_closed { "complete" } else { "registered" };
        assert_eq!(world.phase(created.shipment), expected, "{call:?} {done}");
        assert_eq!(world.shipment(created.shipment).pin_link().unwrap().is_open(), !is_closed, "{call:?} {done}");
        assert_eq!((world.sent().len(), lock(&world.pins).links.len()), (0, 1), "{call:?} {done}");
        assert!(print(&next, &created, Release::default()).await.is_ok(), "{call:?} {done}");
    }
}

#[tokio::test]
async fn revoked_key_is_not_printed() {
    let world = World::new();
    let engine = world.engine_with(letters);
    let created = world.shipped(&engine).await;
    engine.processing.run(Run::All).await;
    let shipment = world.shipment(created.shipment);
    let registered = shipment.phase().registered().unwrap();
    let method = registered.credentials[0][0].method_id.clone();
    let user = shipment.user().unwrap().clone();
    engine.operator.revoke(&user, &method, caller(), "lost").await.unwrap();
    let error = print(&engine, &created, because("now")).await.unwrap_err();
    assert!(matches!(error, PrintError::NotReleased(ResendError::Revoked(_))), "{error:?}");
}
