//! Addressees of PINs.

use keyferry_domain::ports::Addressing;
use keyferry_engine::Run;
use keyferry_engine::{AddresseeRule, Engine};

use crate::support::trouble::{Trouble, status};
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
async fn contacts_take_precedence_over_manager() {
    let world = World::new();
    let engine = world.engine();
    shipped_with_contact(&world, &engine).await;
    engine.processing.run(Run::All).await;
    assert_eq!(world.sent()[0].addressees, ["it@contoso.example"]);
}

#[tokio::test]
async fn contact_in_domain_no_longer_allowed_receives_no_pin() {
    let world = World::new();
    let created = shipped_with_contact(&world, &world.engine()).await;
    world.engine_with(|settings| settings.contact_domains.clear()).processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.obstacle(created.shipment).0), ("registered", "attention"));
    assert!(world.sent().is_empty());
    hour_later(&world, &world.engine()).await;
    assert_eq!(world.phase(created.shipment), "complete");
}

#[tokio::test]
async fn missing_manager_or_address_is_obstacle_until_fixed() {
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

/// Others may read the mailbox of a disabled account. What the directory does not return keeps no PIN back.
#[tokio::test]
async fn manager_whose_account_is_disabled_is_an_obstacle_until_there_is_another() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    lock(&world.people).users[0].manager_enabled = Some(false);
    engine.processing.run(Run::All).await;
    assert_eq!((world.obstacle(created.shipment).0, world.phase(created.shipment)), ("attention", "registered"));
    assert_eq!(world.shipment(created.shipment).obstacle().unwrap().code, "manager-disabled");
    hour_later(&world, &engine).await;
    assert!(world.sent().is_empty());
    {
        let mut people = lock(&world.people);
        people.users[0].manager = Some(address("new-boss@contoso.example"));
        people.users[0].manager_enabled = None;
    }
    hour_later(&world, &engine).await;
    assert_eq!(world.sent()[0].addressees, ["new-boss@contoso.example"]);
}

/// The key was registered while the manager was there, so nobody else takes the place of the manager.
#[tokio::test]
async fn manager_who_leaves_before_the_pin_is_sent_gets_none() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.addressees.push(AddresseeRule::Recipient));
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Deliver, status(503));
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.sent().len()), ("registered", 0));
    lock(&world.people).users[0].manager_enabled = Some(false);
    hour_later(&world, &engine).await;
    assert_eq!(world.shipment(created.shipment).obstacle().unwrap().code, "addressee-changed");
    assert!(world.sent().is_empty());
}

#[tokio::test]
async fn other_side_sends_no_pin_to_a_disabled_manager() {
    let world = World::new();
    lock(&world.pins).addressing = Addressing::ByTheOtherSide;
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    lock(&world.people).users[0].manager_enabled = Some(false);
    engine.processing.run(Run::All).await;
    assert_eq!(world.shipment(created.shipment).obstacle().unwrap().code, "manager-disabled");
    assert!(world.sent().is_empty());
}

#[tokio::test]
async fn recipient_receives_pin_if_enabled() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.addressees.push(AddresseeRule::Recipient));
    world.shipped(&engine).await;
    lock(&world.people).users[0].has_manager = false;
    engine.processing.run(Run::All).await;
    assert_eq!(world.sent()[0].addressees, ["ada@home.example"]);
}

#[tokio::test]
async fn directory_failure_does_not_fall_back_to_next_rule() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.addressees.push(AddresseeRule::Recipient));
    let created = world.shipped(&engine).await;
    world.faults.always(Call::Manager, status(503));
    engine.processing.run(Run::All).await;
    assert_eq!((world.obstacle(created.shipment).0, world.sent().len()), ("retry", 0));
    world.faults.heal();
    hour_later(&world, &engine).await;
    assert_eq!(world.sent()[0].addressees, ["boss-of-ada@contoso.example"]);
}

#[tokio::test]
async fn other_side_gets_contacts_only() {
    let world = World::new();
    lock(&world.pins).addressing = Addressing::ByTheOtherSide;
    let engine = world.engine();
    world.shipped(&engine).await;
    shipped_with_contact(&world, &engine).await;
    engine.processing.run(Run::All).await;
    let mut to: Vec<_> = world.sent().into_iter().map(|sent| sent.addressees).collect();
    to.sort();
    assert_eq!(to, [vec![], vec!["it@contoso.example".to_owned()]]);
}

#[tokio::test]
async fn other_side_decides_without_a_manager() {
    let world = World::new();
    lock(&world.pins).addressing = Addressing::ByTheOtherSide;
    lock(&world.people).users[0].has_manager = false;
    let engine = world.engine();
    let created = world.completed(&engine).await;
    assert!(world.sent()[0].addressees.is_empty());
    assert_eq!(
        world.events(created.shipment).last().unwrap().detail,
        "registered, and the PIN was sent to the other side, which determines the addressee"
    );
}

/// Makes the manager's address Ada's own: equal to her mail address if `readable`, else to her user name.
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
async fn pin_is_not_sent_to_the_users_own_address() {
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
async fn pin_is_sent_to_the_users_own_address_if_enabled() {
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
async fn user_and_manager_are_read_in_one_call() {
    let world = World::new();
    let engine = world.engine();
    world.shipped(&engine).await;
    engine.processing.run(Run::All).await;
    assert_eq!(world.sent()[0].user_name, "Person ada@contoso.example");
    // Once when the key is registered, and once when the PIN is sent.
    assert_eq!((world.faults.count(Call::Manager), world.faults.count(Call::Person)), (2, 0));
}

#[tokio::test]
async fn message_has_name_of_order_if_user_is_not_readable() {
    let world = World::new();
    lock(&world.people).readable = false;
    world.faults.always(Call::Person, status(403));
    let engine = world.engine();
    shipped_with_contact(&world, &engine).await;
    engine.processing.run(Run::All).await;
    let [sent] = world.sent().try_into().unwrap();
    assert_eq!(sent.user_name, "ada@contoso.example");
}

#[tokio::test]
async fn pin_is_on_hold_while_user_cannot_be_read() {
    let world = World::new();
    let engine = world.engine();
    let created = shipped_with_contact(&world, &engine).await;
    world.faults.always(Call::Person, status(503));
    engine.processing.run(Run::All).await;
    assert_eq!((world.obstacle(created.shipment).0, world.sent().len()), ("retry", 0));
    world.faults.heal();
    hour_later(&world, &engine).await;
    assert_eq!(world.sent()[0].user_name, "Person ada@contoso.example");
}

/// Other addresses of Ada, as her manager's, as a contact, and as a contact that becomes hers after the order.
#[tokio::test]
async fn pin_is_not_sent_to_any_other_address_of_the_user() {
    for own in
        ["Ada@Contoso.example", "ada+keys@contoso.example", "lovelace@contoso.example", "ADA.L+x@contoso.example"]
    {
        for (as_contact, known_at_order) in [(false, true), (true, true), (true, false)] {
            let world = World::new();
            let engine = world.engine();
            let addresses = |world: &World, known: bool| {
                let mut people = lock(&world.people);
                let ada = &mut people.users[0];
                ada.upn = if known { "ada@contoso.example" } else { "a.king@contoso.example" }.into();
                ada.mail = known.then(|| address("ada.l@contoso.example"));
                ada.aliases = if known { vec![ada.upn.clone(), "lovelace@contoso.example".into()] } else { Vec::new() };
                ada.manager = (!as_contact).then(|| address(own));
            };
            addresses(&world, known_at_order);
            let mut order = request(keyferry_domain::UserRef::ObjectId(crate::support::people::object_id(0)));
            order.order.enrollment_contacts = as_contact.then(|| address(own)).into_iter().collect();
            let created = engine.orders.create(order).await;
            if as_contact && known_at_order {
                let refused = keyferry_engine::RefusedContact::OwnAddress(address(own));
                let error = created.unwrap_err();
                assert_eq!(error, keyferry_engine::CreateError::ContactNotAllowed(refused));
                assert!(world.orders() == 0 && error.to_string().contains("one of the user's own addresses"));
                continue;
            }
            let created = created.unwrap();
            addresses(&world, true);
            world.ship(&created.delivery_id);
            engine.processing.run(Run::All).await;
            let (class, message) = world.obstacle(created.shipment);
            assert_eq!((class, world.phase(created.shipment)), ("attention", "registered"), "{own}");
            assert!(message.contains(&format!("would go to {own}, the user's own address")), "{message}");
            assert!(world.sent().is_empty());
        }
    }
}

/// A later rule without an addressee does not hide that the manager's address is the user's own.
#[tokio::test]
async fn other_side_is_not_asked_if_the_managers_address_is_the_users_own() {
    let world = World::new();
    lock(&world.pins).addressing = Addressing::ByTheOtherSide;
    lock(&world.people).users[0].manager = Some(address("ada@contoso.example"));
    let rules = vec![AddresseeRule::Manager, AddresseeRule::Contacts];
    let engine = world.engine_with(|settings| settings.addressees = rules);
    let created = world.shipped(&engine).await;
    engine.processing.run(Run::All).await;
    assert!(world.obstacle(created.shipment).1.contains("the user's own address"));
    assert!(world.sent().is_empty());
}

#[tokio::test]
async fn order_with_the_users_own_contact_is_refused_for_every_way_of_the_pin() {
    for addressing in [Addressing::Resolved, Addressing::ByTheOtherSide] {
        let world = World::new();
        lock(&world.pins).addressing = addressing;
        let engine = world.engine();
        for user in [ada(), keyferry_domain::UserRef::ObjectId(crate::support::people::object_id(0))] {
            let mut order = request(user);
            order.order.enrollment_contacts = vec![address("ada+pin@contoso.example")];
            let error = engine.orders.create(order).await.unwrap_err();
            let refused = keyferry_engine::RefusedContact::OwnAddress(address("ada+pin@contoso.example"));
            assert_eq!(error, keyferry_engine::CreateError::ContactNotAllowed(refused));
        }
        assert_eq!(world.orders(), 0);
    }
}

/// The same wrong answer each time looks like an addressee that does not change.
#[tokio::test]
async fn manager_in_the_entry_of_another_user_is_no_addressee() {
    let world = World::new();
    let engine = world.engine();
    lock(&world.people).add("grace");
    let created = world.shipped(&engine).await;
    world.faults.always(Call::Manager, Trouble::Another);
    engine.processing.run(Run::All).await;
    hour_later(&world, &engine).await;
    assert_eq!(world.obstacle(created.shipment).0, "attention");
    assert!(world.sent().is_empty());
    world.faults.heal();
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(created.shipment), "complete");
    assert_eq!(world.sent()[0].addressees, ["boss-of-ada@contoso.example"]);
}
