//! Tests through the router, with test doubles.

use axum::http::Method;
use keyferry_domain::{FailureKind, Note, Operation, Party, Phased};
use keyferry_testkit::failures::failure as failure_of;
use serde_json::{Value, json};

use crate::testing::world::{World, body, order, order_with};

async fn report(world: &World, query: &str) -> Value {
    let answer = world.get(&format!("/v1/report{query}")).await;
    assert!(answer.starts_with("200"), "{query}: {answer}");
    body(&answer)
}

/// Ten shipments: one complete after a day, one unconfirmed, one cancelled, seven accepted.
async fn world() -> World {
    let world = World::new();
    for _ in 0..8 {
        world.order(&order()).await;
    }
    world.order(&order_with("/yubico_shipment_request/shipment_items/0/product_id", Some(json!(2)))).await;
    let lost = failure_of(Party::DeliveryService, Operation::Order, FailureKind::ConnectionLost, "reset");
    world.outside.order.fails(lost.with_unknown_effect());
    world.order(&order()).await;
    world.register();
    world.change(|shipment| {
        let at = shipment.created_at() + chrono::TimeDelta::days(1);
        match shipment.phased() {
            Phased::Registered(it) => it.complete(Note::new(at, "registered, and the PIN was delivered")),
            other => panic!("{other:?}"),
        }
    });
    let second = world.store.records.lock().unwrap().all()[1].id();
    let cancel = json!({"reason": "she left"}).to_string();
    world.call(Method::POST, &format!("/v1/shipments/{second}/cancel"), cancel).await;
    world
}

#[tokio::test]
async fn totals_are_those_of_the_store() {
    let world = world().await;
    let counts = body(&world.get("/v1/shipments/counts").await);
    let of_phase = |phase: &str| -> u64 {
        let all = counts["counts"].as_array().unwrap().iter();
        all.filter(|count| count["phase"] == phase).map(|count| count["shipments"].as_u64().unwrap()).sum()
    };
    for query in ["", "?by=product", "?by=batch,product", "?by=country", "?from=2026-01-05&to=2026-01-06"] {
        let report = report(&world, query).await;
        let sum = |name: &str| -> u64 {
            report["groups"].as_array().unwrap().iter().map(|group| group[name].as_u64().unwrap()).sum()
        };
        assert_eq!(sum("ordered"), counts["total"].as_u64().unwrap(), "{query}");
        assert_eq!((sum("completed"), of_phase("complete")), (1, 1), "{query}");
        assert_eq!((sum("cancelled"), of_phase("cancelled")), (1, 1), "{query}");
        assert_eq!((sum("registered"), sum("pin_delivered"), sum("refused")), (1, 1, 0), "{query}");
        let stuck = report["groups"].as_array().unwrap().iter().flat_map(|group| group["stuck"].as_array().unwrap());
        let stuck: u64 = stuck.map(|reason| reason["shipments"].as_u64().unwrap()).sum();
        let needed = body(&world.get("/v1/shipments/counts?needs_human=true").await);
        assert_eq!(stuck, needed["total"].as_u64().unwrap(), "{query}");
    }
    let whole = &report(&world, "").await["groups"][0];
    assert_eq!(whole["days"]["ordered_to_pin_delivered"], json!({"median": 1.0, "percentile_95": 1.0}));
    let unconfirmed = json!({"reason": "unconfirmed", "shipments": 1});
    assert!(whole["stuck"].as_array().unwrap().contains(&unconfirmed), "{whole}");
    let products = report(&world, "?by=product").await;
    let products: Vec<_> =
        products["groups"].as_array().unwrap().iter().map(|group| (&group["product_id"], &group["ordered"])).collect();
    assert_eq!(products, [(&json!(1), &json!(9)), (&json!(2), &json!(1))]);
    assert_eq!(report(&world, "?to=2026-01-05").await["groups"], json!([]));
}

#[tokio::test]
async fn invalid_parameters_are_named() {
    let world = World::new();
    for query in ["from=x", "to=1", "by=region", "by=", "limit=1"] {
        let answer = world.get(&format!("/v1/report?{query}")).await;
        let name = query.split('=').next().unwrap();
        assert!(answer.starts_with("400") && answer.contains(&format!("\"field\": \"{name}\"")), "{answer}");
    }
}
