//! Stock: alarms, and roll-over to another inventory.

use std::sync::Arc;

use keyferry_domain::ports::{EventCursor, Inventory};
use keyferry_domain::{EventKind, PhaseName, ShipmentId};
use keyferry_engine::{Engine, EngineSettings, EventType, Schedule};
use tokio_util::sync::CancellationToken;

use crate::queue::{Dispatching, enqueue, queued};
use crate::support::trouble::status;
use crate::support::world::{HOUR, ada, request};
use crate::support::{Call, World, lock};

/// Inventory of the orders in these tests.
const OWN: i64 = 106;

/// Inventory, the keys that are left, and the products for which it is listed.
type Level<'a> = (i64, i64, &'a [i64]);

fn stock(levels: &[Level<'_>]) -> Option<Vec<Inventory>> {
    let item = |(id, quantity, products): &Level<'_>| Inventory {
        id: *id,
        name: Some(format!("Stock {id}")),
        quantity: Some(*quantity),
        products: products.to_vec(),
    };
    Some(levels.iter().map(item).collect())
}

fn rolling(settings: &mut EngineSettings) {
    settings.stock_preferences = vec![vec![OWN, 8, 9]];
}

async fn ordered_from(world: &Arc<World>, engine: &Engine) -> (i64, String) {
    let created = engine.orders.create(request(ada())).await.unwrap();
    let shipment = world.shipment(created.shipment);
    let events = world.events(created.shipment);
    let submitted = events.iter().find(|event| event.kind == EventKind::Submitted).unwrap();
    (shipment.keys()[0].product.inventory_product_id, submitted.detail.clone())
}

#[tokio::test]
async fn order_for_an_empty_inventory_goes_to_the_next_one_that_fits() {
    let world = World::new();
    let engine = world.engine_with(|settings| {
        rolling(settings);
        settings.one_open_order_per_user = false;
    });
    let product = request(ada()).order.product;
    assert_eq!(product.inventory_product_id, OWN);
    let (own, other) = ([product.product_id], [product.product_id + 1]);
    let cases: [(&[Level<'_>], i64); 6] = [
        (&[(OWN, 1, &own), (8, 5, &own)], OWN),
        (&[(OWN, 0, &own), (8, 5, &own), (9, 5, &own)], 8),
        (&[(OWN, 0, &own), (8, 0, &own), (9, 5, &[])], 9),
        (&[(OWN, -1, &own), (8, 5, &other), (9, 5, &own)], 9),
        // Nothing to roll over to: the delivery service decides.
        (&[(OWN, 0, &own), (8, 0, &own)], OWN),
        // The own level is not stated.
        (&[(8, 5, &own)], OWN),
    ];
    for (levels, expected) in cases {
        lock(&world.delivery).inventory = stock(levels);
        world.clock.pass(HOUR);
        let (from, detail) = ordered_from(&world, &engine).await;
        assert_eq!(from, expected, "{levels:?}");
        let note = format!("; inventory 106 is empty, so the key is ordered from inventory {expected}");
        assert_eq!(detail.ends_with(&note), expected != OWN, "{levels:?}: {detail}");
    }
}

#[tokio::test]
async fn order_keeps_its_inventory_without_the_setting_and_when_the_stock_cannot_be_read() {
    let world = World::new();
    lock(&world.delivery).inventory = stock(&[(OWN, 0, &[]), (8, 5, &[])]);
    assert_eq!(ordered_from(&world, &world.engine()).await.0, OWN);
    assert_eq!(world.faults.count(Call::Inventory), 0, "it costs no call");
    let world = World::new();
    world.faults.once(Call::Inventory, status(503));
    assert_eq!(ordered_from(&world, &world.engine_with(rolling)).await.0, OWN);
}

/// The delivery service gets the other inventory, and the record still matches its secret.
#[tokio::test]
async fn rolled_over_order_completes() {
    let world = World::new();
    lock(&world.delivery).inventory = stock(&[(OWN, 0, &[]), (8, 5, &[])]);
    let engine = world.engine_with(rolling);
    let created = world.shipped(&engine).await;
    engine.processing.run(keyferry_engine::Run::All).await;
    assert_eq!(world.shipment(created.shipment).phase().name(), PhaseName::Complete);
    assert_eq!(world.shipment(created.shipment).keys()[0].product.inventory_product_id, 8);
}

#[tokio::test]
async fn queued_order_rolls_over_when_it_is_sent() {
    let world = World::new();
    lock(&world.delivery).inventory = stock(&[(OWN, 0, &[]), (8, 5, &[])]);
    let engine = world.engine_with(rolling);
    let id = enqueue(&engine, queued(ada())).await;
    assert_eq!(world.shipment(id).keys()[0].product.inventory_product_id, OWN);
    let dispatching = Dispatching::start(&world, &engine);
    dispatching.pass(std::time::Duration::from_secs(60)).await;
    dispatching.end().await;
    let shipment = world.shipment(id);
    assert_eq!((shipment.phase().name(), shipment.keys()[0].product.inventory_product_id), (PhaseName::Accepted, 8));
    let events = world.events(id);
    assert!(events.iter().any(|event| event.detail.contains("ordered from inventory 8")), "{events:?}");
}

#[tokio::test]
async fn low_stock_is_a_problem_that_blocks_nothing_until_it_has_enough() {
    let world = World::new();
    lock(&world.delivery).inventory = stock(&[(OWN, 49, &[]), (8, 50, &[])]);
    let engine = world.engine_with(|settings| settings.stock_thresholds = [(OWN, 50), (8, 50), (99, 1)].into());
    world.clock.hold();
    let (start, stop) = (world.clock.now(), CancellationToken::new());
    let (schedules, schedule) = (engine.schedules.clone(), Schedule::parse("-").unwrap());
    // The probe shows what the last comparison found.
    let task = tokio::spawn({
        let stop = stop.clone();
        async move { schedules.process_on_schedule(&schedule, &stop).await }
    });
    let messages = async |count: usize| {
        for _ in 0..1000 {
            let readiness = engine.readiness().await;
            let low: Vec<_> =
                readiness.problems.iter().filter(|problem| problem.code == "stock-low").cloned().collect();
            if low.len() == count {
                assert!(readiness.is_ready());
                return low.into_iter().map(|problem| problem.message).collect::<Vec<_>>();
            }
            tokio::task::yield_now().await;
        }
        panic!("never {count} messages")
    };
    let low = messages(2).await;
    assert!(
        low.iter().any(|it| it.starts_with("Inventory 106 (Stock 106) has 49 keys left, fewer than 50")),
        "{low:?}"
    );
    assert!(low.iter().any(|it| it.starts_with("The delivery service does not list inventory 99")), "{low:?}");
    lock(&world.delivery).inventory = stock(&[(OWN, 500, &[]), (8, 50, &[]), (99, 5, &[])]);
    world.clock.run_to(start + 2 * HOUR).await;
    messages(0).await;
    stop.cancel();
    task.abort();
}

/// One process after another, and two at once: each crossing is one event, in order.
#[tokio::test]
async fn each_crossing_is_one_event_of_the_organisation() {
    let world = World::new();
    world.clock.hold();
    let levels = |own, other| lock(&world.delivery).inventory = stock(&[(OWN, own, &[]), (8, other, &[])]);
    let compare = async |expected: &[(EventKind, i64, i64)]| {
        let stop = CancellationToken::new();
        let engine = || world.engine_with(|settings| settings.stock_thresholds = [(OWN, 50), (8, 20), (99, 1)].into());
        let tasks = [engine(), engine()].map(|engine| {
            let stop = stop.clone();
            tokio::spawn(async move {
                engine.schedules.process_on_schedule(&Schedule::parse("-").unwrap(), &stop).await;
            })
        });
        for _ in 0..2000 {
            tokio::task::yield_now().await;
        }
        stop.cancel();
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        let events = world.events(ShipmentId::ORGANISATION);
        let found: Vec<_> = events
            .iter()
            .map(|event| (event.kind, event.stock.unwrap().inventory, event.stock.unwrap().quantity))
            .collect();
        assert_eq!(found, expected);
        assert!(events.iter().zip(1..).all(|(event, seq)| event.seq == seq), "{events:?}");
    };
    let (low, back) = (EventKind::StockLow, EventKind::StockBack);
    levels(50, 20);
    compare(&[]).await;
    levels(49, 20);
    compare(&[(low, OWN, 49)]).await;
    levels(12, 20);
    compare(&[(low, OWN, 49)]).await;
    levels(12, 19);
    compare(&[(low, OWN, 49), (low, 8, 19)]).await;
    levels(50, 0);
    compare(&[(low, OWN, 49), (low, 8, 19), (back, OWN, 50)]).await;
    levels(3, 20);
    compare(&[(low, OWN, 49), (low, 8, 19), (back, OWN, 50), (back, 8, 20), (low, OWN, 3)]).await;
    let engine = world.engine();
    let page = engine.events.after(EventCursor::start(), &[], 100, std::time::Duration::ZERO).await.unwrap();
    let types: Vec<_> = page.events.iter().map(|notice| notice.event_type.to_string()).collect();
    assert_eq!(types[..2], ["organisation.stock_low", "organisation.stock_low"]);
    let data = serde_json::to_value(&page.events[0].data).unwrap();
    assert_eq!(data["stock"], serde_json::json!({ "inventory": OWN, "quantity": 49, "threshold": 50 }));
    assert_eq!(data["id"], ShipmentId::ORGANISATION.to_string());
    let only = [EventType::parse("organisation.stock_back").unwrap()];
    let page = engine.events.after(EventCursor::start(), &only, 100, std::time::Duration::ZERO).await.unwrap();
    assert_eq!(page.events.len(), 2);
}
