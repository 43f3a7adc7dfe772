//! Tests through the router, with test doubles.

use serde_json::{Value, json};

use crate::testing::world::{World, body, order};

async fn page(world: &World, query: &str) -> Value {
    body(&world.get(&format!("/v1/events{query}")).await)
}

#[tokio::test]
async fn reads_each_event_once_from_its_cursor() {
    let world = World::new();
    assert_eq!(page(&world, "").await, json!({"events": [], "next": ""}));
    world.order(&order()).await;
    world.register();
    let all = page(&world, "").await;
    let types: Vec<_> = all["events"].as_array().unwrap().iter().map(|event| event["type"].clone()).collect();
    assert_eq!(types[..2], [json!("shipment.submitted"), json!("shipment.accepted")]);
    let (mut after, mut read) = (String::new(), Vec::new());
    loop {
        let one = page(&world, &format!("?limit=1&after={after}")).await;
        after = one["next"].as_str().unwrap().to_owned();
        match one["events"].as_array().unwrap().first() {
            Some(event) => read.push(event.clone()),
            None => break,
        }
    }
    assert_eq!(Value::from(read), all["events"]);
    assert_eq!(page(&world, "?after=latest").await, json!({"events": [], "next": all["next"]}));
    let filtered = page(&world, "?type=shipment.accepted,shipment.completed").await;
    assert_eq!(filtered["events"], json!([all["events"][1]]));
    assert_eq!(filtered["next"], all["next"], "events of other types are not read again");
}

#[tokio::test]
async fn event_names_its_shipment_and_nothing_else() {
    let world = World::new();
    world.order(&order()).await;
    world.register();
    let event = page(&world, "?limit=1").await["events"][0].clone();
    let data = event["data"].as_object().unwrap();
    let mut members: Vec<_> = data.keys().map(String::as_str).collect();
    members.sort_unstable();
    let expected = ["batch", "event", "id", "phase", "reference", "serial", "shipment_id", "tracking", "user"];
    assert_eq!(members, expected);
    assert_eq!((&data["id"], &data["event"]), (&json!(world.shipment().id().to_string()), &json!(1)));
    assert_eq!(data["phase"], "registered");
    assert!(data["serial"].is_string() && data["shipment_id"].is_string(), "{data:?}");
}

#[tokio::test]
async fn names_the_invalid_parameter() {
    let world = World::new();
    for (query, field) in [
        ("after=x", "after"),
        ("after=99", "after"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("wait=31", "wait"),
        ("type=completed", "type"),
        ("cursor=1", "cursor"),
    ] {
        let answer = world.get(&format!("/v1/events?{query}")).await;
        assert!(answer.starts_with("400"), "{query}: {answer}");
        assert_eq!(body(&answer)["error_data"]["field"], field, "{query}: {answer}");
    }
}

#[tokio::test]
async fn waits_for_the_next_event() {
    let world = World::new();
    let waiting = world.get("/v1/events?wait=30");
    let ordering = async {
        tokio::task::yield_now().await;
        world.order(&order()).await
    };
    let (answer, _) = tokio::join!(waiting, ordering);
    assert_ne!(body(&answer)["events"], json!([]), "{answer}");
}
