//! Whom the PIN goes to.

use keyferry_domain::ports::Addressing;
use keyferry_engine::Run;
use keyferry_engine::{AddresseeRule, Engine};

use crate::support::trouble::status;
use crate::support::world::{ada, address, hour_later, request};
use crate::support::{Call, World, lock};

async fn shipped_with_contact(world: &std::sync::Arc<World>, engine: &Engine) -> keyferry_engine::Created {
    let mut order = request(ada());
    order.order.enrollment_contacts = vec![address("it@contoso.example")];
    let created = engine.orders.create(order).await.unwrap();
    world.ship(&created.delivery_id);
    created
}

#[tokio::test]
async fn contacts_come_before_the_manager() {
    let world = World::new();
    let engine = world.engine();
    shipped_with_contact(&world, &engine).await;
    engine.processing.run(Run::All).await;
    assert_eq!(world.sent()[0].addressees, ["it@contoso.example"]);
}

#[tokio::test]
async fn a_contact_whose_domain_is_no_longer_allowed_gets_nothing() {
    let world = World::new();
    let created = shipped_with_contact(&world, &world.engine()).await;
    world.engine_with(|settings| settings.contact_domains.clear()).processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.obstacle(created.shipment).0), ("registered", "attention"));
    assert!(world.sent().is_empty());
    hour_later(&world, &world.engine()).await;
    assert_eq!(world.phase(created.shipment), "complete");
}

#[tokio::test]
async fn without_a_manager_or_their_address_a_person_must_mend_it_and_every_run_looks() {
    for (has_manager, word) in [(false, "no manager"), (true, "no mail address")] {
        let world = World::new();
        let engine = world.engine();
        let created = world.shipped(&engine).await;
        let manager = {
            let mut people = lock(&world.people);
            people.users[0].has_manager = has_manager;
            people.users[0].manager.take()
        };
        engine.processing.run(Run::All).await;
        let (class, message) = world.obstacle(created.shipment);
        assert_eq!((class, world.phase(created.shipment)), ("attention", "registered"));
        assert!(message.contains(word), "{message}");
        {
            let mut people = lock(&world.people);
            people.users[0].manager = manager;
            people.users[0].has_manager = true;
        }
        hour_later(&world, &engine).await;
        assert_eq!(world.sent()[0].addressees, ["boss-of-ada@contoso.example"]);
    }
}

#[tokio::test]
async fn the_recipients_own_address_is_used_only_where_opted_in() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.addressees.push(AddresseeRule::Recipient));
    world.shipped(&engine).await;
    lock(&world.people).users[0].has_manager = false;
    engine.processing.run(Run::All).await;
    assert_eq!(world.sent()[0].addressees, ["ada@home.example"]);
}

#[tokio::test]
async fn a_directory_that_is_down_sends_the_pin_to_nobody_else() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.addressees.push(AddresseeRule::Recipient));
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Manager, status(503));
    engine.processing.run(Run::All).await;
    assert_eq!((world.obstacle(created.shipment).0, world.sent().len()), ("retry", 0));
    hour_later(&world, &engine).await;
    assert_eq!(world.sent()[0].addressees, ["boss-of-ada@contoso.example"]);
}

#[tokio::test]
async fn where_the_other_side_finds_the_addressee_the_directory_is_not_asked() {
    let world = World::new();
    lock(&world.pins).addressing = Addressing::ByTheOtherSide;
    let engine = world.engine();
    world.shipped(&engine).await;
    shipped_with_contact(&world, &engine).await;
    engine.processing.run(Run::All).await;
    assert_eq!(world.faults.count(Call::Manager) + world.faults.count(Call::Person), 0);
    let mut to: Vec<_> = world.sent().into_iter().map(|sent| sent.addressees).collect();
    to.sort();
    assert_eq!(to, [vec![], vec!["it@contoso.example".to_owned()]]);
}

/// The manager's address is Ada's own: by her name where that is all we know, by her mail address where we know her.
fn manage_herself(world: &World, readable: bool) {
    let mut people = lock(&world.people);
    people.readable = readable;
    if readable {
        people.users[0].mail = Some(address("ada.lovelace@contoso.example"));
        people.users[0].manager = Some(address("Ada.Lovelace@contoso.example"));
    } else {
        people.users[0].manager = Some(address("Ada@contoso.example"));
    }
}

#[tokio::test]
async fn key_and_pin_do_not_come_into_one_hand() {
    for readable in [false, true] {
        let world = World::new();
        manage_herself(&world, readable);
        let engine = world.engine();
        let created = world.shipped(&engine).await;
        engine.processing.run(Run::All).await;
        let (class, message) = world.obstacle(created.shipment);
        assert_eq!((class, world.phase(created.shipment)), ("attention", "registered"));
        assert!(message.contains("own address"), "{message}");
        assert!(world.sent().is_empty());
    }
}

#[tokio::test]
async fn key_and_pin_come_into_one_hand_where_opted_in() {
    for readable in [false, true] {
        let world = World::new();
        manage_herself(&world, readable);
        let engine = world.engine_with(|settings| settings.addressees.push(AddresseeRule::Recipient));
        let created = world.shipped(&engine).await;
        engine.processing.run(Run::All).await;
        assert_eq!((world.phase(created.shipment), world.sent().len()), ("complete", 1));
    }
}

#[tokio::test]
async fn without_the_permission_to_read_a_person_the_pin_goes_out_under_the_name_of_the_order() {
    let world = World::new();
    lock(&world.people).readable = false;
    world.faults.always(Call::Person, status(403));
    let engine = world.engine();
    world.shipped(&engine).await;
    engine.processing.run(Run::All).await;
    let [sent] = world.sent().try_into().unwrap();
    assert_eq!(sent.user_name, "ada@contoso.example");
}

#[tokio::test]
async fn while_it_cannot_be_known_whose_address_it_is_the_pin_waits() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Person, status(503));
    engine.processing.run(Run::All).await;
    assert_eq!((world.obstacle(created.shipment).0, world.sent().len()), ("retry", 0));
    hour_later(&world, &engine).await;
    assert_eq!(world.sent()[0].user_name, "Person ada@contoso.example");
}
