//! Reconciliation of records, delivery service and identity provider.

use std::sync::Arc;

use keyferry_domain::FailureKind;
use keyferry_engine::{DifferenceKind as Kind, Engine, Position, Slice};

use crate::support::trouble::status;
use crate::support::world::{ada, caller, hour_later, request};
use crate::support::{Call, Trouble, World, lock};

/// Compares all, slice by slice.
async fn whole(engine: &Engine) -> Slice {
    let mut all = Slice { next: Some(Position::start()), ..Slice::default() };
    for _ in 0..50 {
        let Some(from) = all.next.clone() else { return all };
        // As a caller keeps it.
        let from = Position::parse(&from.to_text()).unwrap();
        all.add(engine.reconciliation.slice(from).await.unwrap());
    }
    panic!("the comparison has no end: {all:?}");
}

fn kinds(slice: &Slice) -> Vec<Kind> {
    slice.differences.iter().map(|difference| difference.kind).collect()
}

async fn world() -> (Arc<World>, Engine) {
    let world = World::new();
    lock(&world.delivery).lists = true;
    let engine = world.engine();
    (world, engine)
}

#[tokio::test]
async fn sides_that_agree_have_no_difference_and_nothing_is_changed() {
    let (world, engine) = world().await;
    let created = world.completed(&engine).await;
    let before = (world.shipment(created.shipment), world.events(created.shipment).len());
    let found = whole(&engine).await;
    assert_eq!((&found.differences, &found.not_compared), (&vec![], &vec![]));
    let compared = found.compared;
    assert_eq!((compared.orders, compared.shipments, compared.people, compared.calls), (1, 1, 1, 2));
    assert_eq!((world.shipment(created.shipment), world.events(created.shipment).len()), before);
}

#[tokio::test]
async fn method_that_is_gone_is_found_until_it_is_recorded_as_revoked() {
    let (world, engine) = world().await;
    let created = world.completed(&engine).await;
    lock(&world.people).users[0].methods.clear();
    let found = whole(&engine).await;
    assert_eq!(kinds(&found), [Kind::MethodGone]);
    let gone = &found.differences[0];
    assert_eq!(gone.shipment, Some(created.shipment));
    let method = gone.method_id.clone().unwrap();
    // The remedy.
    assert_eq!(gone.kind.operation(), "revoke_method");
    engine.operator.revoke(&ada(), &method, caller(), "it was deleted").await.unwrap();
    assert_eq!(kinds(&whole(&engine).await), []);
}

#[tokio::test]
async fn order_without_record_is_found() {
    let (world, engine) = world().await;
    let created = world.completed(&engine).await;
    let known = world.shipment(created.shipment);
    // The record is lost, as after a restore from an old backup.
    let now = world.clock.now();
    let version = lock(&world.records).get(created.shipment, now).unwrap().unwrap().version;
    lock(&world.records).delete(created.shipment, &version).unwrap();
    world.ordered(&engine).await;
    let found = whole(&engine).await;
    assert_eq!(kinds(&found), [Kind::OrderWithoutRecord]);
    assert_eq!(found.differences[0].delivery_id.as_ref(), known.phase().delivery_id());
}

/// The number in the name of a passkey is the serial number of a key whose record has no such passkey.
#[tokio::test]
async fn method_with_the_serial_number_of_an_ordered_key_is_found() {
    let (world, engine) = world().await;
    let created = world.completed(&engine).await;
    let (serial, name) = {
        let people = lock(&world.people);
        let name = people.users[0].methods[0].display_name.clone();
        (name.rsplit(' ').next().unwrap().to_owned(), name)
    };
    {
        let mut people = lock(&world.people);
        let made = &people.users[0].methods[0];
        let copy = keyferry_testkit::outside::people::Method {
            credential_id: vec![7; 48],
            display_name: name,
            public_key: made.public_key.clone(),
            made_for: made.made_for.clone(),
        };
        people.users[0].methods.push(copy);
    }
    let found = whole(&engine).await;
    assert_eq!(kinds(&found), [Kind::MethodWithoutRecord], "{serial}");
    assert!(found.differences[0].detail.contains(&created.shipment.to_string()), "{found:?}");
}

#[tokio::test]
async fn unconfirmed_order_is_the_candidate_of_the_order_without_record() {
    let (world, engine) = world().await;
    world.faults.once(Call::Order, Trouble::Lost { done: true });
    engine.orders.create(request(ada())).await.unwrap_err();
    let id = lock(&world.records).all()[0].id();
    let found = whole(&engine).await;
    assert_eq!(kinds(&found), [Kind::OrderWithoutRecord]);
    assert_eq!(found.differences[0].candidates, [id]);
}

#[tokio::test]
async fn open_orders_of_leavers_and_unregistered_keys_are_found() {
    let (world, engine) = world().await;
    let created = world.shipped(&engine).await;
    lock(&world.people).users[0].enabled = false;
    let found = whole(&engine).await;
    // The run has not seen yet that the key was made.
    assert_eq!(kinds(&found), [Kind::ShippedNotRegistered, Kind::OpenOrderOfDisabledUser]);
    assert_eq!(found.differences[1].shipment, Some(created.shipment));
    world.faults.always(Call::Register, status(403));
    hour_later(&world, &engine).await;
    let found = whole(&engine).await;
    assert_eq!(kinds(&found), [Kind::ShippedNotRegistered, Kind::OpenOrderOfDisabledUser]);
    lock(&world.people).users.clear();
    let found = whole(&engine).await;
    assert_eq!(kinds(&found), [Kind::ShippedNotRegistered, Kind::OpenOrderOfMissingUser]);
}

/// What no longer reaches the person or the addressee, of an order in each phase in which that matters.
#[tokio::test]
async fn parcels_to_another_country_and_pins_without_addressee_are_found() {
    let (world, engine) = world().await;
    let created = world.ordered(&engine).await;
    let country = world.shipment(created.shipment).info().country.clone().unwrap();
    let move_to = |country: Option<&str>| {
        lock(&world.people).users[0].address.country_code_2 = country.map(str::to_owned);
    };
    // Without a country in the directory, and with the same one in another case.
    for same in [None, Some(country.to_lowercase())] {
        move_to(same.as_deref());
        assert_eq!(kinds(&whole(&engine).await), []);
    }
    move_to(Some("NZ"));
    let found = whole(&engine).await;
    assert_eq!((kinds(&found), found.compared.calls), (vec![Kind::ParcelToAnotherCountry], 4));
    let moved = &found.differences[0];
    assert_eq!(moved.shipment, Some(created.shipment));
    assert!(moved.detail.contains(&country) && moved.detail.contains("NZ"), "{moved:?}");
    // The remedy.
    assert_eq!(moved.kind.operation(), "cancel_shipment");

    lock(&world.people).users[0].manager_enabled = Some(false);
    assert_eq!(kinds(&whole(&engine).await), [Kind::ParcelToAnotherCountry, Kind::PinAddresseeDisabled]);
    lock(&world.people).users[0].has_manager = false;
    let found = whole(&engine).await;
    assert_eq!(kinds(&found), [Kind::ParcelToAnotherCountry, Kind::PinAddresseeMissing]);
    assert!(found.differences[1].detail.contains("has no manager"), "{found:?}");
    move_to(None);
    // Of a person who left, only that.
    lock(&world.people).users[0].enabled = false;
    assert_eq!(kinds(&whole(&engine).await), [Kind::OpenOrderOfDisabledUser]);
    lock(&world.people).users[0].enabled = true;
    engine.operator.cancel(&created.shipment.to_string(), caller(), "she moved").await.unwrap();
    assert_eq!(kinds(&whole(&engine).await), [], "a cancelled order reaches nobody");
}

/// A complete order has sent its PIN, and the directory is not asked about it.
#[tokio::test]
async fn complete_orders_are_not_compared_with_the_directory() {
    let (world, engine) = world().await;
    world.completed(&engine).await;
    lock(&world.people).users[0].address.country_code_2 = Some("NZ".to_owned());
    lock(&world.people).users[0].has_manager = false;
    let found = whole(&engine).await;
    assert_eq!((kinds(&found), found.compared.calls), (vec![], 2));
}

#[tokio::test]
async fn what_the_directory_does_not_answer_is_named_and_a_rate_limit_repeats_the_step() {
    let (world, engine) = world().await;
    world.ordered(&engine).await;
    lock(&world.people).users[0].has_manager = false;
    world.faults.once(Call::Profile, status(403));
    let found = whole(&engine).await;
    assert_eq!((found.not_compared.len(), kinds(&found)), (1, vec![Kind::PinAddresseeMissing]));
    for call in [Call::Profile, Call::Manager] {
        world.faults.once(call, Trouble::Throttle(std::time::Duration::from_secs(7)));
        let first = engine.reconciliation.slice(Position::start()).await.unwrap();
        assert_eq!((first.pause, kinds(&first)), (Some(7), vec![]), "{call:?}");
        let rest = engine.reconciliation.slice(first.next.unwrap()).await.unwrap();
        assert_eq!((kinds(&rest), rest.next), (vec![Kind::PinAddresseeMissing], None));
    }
}

#[tokio::test]
async fn side_that_fails_is_named_and_the_others_are_compared() {
    let (world, engine) = world().await;
    world.completed(&engine).await;
    let timed_out = || Trouble::Refuse(FailureKind::TimedOut);
    world.faults.once(Call::ListOrders, timed_out());
    let found = whole(&engine).await;
    assert_eq!(found.not_compared.iter().map(|part| part.count).collect::<Vec<_>>(), [0]);
    assert_eq!((found.compared.people, kinds(&found)), (1, vec![]));
    world.faults.once(Call::ListMethods, timed_out());
    let found = whole(&engine).await;
    assert_eq!(found.not_compared.iter().map(|part| part.count).collect::<Vec<_>>(), [1]);
    assert_eq!(found.compared.orders, 1);
    lock(&world.delivery).lists = false;
    let found = whole(&engine).await;
    assert!(found.not_compared[0].why.contains("switched off"), "{found:?}");
}

/// A rate limit loses nothing: the step is repeated after the pause.
#[tokio::test]
async fn throttled_step_is_repeated_after_its_pause() {
    let (world, engine) = world().await;
    world.completed(&engine).await;
    lock(&world.people).users[0].methods.clear();
    world.faults.once(Call::ListMethods, Trouble::Throttle(std::time::Duration::from_secs(7)));
    let first = engine.reconciliation.slice(Position::start()).await.unwrap();
    assert_eq!((first.pause, kinds(&first)), (Some(7), vec![]));
    let rest = engine.reconciliation.slice(first.next.unwrap()).await.unwrap();
    assert_eq!((rest.next, rest.differences.len()), (None, 1));
}

#[tokio::test]
async fn person_with_several_keys_is_compared_once() {
    let (world, engine) = world().await;
    for _ in 0..4 {
        world.completed(&engine).await;
    }
    lock(&world.people).users[0].methods.clear();
    let found = whole(&engine).await;
    assert_eq!((found.compared.shipments, found.compared.people, found.differences.len()), (4, 1, 4));
}

#[tokio::test]
async fn whole_comparison_in_the_background_is_kept() {
    let (world, engine) = world().await;
    world.completed(&engine).await;
    lock(&world.people).users[0].methods.clear();
    assert_eq!(engine.reconciliation.last(), None);
    engine.reconciliation.start();
    engine.reconciliation.start();
    let last = loop {
        match engine.reconciliation.last() {
            Some(last) if last.ended_at.is_some() => break last,
            _ => tokio::task::yield_now().await,
        }
    };
    assert_eq!(last.ended_early, None);
    assert_eq!(last.counts.get(&Kind::MethodGone), Some(&1));
    assert_eq!(last.differences.len(), 1);
}
