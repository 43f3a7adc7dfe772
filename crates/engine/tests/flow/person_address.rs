//! Orders without an address, which the person gives, or an operator.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::ports::AddressVerdict;
use keyferry_domain::{
    ActingUser, AddressBy, Caller, CallerId, CheckCode, EventKind, FailureKind, ObjectId, OrderDraft, OrderFinding,
    OrderInfo, ShipmentId, UserRef,
};
use keyferry_engine::{
    AddressError, AddressRule, CheckRow, CreateError, Engine, EngineSettings, GivenAddress, Outcome, PersonPageError,
    PreflightOptions, QueueRequest,
};
use tokio::sync::Notify;

use super::queue::{Dispatching, enqueue, queued};
use crate::support::trouble::status;
use crate::support::world::{DAY, HOUR, ada, address, caller};
use crate::support::{Call, Trouble, World, lock};

const MINUTE: Duration = Duration::from_secs(60);
const EVE: &str = "b1000000-0000-4000-8000-000000000002";
const STREET: &str = "7 Hidden Lane";

fn by(user: ObjectId) -> Caller {
    let user = ActingUser { object_id: user.to_string(), user_name: None, name: None };
    Caller { application: CallerId::new("pages"), user: Some(user) }
}

fn by_person(settings: &mut EngineSettings) {
    settings.address_by = AddressRule::Person;
    (settings.address_days, settings.address_reminder_days) = (4, vec![1, 2]);
    settings.object_page.set("https://keyferry.example/me/object/".into());
    settings.address_page.set("https://keyferry.example/me/address/".into());
}

struct Stage {
    world: Arc<World>,
    engine: Engine,
    dispatching: Dispatching,
    id: ShipmentId,
    ada: ObjectId,
}

fn without_address() -> QueueRequest {
    let request = queued(ada());
    QueueRequest { order: OrderDraft { mailing_address: None, ..request.order }, ..request }
}

/// Queues an order for Ada without an address, and has her asked.
async fn asked() -> Stage {
    let world = World::new();
    lock(&world.people).users[0].mail = Some(address("ada@contoso.example"));
    let engine = world.engine_with(by_person);
    let id = enqueue(&engine, without_address()).await;
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(MINUTE).await;
    let ada = lock(&world.people).users[0].object_id;
    Stage { world, engine, dispatching, id, ada }
}

impl Stage {
    fn token(&self) -> String {
        let link = lock(&self.world.pins).news.last().unwrap().link.clone().unwrap();
        link.strip_prefix("https://keyferry.example/me/address/").unwrap().to_owned()
    }

    fn object_token(&self) -> String {
        let link = lock(&self.world.pins).news.last().unwrap().object.clone().unwrap();
        link.strip_prefix("https://keyferry.example/me/object/").unwrap().to_owned()
    }

    async fn give(&self, token: &str) -> Result<(), AddressError> {
        self.engine.addresses.give(token, self.ada, by(self.ada), home()).await
    }

    fn count(&self, kind: EventKind) -> usize {
        self.world.events(self.id).iter().filter(|event| event.kind == kind).count()
    }

    fn mails(&self) -> Vec<&'static str> {
        lock(&self.world.pins).news.iter().map(|mail| mail.about).collect()
    }

    fn obstacle(&self) -> Option<String> {
        self.world.shipment(self.id).obstacle().map(|met| met.code.clone())
    }
}

fn home() -> GivenAddress {
    let texts = [("street_line1", STREET), ("city", "Springfield"), ("region", "IL"), ("postal_code", "62701")];
    GivenAddress::read(texts.into_iter().chain([("country_code_2", "us")])).unwrap()
}

fn page(error: PersonPageError) -> AddressError {
    AddressError::Page(error)
}

#[tokio::test]
async fn person_gives_the_address_and_the_order_goes_on() {
    let stage = asked().await;
    let (world, engine) = (&stage.world, &stage.engine);
    assert_eq!((stage.mails(), world.phase(stage.id)), (vec!["address"], "queued"));
    assert_eq!(world.faults.count(Call::Order), 0);
    let token = stage.token();
    let offer = engine.addresses.look(&token, stage.ada).await.unwrap();
    assert_eq!(offer.recipient.recipient_firstname.as_deref(), Some("Ada"));
    stage.give(&token).await.unwrap();
    let stored = format!("{:?} {:?}", world.shipment(stage.id), world.events(stage.id));
    assert!(!stored.contains(STREET) && !stored.contains("Springfield"), "{stored}");
    assert_eq!(stage.give(&token).await.unwrap_err(), page(PersonPageError::TooLate));
    stage.dispatching.pass(MINUTE).await;
    assert_eq!((world.phase(stage.id), world.faults.count(Call::Order)), ("accepted", 1));
    assert!(!lock(&world.vault).has_order(stage.id), "the address is gone when it has left");
    assert_eq!(lock(&world.delivery).parcels[0].1.order.mailing_address.street_line1, STREET);
    assert_eq!(stage.count(EventKind::AddressGiven), 1);
    assert_eq!(engine.addresses.look(&token, stage.ada).await.unwrap_err(), PersonPageError::TooLate);
    stage.dispatching.end().await;
}

#[tokio::test]
async fn reminders_then_an_operator_is_needed() {
    let stage = asked().await;
    let first = stage.token();
    stage.dispatching.pass(DAY + HOUR).await;
    assert_eq!(stage.mails(), ["address", "reminder"]);
    stage.dispatching.pass(DAY).await;
    assert_eq!(stage.mails(), ["address", "reminder", "reminder"]);
    assert!(stage.engine.addresses.look(&first, stage.ada).await.is_ok(), "the first link works as well");
    stage.dispatching.pass(2 * DAY).await;
    assert_eq!((stage.mails().len(), stage.obstacle().as_deref()), (3, Some("address-overdue")));
    assert!(stage.world.shipment(stage.id).needs_human());
    let error = stage.engine.addresses.look(&first, stage.ada).await.unwrap_err();
    assert_eq!(error, PersonPageError::Expired);
    // The operator has the person asked again.
    let id = stage.id.to_string();
    stage.engine.operator.resolve(&id, caller(), "back from leave".into(), Outcome::Retry).await.unwrap();
    stage.dispatching.pass(MINUTE).await;
    assert_eq!((stage.mails().last().copied(), stage.obstacle()), (Some("address"), None));
    stage.give(&stage.token()).await.unwrap();
    stage.dispatching.pass(MINUTE).await;
    assert_eq!(stage.world.phase(stage.id), "accepted");
    stage.dispatching.end().await;
}

#[tokio::test]
async fn operator_fills_in_after_the_deadline_and_only_what_waits() {
    let stage = asked().await;
    stage.dispatching.pass(5 * DAY).await;
    let (id, addresses) = (stage.id.to_string(), &stage.engine.addresses);
    assert_eq!(addresses.look_as_operator(&id).await.unwrap().user, "ada@contoso.example");
    addresses.give_as_operator(&id, caller(), home()).await.unwrap();
    assert_eq!(stage.obstacle(), None);
    stage.dispatching.pass(MINUTE).await;
    assert_eq!(stage.world.phase(stage.id), "accepted");
    let again = addresses.give_as_operator(&id, caller(), home()).await;
    assert_eq!(again.unwrap_err(), page(PersonPageError::TooLate));
    assert_eq!(addresses.look_as_operator("x").await.unwrap_err(), PersonPageError::Unknown);
    stage.dispatching.end().await;
}

#[tokio::test]
async fn only_the_person_with_a_valid_link() {
    let stage = asked().await;
    let (token, eve) = (stage.token(), ObjectId::parse(EVE).unwrap());
    assert_eq!(stage.engine.addresses.look(&token, eve).await.unwrap_err(), PersonPageError::NotThePerson);
    let given = stage.engine.addresses.give(&token, eve, by(eve), home()).await;
    assert_eq!(given.unwrap_err(), page(PersonPageError::NotThePerson));
    // The link to object is no link to give an address, and the other way around.
    let object = stage.object_token();
    assert_eq!(stage.engine.addresses.look(&object, stage.ada).await.unwrap_err(), PersonPageError::Unknown);
    assert_eq!(stage.engine.objections.look(&token, stage.ada).await.unwrap_err(), PersonPageError::Unknown);
    for wrong in [&token[..token.len() - 1], "", "x.y"] {
        assert_eq!(stage.engine.addresses.look(wrong, stage.ada).await.unwrap_err(), PersonPageError::Unknown);
    }
    stage.dispatching.end().await;
}

#[tokio::test]
async fn unusable_address_is_refused_and_stored_nowhere() {
    let stage = asked().await;
    let token = stage.token();
    let give = async |given| stage.engine.addresses.give(&token, stage.ada, by(stage.ada), given).await;
    let Err(AddressError::Refused(missing)) = give(GivenAddress::default()).await else { panic!("it was taken") };
    assert_eq!(missing.len(), 4, "{missing:?}");
    lock(&stage.world.delivery).validates = true;
    let verdict = AddressVerdict::Undeliverable { reasons: Vec::new() };
    lock(&stage.world.delivery).verdicts.insert(STREET.into(), verdict);
    let Err(AddressError::Refused(found)) = give(home()).await else { panic!("it was taken") };
    assert_eq!(found[0].code, CheckCode::UndeliverableAddress);
    assert_eq!(stage.count(EventKind::AddressGiven), 0);
    // A delivery service that does not answer judges the order when it is sent.
    stage.world.faults.once(Call::ValidateAddress, status(503));
    give(home()).await.unwrap();
    stage.dispatching.end().await;
}

#[tokio::test]
async fn order_cancelled_or_objected_to_while_the_form_is_open() {
    let stage = asked().await;
    let (token, id) = (stage.token(), stage.id.to_string());
    stage.engine.objections.object(&stage.object_token(), stage.ada, by(stage.ada), "no").await.unwrap();
    assert_eq!(stage.give(&token).await.unwrap_err(), page(PersonPageError::OnHold));
    stage.dispatching.pass(2 * DAY).await;
    assert_eq!(stage.mails(), ["address"], "nobody is reminded of what they objected to");
    stage.engine.operator.cancel(&id, caller(), "not wanted").await.unwrap();
    assert_eq!(stage.give(&token).await.unwrap_err(), page(PersonPageError::Cancelled));
    assert!(!lock(&stage.world.vault).has_order(stage.id));
    stage.dispatching.end().await;
}

#[tokio::test]
async fn person_and_operator_at_once_give_one_address() {
    let stage = asked().await;
    let (token, id, gate) = (stage.token(), stage.id.to_string(), Arc::new(Notify::new()));
    stage.world.faults.once(Call::ValidateAddress, Trouble::Hold(gate.clone()));
    let other = async {
        while stage.world.faults.count(Call::ValidateAddress) == 0 {
            tokio::task::yield_now().await;
        }
        let given = stage.engine.addresses.give_as_operator(&id, caller(), home()).await;
        gate.notify_one();
        given
    };
    let (first, second) = tokio::join!(stage.give(&token), other);
    assert!(first.is_ok(), "{first:?}");
    assert_eq!(second.unwrap_err(), page(PersonPageError::Busy));
    assert_eq!(stage.count(EventKind::AddressGiven), 1);
    stage.dispatching.end().await;
}

#[tokio::test]
async fn process_that_dies_while_the_address_is_stored_loses_no_order() {
    for (call, done) in [(Call::ReplaceSecret, true), (Call::Commit, false), (Call::Commit, true)] {
        let stage = asked().await;
        let token = stage.token();
        let (mortal, life) = stage.world.living_engine(by_person);
        stage.world.faults.once(call, Trouble::Crash { done });
        tokio::select! {
            given = mortal.addresses.give(&token, stage.ada, by(stage.ada), home()) => panic!("{call:?}: {given:?}"),
            () = life.ended() => {}
        }
        stage.dispatching.pass(HOUR).await;
        if call == Call::Commit && done {
            assert_eq!(stage.give(&token).await.unwrap_err(), page(PersonPageError::TooLate));
        } else {
            stage.give(&token).await.unwrap();
        }
        stage.dispatching.pass(MINUTE).await;
        assert_eq!((stage.world.phase(stage.id), stage.world.faults.count(Call::Order)), ("accepted", 1), "{call:?}");
        stage.dispatching.end().await;
    }
}

#[tokio::test]
async fn mail_that_is_down_is_tried_again_and_a_person_without_mail_needs_an_operator() {
    let world = World::new();
    lock(&world.people).users[0].mail = Some(address("ada@contoso.example"));
    let engine = world.engine_with(by_person);
    world.faults.always(Call::MailPerson, Trouble::Refuse(FailureKind::TimedOut));
    let id = enqueue(&engine, without_address()).await;
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(HOUR).await;
    assert!(world.shipment(id).obstacle().is_none() && world.faults.count(Call::MailPerson) >= 2);
    assert!(world.faults.count(Call::MailPerson) < 6, "{}", world.faults.count(Call::MailPerson));
    world.faults.heal();
    dispatching.pass(2 * HOUR).await;
    assert_eq!(lock(&world.pins).news.len(), 1);

    lock(&world.people).users[0].mail = None;
    let other = enqueue(&engine, without_address()).await;
    dispatching.pass(MINUTE).await;
    assert_eq!(world.obstacle(other).0, "attention");
    assert_eq!(world.shipment(other).obstacle().unwrap().code, "address-unasked");
    dispatching.end().await;
}

/// An editor of the record must not have the parcel sent to another person's address.
#[tokio::test]
async fn edited_record_asks_no_other_person() {
    let world = World::new();
    lock(&world.people).users[0].mail = Some(address("ada@contoso.example"));
    lock(&world.people).add("eve");
    lock(&world.people).users[1].mail = Some(address("eve@contoso.example"));
    let engine = world.engine_with(by_person);
    let id = enqueue(&engine, without_address()).await;
    lock(&world.records).edit_by_hand(id, "/phase/user", serde_json::json!({ "upn": "eve@contoso.example" }));
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(MINUTE).await;
    assert!(lock(&world.pins).news.is_empty());
    assert_eq!(world.shipment(id).obstacle().unwrap().code, "record-altered");
    dispatching.end().await;
}

#[tokio::test]
async fn complete_orders_and_other_settings_are_as_before() {
    let world = World::new();
    let engine = world.engine_with(by_person);
    let complete = enqueue(&engine, queued(ada())).await;
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(MINUTE).await;
    assert_eq!(world.phase(complete), "accepted");
    assert!(world.shipment(complete).address_request().is_none() && lock(&world.pins).news.is_empty());
    dispatching.end().await;
    let id = enqueue(&world.engine(), without_address()).await;
    assert!(!world.shipment(id).awaits_address(), "without the setting, the directory is asked, or nobody");
}

/// Each order states who gives its address, as far as the setting permits.
#[tokio::test]
async fn order_states_who_gives_the_address() {
    let stating = |by| {
        let request = without_address();
        QueueRequest { info: OrderInfo { address_by: by, ..request.info.clone() }, additional: true, ..request }
    };
    let (caller, person) = (Some(AddressBy::Caller), Some(AddressBy::Person));
    for (rule, by, awaits) in [
        (AddressRule::Order, None, false),
        (AddressRule::Order, person, true),
        (AddressRule::Order, caller, false),
        (AddressRule::Person, None, true),
        (AddressRule::Person, caller, false),
        (AddressRule::Caller, None, false),
    ] {
        let world = World::new();
        let engine = world.engine_with(|settings| {
            by_person(settings);
            // What the order leaves to the caller is filled in; what it leaves to the person never is.
            (settings.address_by, settings.fill_from_directory) = (rule, true);
        });
        let id = enqueue(&engine, stating(by)).await;
        assert_eq!(world.shipment(id).awaits_address(), awaits, "{rule:?} {by:?}");
    }
    let world = World::new();
    let engine = world.engine_with(|settings| settings.fill_from_directory = true);
    let refused = engine.orders.enqueue(stating(person)).await.unwrap_err();
    assert_eq!(refused, CreateError::AddressNotByPerson);
    assert!(lock(&world.records).all().is_empty(), "nothing is left behind");
}

/// A check counts the persons who will be asked, and names those who cannot be.
#[tokio::test]
async fn check_counts_the_persons_who_will_be_asked() {
    let world = World::new();
    lock(&world.people).users[0].mail = Some(address("ada@contoso.example"));
    lock(&world.people).add("bea");
    lock(&world.people).users[1].mail = None;
    let engine = world.engine_with(|settings| {
        by_person(settings);
        settings.address_by = AddressRule::Order;
    });
    let row = |number, user: &str, address_by| CheckRow {
        row: number,
        order: OrderDraft { user: UserRef::parse(user).unwrap(), ..without_address().order },
        additional: false,
        address_by,
        needed_by: None,
        not_before: None,
    };
    let person = Some(AddressBy::Person);
    let rows = [row(1, "ada@contoso.example", person), row(2, "bea@contoso.example", person)];
    let mut session = engine.preflight.session(PreflightOptions::default());
    let found = session.check(&rows).await;
    let codes = |findings: &[OrderFinding]| findings.iter().map(|finding| finding.code).collect::<Vec<_>>();
    assert_eq!(codes(&found[0]), []);
    assert_eq!(codes(&found[1]), [CheckCode::PersonNotReachable]);
    let general = session.general();
    let asked = general.iter().find(|finding| finding.code == CheckCode::AddressByPerson).unwrap();
    assert_eq!(asked.message, "2 persons will be asked for their addresses");
    assert_eq!(world.faults.count(Call::ValidateAddress), 0);
    // After a restart, the rows that were checked before count as well.
    let mut resumed = engine.preflight.session(PreflightOptions::default());
    resumed.note(&rows[0], false);
    resumed.note(&rows[1], true);
    let general = resumed.general();
    assert!(general.iter().any(|finding| finding.message == "1 person will be asked for the address"), "{general:?}");
}
