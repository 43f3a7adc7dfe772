//! Order creation: sequence of durable steps, and responses to the caller.

use std::time::Duration;

use keyferry_domain::ports::StoreError;
use keyferry_domain::{FailureKind, ObjectId, PhaseName, UserRef};
use keyferry_engine::Run;
use keyferry_engine::{CreateError, CreateRequest, RefusedContact};

use crate::support::people::object_id;
use crate::support::trouble::status;
use crate::support::world::{HOUR, ada, address, hour_later, request};
use crate::support::{Call, Trouble, World, lock};

#[tokio::test]
async fn stores_secret_and_intent_before_order_and_acceptance() {
    let world = World::new();
    let created = world.ordered(&world.engine()).await;
    let calls = world.faults.calls();
    let steps = [Call::CreationOptions, Call::Prepare, Call::PutSecret, Call::Insert, Call::Order, Call::Commit];
    let made: Vec<_> = calls.into_iter().filter(|call| steps.contains(call)).collect();
    assert_eq!(made, steps);
    let shipment = world.shipment(created.shipment);
    assert_eq!(
        (shipment.phase().name().as_str(), shipment.phase().delivery_id()),
        ("accepted", Some(&created.delivery_id))
    );
    assert!(lock(&world.vault).has(created.shipment));
    assert_eq!(lock(&world.people).lifetimes, [Duration::from_secs(20_160 * 60)]);
}

#[tokio::test]
async fn record_contains_user_and_deadline_but_no_postal_address() {
    let world = World::new();
    let created = world.ordered(&world.engine()).await;
    let shipment = world.shipment(created.shipment);
    let planned = &shipment.keys()[0].credentials[0];
    assert_eq!((planned.object_id, planned.user.clone()), (Some(object_id(0)), ada()));
    assert_eq!(planned.deadline().unwrap(), world.clock.now() + Duration::from_secs(20_160 * 60));
    assert!(!format!("{shipment:?}").contains("Secret Street"));
}

#[tokio::test]
async fn finds_shipment_by_either_id() {
    let world = World::new();
    let engine = world.engine();
    let created = world.ordered(&engine).await;
    for id in [created.shipment.to_string(), created.delivery_id.to_string()] {
        let view = engine.views.shipment(&id).await.unwrap().unwrap();
        assert_eq!(
            (view.shipment_id.as_str(), view.state, view.error_message),
            (created.delivery_id.as_str(), "ongoing", None)
        );
        assert_eq!(engine.views.details(&id).await.unwrap().unwrap().shipment.phase().name(), PhaseName::Accepted);
    }
    assert_eq!(engine.views.shipment("unknown").await.unwrap(), None);
}

#[tokio::test]
async fn lost_response_is_unconfirmed_and_not_ordered_again() {
    for done in [true, false] {
        let world = World::new();
        let engine = world.engine();
        world.faults.once(Call::Order, Trouble::Lost { done });
        let error = engine.orders.create(request(ada())).await.unwrap_err();
        let CreateError::Unconfirmed { shipment, .. } = error else { panic!("{error:?}") };
        for _ in 0..30 {
            hour_later(&world, &engine).await;
        }
        assert_eq!(world.orders(), usize::from(done));
        assert_eq!(world.phase(shipment), "unconfirmed");
        let view = engine.views.shipment(&shipment.to_string()).await.unwrap().unwrap();
        assert_eq!(view.state, "ongoing");
        assert!(view.error_message.unwrap().contains("console"));
        assert!(lock(&world.vault).has(shipment), "the secret is needed if the order is adopted");
    }
}

#[tokio::test]
async fn records_refused_order_and_purges_its_secret() {
    let world = World::new();
    let engine = world.engine();
    world.faults.once(Call::Order, status(400));
    let error = engine.orders.create(request(ada())).await.unwrap_err();
    assert!(matches!(error, CreateError::Refused(_)), "{error:?}");
    let [shipment] = lock(&world.records).all().try_into().unwrap();
    assert_eq!((shipment.phase().name().as_str(), world.orders()), ("refused", 0));
    assert_eq!(lock(&world.vault).count(), 0);
}

#[tokio::test]
async fn failure_before_order_names_party_and_leaves_nothing() {
    type Expected = fn(&CreateError) -> bool;
    let cases: [(Call, Trouble, Expected); 7] = [
        (Call::CreationOptions, status(404), |error| matches!(error, CreateError::UserNotFound { .. })),
        (Call::CreationOptions, status(400), |error| matches!(error, CreateError::Refused(_))),
        (Call::CreationOptions, Trouble::Throttle(HOUR), |error| matches!(error, CreateError::Throttled(_))),
        (Call::Account, status(503), |error| matches!(error, CreateError::Upstream(_))),
        (Call::Prepare, status(401), |error| matches!(error, CreateError::TokenRefused(_))),
        (Call::Prepare, Trouble::Refuse(FailureKind::Unreachable), |error| matches!(error, CreateError::Upstream(_))),
        (Call::PutSecret, Trouble::Lost { done: false }, |error| matches!(error, CreateError::Store(_))),
    ];
    for (call, trouble, expected) in cases {
        let world = World::new();
        world.faults.once(call, trouble);
        let error = world.engine().orders.create(request(ada())).await.unwrap_err();
        assert!(expected(&error), "{call:?}: {error:?}");
        assert_eq!(
            (world.orders(), lock(&world.records).all().len(), lock(&world.vault).count()),
            (0, 0, 0),
            "{call:?}"
        );
    }
}

#[tokio::test]
async fn key_that_cannot_be_used_is_not_ordered() {
    for (by_id, readable, code) in [
        (false, true, "account-disabled"),
        (true, true, "account-disabled"),
        (false, false, "too-many-passkeys"),
        (true, true, "too-many-passkeys"),
    ] {
        let world = World::new();
        {
            let mut people = lock(&world.people);
            people.readable = readable;
            people.users[0].enabled = code != "account-disabled";
            people.max_credentials = (code == "too-many-passkeys").then_some(0);
        }
        let user = if by_id { UserRef::ObjectId(object_id(0)) } else { ada() };
        let error = world.engine().orders.create(request(user.clone())).await.unwrap_err();
        let CreateError::Refused(failure) = error else { panic!("{error:?}") };
        assert_eq!(failure.code(), Some(code));
        assert!(failure.message.contains(&user.to_string()), "{failure}");
        assert_eq!((world.orders(), world.faults.count(Call::Prepare), lock(&world.records).all().len()), (0, 0, 0));
    }
}

#[tokio::test]
async fn distinguishes_refusal_of_own_token() {
    let world = World::new();
    world.faults.once(Call::Order, status(401));
    let error = world.engine().orders.create(request(ada())).await.unwrap_err();
    assert!(matches!(error, CreateError::TokenRefused(_)), "{error:?}");
    assert_eq!(world.orders(), 0);
}

#[tokio::test]
async fn failed_intent_orders_nothing_and_leaves_no_secret() {
    let world = World::new();
    world.faults.once(Call::Insert, Trouble::Lost { done: false });
    let error = world.engine().orders.create(request(ada())).await.unwrap_err();
    assert!(matches!(error, CreateError::Store(_)), "{error:?}");
    assert_eq!((world.orders(), lock(&world.vault).count()), (0, 0));
}

#[tokio::test]
async fn continues_order_if_response_to_intent_was_lost() {
    let world = World::new();
    world.faults.once(Call::Insert, Trouble::Lost { done: true });
    let created = world.ordered(&world.engine()).await;
    assert_eq!((world.phase(created.shipment), lock(&world.vault).has(created.shipment)), ("accepted", true));
}

#[tokio::test]
async fn orders_nothing_after_timeout_before_order() {
    let world = World::new();
    let engine = world.engine();
    let gate = std::sync::Arc::new(tokio::sync::Notify::new());
    world.faults.once(Call::Prepare, Trouble::Hold(gate.clone()));
    let before = world.clock.now();
    let error = engine.orders.create(request(ada())).await.unwrap_err();
    assert_eq!(error, CreateError::TimedOut { shipment: None });
    assert_eq!(world.clock.now(), before + Duration::from_secs(30));
    gate.notify_one();
    engine.shut_down().await;
    assert_eq!(world.orders(), 0);
    assert_eq!(world.faults.count(Call::Order), 0);
    assert_eq!(lock(&world.records).all()[0].phase().name().as_str(), "refused");
    assert_eq!(lock(&world.vault).count(), 0);
}

#[tokio::test]
async fn timeout_while_ordering_returns_id_and_continues() {
    let world = World::new();
    let engine = world.engine();
    let gate = std::sync::Arc::new(tokio::sync::Notify::new());
    world.faults.once(Call::Order, Trouble::Hold(gate.clone()));
    let error = engine.orders.create(request(ada())).await.unwrap_err();
    let CreateError::TimedOut { shipment: Some(shipment) } = error else { panic!("{error:?}") };
    assert_eq!(world.phase(shipment), "submitting");
    // The task is still running, so a run must not mark the order as unconfirmed, however long it takes.
    world.clock.pass(HOUR);
    engine.processing.run(Run::All).await;
    assert_eq!(world.phase(shipment), "submitting");
    gate.notify_one();
    engine.shut_down().await;
    assert_eq!((world.phase(shipment), world.orders()), ("accepted", 1));
}

#[tokio::test]
async fn disconnected_caller_does_not_cancel_order() {
    let world = World::new();
    let engine = world.engine();
    let gate = std::sync::Arc::new(tokio::sync::Notify::new());
    world.faults.once(Call::Order, Trouble::Hold(gate.clone()));
    world.clock.hold();
    tokio::select! {
        _ = engine.orders.create(request(ada())) => panic!("the call should not finish"),
        () = world.faults.met(Call::Order) => {}
    }
    gate.notify_one();
    engine.shut_down().await;
    assert_eq!(lock(&world.records).all()[0].phase().name().as_str(), "accepted");
}

#[tokio::test]
async fn records_acceptance_despite_store_failures() {
    for trouble in [Trouble::Lost { done: true }, Trouble::Lost { done: false }] {
        let world = World::new();
        world.faults.once(Call::Commit, trouble);
        let created = world.ordered(&world.engine()).await;
        assert_eq!((world.phase(created.shipment), world.orders()), ("accepted", 1));
    }
}

#[tokio::test]
async fn accepts_order_that_another_replica_marked_unconfirmed() {
    let world = World::new();
    let (engine, other) = (world.engine(), world.engine());
    let gate = std::sync::Arc::new(tokio::sync::Notify::new());
    world.faults.once(Call::Order, Trouble::Hold(gate.clone()));
    let error = engine.orders.create(request(ada())).await.unwrap_err();
    let CreateError::TimedOut { shipment: Some(shipment) } = error else { panic!("{error:?}") };
    hour_later(&world, &other).await;
    assert_eq!(world.phase(shipment), "unconfirmed");
    gate.notify_one();
    engine.shut_down().await;
    assert_eq!(world.phase(shipment), "accepted");
}

#[tokio::test]
async fn unrecorded_acceptance_returns_both_ids_and_is_recorded_later() {
    let world = World::new();
    let engine = world.engine();
    world.faults.always(Call::Commit, Trouble::Lost { done: false });
    let error = engine.orders.create(request(ada())).await.unwrap_err();
    let CreateError::NotRecorded { shipment, delivery_id, .. } = error else { panic!("{error:?}") };
    assert_eq!(lock(&world.delivery).parcel_of(shipment).unwrap().0, delivery_id);
    // A run of this process leaves the record alone, even after the time for which a submission may last.
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(shipment), "submitting");
    world.faults.heal();
    world.clock.sleep(HOUR).await;
    assert_eq!((world.phase(shipment), world.orders()), ("accepted", 1));
}

#[tokio::test]
async fn rejects_contacts_outside_allowed_domains_before_any_call() {
    let world = World::new();
    let mut order = request(ada());
    order.order.enrollment_contacts = vec![address("it@contoso.example"), address("eve@evil.example")];
    let error = world.engine().orders.create(order.clone()).await.unwrap_err();
    assert_eq!(error, CreateError::ContactNotAllowed(RefusedContact::Domain(address("eve@evil.example"))));
    order.order.enrollment_contacts.pop();
    let error = world.engine_with(|settings| settings.contact_domains.clear()).orders.create(order.clone()).await;
    assert_eq!(error, Err(CreateError::ContactNotAllowed(RefusedContact::Domain(address("it@contoso.example")))));
    assert!(world.faults.calls().is_empty());
    assert!(world.engine().orders.create(order).await.is_ok());
}

#[tokio::test]
async fn rejects_second_open_order_for_any_reference_to_user() {
    let world = World::new();
    lock(&world.people).add("bob");
    let by_id = |number| UserRef::ObjectId(ObjectId::parse(&object_id(number).to_string()).unwrap());
    let engine = world.engine_with(|settings| settings.one_open_order_per_user = true);
    let first = engine.orders.create(request(by_id(0))).await.unwrap();
    for again in [by_id(0), ada(), UserRef::Upn("ADA@contoso.example".into())] {
        let error = engine.orders.create(request(again)).await.unwrap_err();
        assert_eq!(error, CreateError::OpenOrderExists { shipment: first.delivery_id.to_string() });
    }
    engine.orders.create(request(by_id(1))).await.unwrap();
    world.ship(&first.delivery_id);
    engine.processing.run(Run::All).await;
    engine.orders.create(request(ada())).await.unwrap();
    assert_eq!(world.orders(), 3);
    let additional = CreateRequest { additional: true, ..request(ada()) };
    assert!(engine.orders.create(additional).await.is_ok());
    assert!(engine.orders.create(request(ada())).await.is_err());
}

#[tokio::test]
async fn rejects_second_order_behind_pages_and_unreadable_records() {
    let world = World::new();
    let engine = world.engine();
    // More than a page of the store, all completed by hand.
    for _ in 0..8 {
        let by_hand = world.ordered(&engine).await;
        lock(&world.records).set_complete_by_hand(by_hand.shipment);
    }
    let open = world.ordered(&engine).await;
    let engine = world.engine_with(|settings| settings.one_open_order_per_user = true);
    let error = engine.orders.create(request(ada())).await.unwrap_err();
    assert_eq!(error, CreateError::OpenOrderExists { shipment: open.delivery_id.to_string() });

    lock(&world.records).unlistable.insert(open.shipment);
    let error = engine.orders.create(request(ada())).await.unwrap_err();
    let CreateError::Store(StoreError::Broken { id, reason }) = error else { panic!("{error:?}") };
    assert_eq!(id, open.shipment.to_string());
    assert_eq!(reason, "damaged. It may be an open order of the user, so nothing was ordered");
    assert_eq!(world.orders(), 9);
}

#[tokio::test]
async fn concurrent_requests_to_two_replicas_create_one_order() {
    let world = World::new();
    lock(&world.people).add("bob");
    let by_id = |number| UserRef::ObjectId(ObjectId::parse(&object_id(number).to_string()).unwrap());
    let (here, there) = [(), ()].map(|()| world.engine_with(|settings| settings.one_open_order_per_user = true)).into();
    let gate = std::sync::Arc::new(tokio::sync::Notify::new());
    // The first request hangs between the check for open orders and its record.
    world.faults.once(Call::Prepare, Trouble::Hold(gate.clone()));
    let others = async {
        world.faults.met(Call::Prepare).await;
        there.orders.create(request(by_id(1))).await.unwrap();
        let second = there.orders.create(request(ada()));
        let release = async {
            world.clock.sleep(Duration::from_secs(1)).await;
            gate.notify_one();
        };
        tokio::join!(second, release).0
    };
    let (first, second) = tokio::join!(here.orders.create(request(by_id(0))), others);
    let shipment = first.unwrap().delivery_id.to_string();
    assert_eq!(second, Err(CreateError::OpenOrderExists { shipment }));
    assert_eq!((world.orders(), lock(&world.leases).count()), (2, 0));
}

#[tokio::test]
async fn times_out_without_order_while_dead_replica_holds_lock() {
    let world = World::new();
    let (dead, life) = world.living_engine(|settings| settings.one_open_order_per_user = true);
    world.faults.once(Call::Prepare, Trouble::Crash { done: false });
    tokio::select! {
        _ = dead.orders.create(request(ada())) => panic!("the process should have died"),
        () = life.ended() => {}
    }
    let next = world.engine_with(|settings| settings.one_open_order_per_user = true);
    assert_eq!(next.orders.create(request(ada())).await, Err(CreateError::TimedOut { shipment: None }));
    world.clock.pass(World::settings().submitting_claim);
    assert!(next.orders.create(request(ada())).await.is_ok());
}

#[tokio::test]
async fn rejects_challenge_shorter_than_half_the_requested_lifetime() {
    let half = World::settings().challenge_lifetime / 2;
    for (granted, ordered) in [(half, 1), (half - Duration::from_secs(1), 0)] {
        let world = World::new();
        lock(&world.people).granted = Some(granted);
        let created = world.engine().orders.create(request(ada())).await;
        assert_eq!((created.is_ok(), world.orders()), (ordered == 1, ordered));
        if let Err(error) = created {
            assert!(matches!(&error, CreateError::Upstream(failure) if failure.code() == Some("challenge-too-short")));
            assert_eq!(lock(&world.vault).count(), 0);
        }
    }
}

#[tokio::test]
async fn seals_nothing_after_timeout_before_order() {
    let world = World::new();
    let engine = world.engine();
    let gate = std::sync::Arc::new(tokio::sync::Notify::new());
    world.faults.once(Call::CreationOptions, Trouble::Hold(gate.clone()));
    assert_eq!(engine.orders.create(request(ada())).await, Err(CreateError::TimedOut { shipment: None }));
    gate.notify_one();
    engine.shut_down().await;
    assert_eq!((world.faults.count(Call::Prepare), world.faults.count(Call::PutSecret)), (0, 0));
}

#[tokio::test]
async fn engine_is_ready_if_store_is_available() {
    let world = World::new();
    let engine = world.engine();
    assert!(engine.readiness().await.is_ready());
    world.faults.once(Call::ProveWrite, Trouble::Lost { done: false });
    world.clock.pass(HOUR);
    assert!(!engine.readiness().await.is_ready());
}
