//! Keys are registered only for the user of the order.

use keyferry_domain::UserRef;
use keyferry_engine::Release;
use keyferry_engine::Run;

use crate::support::people::object_id;
use crate::support::trouble::status;
use crate::support::world::{DAY, caller, hour_later, request};
use crate::support::{Call, World, lock};

/// Reassigns Ada's user name to Eve.
fn reassign_name_to_eve(world: &World) {
    let mut people = lock(&world.people);
    people.add("eve");
    people.users[0].upn = "ada.old@contoso.example".into();
    people.users[1].upn = "ada@contoso.example".into();
}

#[tokio::test]
async fn object_id_identifies_user_after_rename() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    reassign_name_to_eve(&world);
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.methods(0), world.methods(1)), ("complete", 1, 0));
    let [sent] = world.sent().try_into().unwrap();
    assert_eq!(sent.user, UserRef::ObjectId(object_id(0)));
    assert_eq!(sent.addressees, ["boss-of-ada@contoso.example"]);
}

#[tokio::test]
async fn reassigned_name_without_object_id_registers_nothing() {
    let world = World::new();
    lock(&world.people).readable = false;
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    reassign_name_to_eve(&world);
    engine.processing.run(Run::All).await;
    let (class, message) = world.obstacle(created.shipment);
    assert_eq!(class, "final");
    assert!(message.contains("another user"), "{message}");
    assert_eq!((world.methods(0), world.methods(1), world.faults.count(Call::Register)), (0, 0, 0));
}

#[tokio::test]
async fn unchanged_name_without_object_id_completes() {
    let world = World::new();
    lock(&world.people).readable = false;
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.methods(0)), ("complete", 1));
    assert_eq!(
        world.faults.count(Call::CreationOptions),
        2,
        "checked before the registration, and not again directly after it"
    );
    assert_eq!(world.sent()[0].user, request(world.sent()[0].user.clone()).order.user);
}

#[tokio::test]
async fn pin_is_not_sent_if_name_is_reassigned_after_registration() {
    let world = World::new();
    lock(&world.people).readable = false;
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Deliver, status(503));
    engine.processing.run(Run::All).await;
    assert_eq!(world.phase(created.shipment), "registered");
    reassign_name_to_eve(&world);
    hour_later(&world, &engine).await;
    let (class, message) = world.obstacle(created.shipment);
    assert_eq!(class, "final");
    assert!(message.contains("No PIN was sent"), "{message}");
    engine.operator.resend_pin(&created.shipment.to_string(), caller(), Release::default()).await.unwrap_err();
    assert!(world.sent().is_empty());
}

/// Neither an edited record nor a clock that was set back lets Keyferry skip the comparison of the user name.
#[tokio::test]
async fn time_of_registration_in_the_future_does_not_skip_the_check_of_the_name() {
    for edited in [false, true] {
        let world = World::new();
        lock(&world.people).readable = false;
        let engine = world.engine();
        let created = world.shipped(&engine).await;
        world.faults.once(Call::Deliver, status(503));
        engine.processing.run(Run::All).await;
        reassign_name_to_eve(&world);
        if edited {
            world.clock.pass(DAY);
            let future = serde_json::json!(world.clock.now() + DAY);
            lock(&world.records).edit_by_hand(created.shipment, "/phase/at", future);
        } else {
            world.clock.set(chrono::TimeDelta::hours(-1));
        }
        engine.operator.resend_pin(&created.shipment.to_string(), caller(), Release::default()).await.unwrap_err();
        engine.processing.run(Run::All).await;
        assert!(world.obstacle(created.shipment).1.contains("No PIN was sent"), "edited: {edited}");
        assert!(world.sent().is_empty());
    }
}

#[tokio::test]
async fn deleted_user_is_obstacle_until_restored() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    let ada = lock(&world.people).users.pop().unwrap();
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.obstacle(created.shipment).0), ("fulfilled", "attention"));
    lock(&world.people).users.push(ada);
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(created.shipment), "complete");
}
