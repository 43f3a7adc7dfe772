//! Data of recipients that is filled from the directory.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::ports::{AddressVerdict, Country};
use keyferry_domain::{
    AddressDraft, CheckCode, Member, OrderFinding, OrderInfo, RecipientDraft, RowOrder, Severity, ShipmentId, UserRef,
};
use keyferry_engine::{CheckRow, Engine, EngineSettings, PreflightOptions, QueueRequest, UploadRow};

use super::queue::{Dispatching, enqueue, queued};
use crate::support::log::Log;
use crate::support::trouble::status;
use crate::support::world::{HOUR, ada, caller, request};
use crate::support::{Call, Trouble, World, lock};

const MINUTE: Duration = Duration::from_secs(60);

fn filling(settings: &mut EngineSettings) {
    settings.fill_from_directory = true;
    settings.one_open_order_per_user = false;
}

/// Creates a world in which the directory has all data of Ada.
fn world() -> Arc<World> {
    let world = World::new();
    let some = |text: &str| Some(text.to_owned());
    let mut people = lock(&world.people);
    let user = &mut people.users[0];
    user.recipient = RecipientDraft {
        recipient_company: some("CANARY Corp"),
        recipient_email: some("canary@contoso.example"),
        recipient_firstname: some("CANARY-first"),
        recipient_lastname: some("CANARY-last"),
        recipient_telephone: some("CANARY-555"),
    };
    user.address = AddressDraft {
        street_line1: some("1 CANARY Street"),
        street_line2: None,
        city: some("CANARY City"),
        region: some("IL"),
        postal_code: some("CANARY-62701"),
        country_code_2: some("US"),
    };
    drop(people);
    world
}

/// Returns an order that lacks the telephone number and the address.
fn lacking() -> QueueRequest {
    let mut request = queued(ada());
    request.order.recipient.recipient_telephone = None;
    request.order.mailing_address = None;
    request
}

fn row() -> CheckRow {
    CheckRow { row: 1, order: lacking().order, additional: false, address_by: None, needed_by: None, not_before: None }
}

/// Dispatches for a minute.
async fn dispatch(world: &Arc<World>, engine: &Engine) {
    let dispatching = Dispatching::start(world, engine);
    dispatching.pass(MINUTE).await;
    dispatching.end().await;
}

fn detail(world: &World, id: ShipmentId) -> String {
    world.events(id).iter().find(|event| event.kind.as_str() == "submitted").unwrap().detail.clone()
}

#[tokio::test]
async fn missing_data_is_filled_when_the_order_is_sent() {
    let (log, _guard) = Log::start();
    let world = world();
    let engine = world.engine_with(filling);
    let id = enqueue(&engine, lacking()).await;
    assert!(!world.faults.calls().contains(&Call::Profile), "the caller does not wait for the directory");
    assert_eq!(world.shipment(id).info().country, None);
    dispatch(&world, &engine).await;
    let sent = lock(&world.delivery).parcel_of(id).unwrap().1.order.clone();
    assert_eq!(sent.recipient.recipient_telephone, "CANARY-555");
    assert_eq!(sent.recipient.recipient_email, "ada@home.example", "data in the order is kept");
    assert_eq!(sent.mailing_address.street_line1, "1 CANARY Street");
    assert_eq!(world.shipment(id).info().country.as_deref(), Some("US"));
    let detail = detail(&world, id);
    assert!(
        detail.ends_with(
            "; filled from the directory: recipient.recipient_telephone, mailing_address.street_line1, \
             mailing_address.city, mailing_address.postal_code, mailing_address.country_code_2, mailing_address.region"
        ),
        "{detail}"
    );
    assert!(!format!("{:?}{:?}{}", world.shipment(id), world.events(id), log.taken()).contains("CANARY"));
    assert!(!lock(&world.vault).has_order(id));
}

#[tokio::test]
async fn complete_orders_need_no_profile_and_their_history_is_as_before() {
    let world = world();
    let engine = world.engine_with(filling);
    let id = enqueue(&engine, queued(ada())).await;
    dispatch(&world, &engine).await;
    assert_eq!(world.phase(id), "accepted");
    assert!(!world.faults.calls().contains(&Call::Profile));
    assert!(detail(&world, id).ends_with("is about to be ordered"));
}

#[tokio::test]
async fn data_that_the_directory_lacks_is_an_obstacle_until_it_is_added() {
    let world = world();
    let engine = world.engine_with(filling);
    let user = |change: fn(&mut keyferry_testkit::outside::people::User)| change(&mut lock(&world.people).users[0]);
    user(|user| user.address.city = None);
    user(|user| user.recipient.recipient_telephone = None);
    let id = enqueue(&engine, lacking()).await;
    dispatch(&world, &engine).await;
    let obstacle = world.shipment(id).obstacle().unwrap().clone();
    assert_eq!(obstacle.class.as_str(), "attention");
    assert!(obstacle.message.contains("recipient.recipient_telephone, mailing_address.city"), "{}", obstacle.message);
    assert!(!obstacle.message.contains("CANARY"));
    assert_eq!(world.orders(), 0);
    assert!(lock(&world.vault).has_order(id));
    user(|user| user.address.city = Some("Springfield".into()));
    user(|user| user.recipient.recipient_telephone = Some("1".into()));
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(HOUR).await;
    assert_eq!((world.phase(id), world.orders()), ("accepted", 1));
    dispatching.end().await;
}

#[tokio::test]
async fn limits_apply_to_the_filled_order() {
    let world = world();
    lock(&world.delivery).limits = Some(|order| {
        let message = format!("{} is too long", order.mailing_address.city);
        vec![OrderFinding::new(CheckCode::TooLong, Member::Parcel("mailing_address.city"), message)]
    });
    let engine = world.engine_with(filling);
    let id = enqueue(&engine, lacking()).await;
    dispatch(&world, &engine).await;
    let obstacle = world.shipment(id).obstacle().unwrap().clone();
    assert_eq!(obstacle.class.as_str(), "attention");
    assert!(obstacle.message.contains("mailing_address.city (too-long)"), "{}", obstacle.message);
    assert!(!format!("{:?}", world.shipment(id)).contains("CANARY"));
    assert_eq!(world.orders(), 0);
}

#[tokio::test]
async fn orders_that_lack_data_wait_while_the_setting_is_off() {
    let world = world();
    let id = enqueue(&world.engine_with(filling), lacking()).await;
    dispatch(&world, &world.engine()).await;
    assert_eq!((world.obstacle(id).0, world.orders()), ("attention", 0));
    assert!(!world.faults.calls().contains(&Call::Profile));
}

#[tokio::test]
async fn missing_permission_does_not_hold_complete_orders() {
    let world = world();
    let engine = world.engine_with(filling);
    let lacks = enqueue(&engine, lacking()).await;
    let complete = enqueue(&engine, queued(ada())).await;
    world.faults.always(Call::Profile, status(403));
    dispatch(&world, &engine).await;
    assert_eq!((world.obstacle(lacks).0, world.phase(complete)), ("attention", "accepted"));
}

/// Between the call for the address and the call for the challenge, the name is given to another user. The key of one
/// must not be sent to the other.
#[tokio::test]
async fn name_that_is_reassigned_meanwhile_orders_nothing() {
    let world = world();
    lock(&world.people).add("eve");
    let engine = world.engine_with(filling);
    let id = enqueue(&engine, lacking()).await;
    let hold = Arc::new(tokio::sync::Notify::new());
    world.faults.once(Call::CreationOptions, Trouble::Hold(hold.clone()));
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(Duration::from_secs(1)).await;
    assert!(world.faults.calls().contains(&Call::Profile));
    {
        let users = &mut lock(&world.people).users;
        let name = std::mem::replace(&mut users[0].upn, "old@contoso.example".into());
        users[1].upn = name;
    }
    hold.notify_one();
    dispatching.pass(MINUTE).await;
    assert_eq!(world.orders(), 0);
    assert!(world.shipment(id).obstacle().is_some());
    dispatching.end().await;
}

#[tokio::test]
async fn check_finds_what_the_filled_order_will_be_refused_for_without_showing_it() {
    let world = world();
    lock(&world.delivery).countries =
        Some(vec![Country { code: "SE".into(), name: None, delivery_types: vec![], regions: vec![] }]);
    let check = async || {
        // A new engine: one keeps for minutes what the delivery service offers.
        let engine = world.engine_with(filling);
        let mut session = engine.preflight.session(PreflightOptions::default());
        session.check(&[row()]).await.remove(0)
    };
    let found = check().await;
    assert_eq!(found[0].code, CheckCode::UnservedCountry);
    assert!(!found[0].message.contains("US"), "{}", found[0].message);
    {
        let mut delivery = lock(&world.delivery);
        (delivery.countries, delivery.validates) = (None, true);
        let reasons = vec!["No CANARY Street in CANARY City".into()];
        delivery.verdicts.insert("1 CANARY Street".into(), AddressVerdict::Undeliverable { reasons });
    }
    let found = check().await;
    assert_eq!(found[0].code, CheckCode::UndeliverableAddress);
    assert!(!format!("{found:?}").contains("CANARY"), "{found:?}");

    lock(&world.people).users[0].address.postal_code = None;
    let found = check().await;
    assert_eq!(found[0].code, CheckCode::MissingRecipientData);
    assert_eq!(found[0].member, Some(Member::Parcel("mailing_address.postal_code")));
    assert_eq!(world.orders(), 0);
}

#[tokio::test]
async fn rows_of_a_batch_may_lack_data() {
    let world = world();
    let engine = world.engine_with(filling);
    let order = RowOrder { order: lacking().order, info: OrderInfo::default(), additional: false };
    assert_eq!(RowOrder::decode(&order.encode().unwrap()).unwrap(), order);
    let complete = RowOrder { order: request(ada()).order.into(), ..order.clone() };
    let mut upload = engine.batches.begin("roll-out".to_owned(), caller()).await.unwrap();
    for (number, order) in [(2, order), (3, complete)] {
        let user = UserRef::to_string(&order.order.user);
        let row = UploadRow { row: number, key: None, user, order: Some(order), content: None, findings: Vec::new() };
        upload.add(row).await.unwrap();
    }
    let batch = upload.finish(Vec::new(), Vec::new(), Vec::new()).await.unwrap();
    let rows = engine.batches.rows(batch.id, &keyferry_domain::ports::RowFilter::default(), 0, 10).await.unwrap();
    assert!(rows.iter().all(|row| !row.row.has(Severity::Error)));
}
