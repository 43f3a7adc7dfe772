#![allow(clippy::disallowed_methods, reason = "the tests measure the time of the machine")]

use std::time::Instant;

use serde_json::{Value, json};

use crate::testing::requester::{Requester, TOKEN};
use crate::testing::{Bench, read};

/// Places orders in the name of the requester, without HTTP. Returns their shipment ids.
async fn order(bench: &Bench, count: usize) -> Vec<String> {
    let requester = Requester::new(bench);
    let body = requester.body(&requester.credential_request(), &requester.pin_request()).await;
    let mut ids = Vec::new();
    for number in 0..count {
        let mut order = body.clone();
        order["recipient"]["recipient_email"] = json!(format!("Person{number}@contoso.example"));
        let order = serde_json::from_value(order).unwrap();
        ids.push(bench.sandbox.world().delivery.parcels.take(order));
    }
    ids
}

async fn states(bench: &Bench) -> Vec<(u64, u64)> {
    let (_, summary) = read(bench.get("control/parcels/summary")).await;
    let pair = |row: &Value| (row["state_id"].as_u64().unwrap(), row["parcels"].as_u64().unwrap());
    summary["states"].as_array().unwrap().iter().map(pair).collect()
}

#[tokio::test]
async fn a_share_of_the_parcels_moves_on() {
    let bench = Bench::start().await;
    let ids = order(&bench, 10).await;
    let advance = async |body: Value| read(bench.post("control/parcels/advance", &body)).await;
    assert_eq!(advance(json!({ "share": 0.25 })).await, (200, json!({ "moved": 3 })));
    assert_eq!(states(&bench).await, [(3, 7), (5, 3)]);
    // The oldest orders moved.
    let (_, moved) = read(bench.get("control/parcels?state_id=5")).await;
    let moved: Vec<_> = moved.as_array().unwrap().iter().map(|parcel| parcel["shipment_id"].clone()).collect();
    assert_eq!(moved, ids[..3]);
    assert_eq!(advance(json!({ "from": 3, "until": 103, "share": 0.5 })).await.1["moved"], 4);
    assert_eq!(states(&bench).await, [(3, 3), (5, 3), (103, 4)]);
    assert_eq!(advance(json!({})).await.1["moved"], 10);
    assert_eq!(states(&bench).await, [(5, 3), (100, 3), (104, 4)]);
    for wrong in [json!({ "share": 1.5 }), json!({ "until": 7 }), json!({ "colour": 1 })] {
        assert_eq!(advance(wrong.clone()).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn parcels_out_of_stock_wait() {
    let bench = Bench::start().await;
    order(&bench, 3).await;
    assert_eq!(read(bench.put("control/inventory/106", &json!({ "quantity": 2 }))).await.0, 204);
    assert_eq!(read(bench.put("control/inventory/999", &json!({ "quantity": 2 }))).await.0, 404);
    let ship = async || read(bench.post("control/parcels/advance", &json!({ "until": 103 }))).await.1["moved"].clone();
    assert_eq!(ship().await, 3);
    assert_eq!(states(&bench).await, [(5, 1), (103, 2)]);
    let (_, waiting) = read(bench.get("control/parcels?state_id=5")).await;
    assert_eq!(waiting[0]["message"], "Waiting for inventory");
    let (_, inventory) = read(bench.get("delivery/v1/inventory").bearer_auth(TOKEN)).await;
    assert_eq!(inventory["organization_product_inventory"][0]["organization_product_quantity"], 0);
    let (_, shippable) = read(bench.get("delivery/v1/shippablekeys").bearer_auth(TOKEN)).await;
    assert_eq!(shippable["result_set"][0]["total_keys_available"], 5_500);
    assert_eq!(ship().await, 0);
    bench.put("control/inventory/106", &json!({ "quantity": 10 })).send().await.unwrap();
    assert_eq!(ship().await, 1);
    assert_eq!(states(&bench).await, [(103, 3)]);
    // With the clock, a parcel that waited takes its time from the refill on.
    bench.put("control/inventory/106", &json!({ "quantity": 0 })).send().await.unwrap();
    bench.set("settings", json!({ "parcel_seconds": 3600 })).await;
    order(&bench, 1).await;
    bench.pass(10 * 3600).await;
    assert_eq!(states(&bench).await, [(5, 1), (104, 3)]);
    bench.put("control/inventory/106", &json!({ "quantity": 1 })).send().await.unwrap();
    bench.pass(3600).await;
    assert_eq!(states(&bench).await, [(100, 1), (104, 3)]);
}

#[tokio::test]
async fn the_summary_names_who_gets_two_keys() {
    let bench = Bench::start().await;
    let ids = order(&bench, 3).await;
    let again = order(&bench, 1).await;
    let (_, summary) = read(bench.get("control/parcels/summary")).await;
    let doubles = &summary["recipients"];
    assert_eq!((&summary["parcels"], &doubles["total"], &doubles["with_several"]), (&json!(4), &json!(3), &json!(1)));
    let expected = json!([{ "recipient_email": "person0@contoso.example", "shipment_ids": [ids[0], again[0]] }]);
    assert_eq!(doubles["several"], expected);
    assert_eq!(summary["people"], json!({ "total": 0, "with_several": 0, "several": [] }));
    let (_, found) = read(bench.get("control/parcels?recipient=PERSON0@contoso.example")).await;
    assert_eq!(found.as_array().unwrap().len(), 2);
    assert_eq!(read(bench.get("control/parcels?user=nobody")).await.0, 404);

    // The keys of one person: the factory knows whose they are.
    let handle = bench.sandbox.world().ground.directory.lock().user(crate::testing::ADA).unwrap().handle();
    let mut requester = Requester::new(&bench);
    use base64::Engine as _;
    requester.creation_options["user"]["id"] = json!(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(handle));
    let (one, two) = (requester.order_and_ship().await, requester.order_and_ship().await);
    let (_, summary) = read(bench.get("control/parcels/summary")).await;
    let expected = json!([{ "user_id": crate::testing::ADA, "shipment_ids": [one, two] }]);
    assert_eq!((&summary["people"]["several"], &summary["people"]["total"]), (&expected, &json!(1)));
    let (_, found) = read(bench.get(&format!("control/parcels?user={}", crate::testing::ADA))).await;
    assert_eq!(found.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_delivery_service_limits_its_callers() {
    let bench = Bench::start().await;
    bench.set("settings", json!({ "delivery_rate": { "requests": 3, "seconds": 60 } })).await;
    let inventory = async || bench.get("delivery/v1/inventory").bearer_auth(TOKEN).send().await.unwrap();
    for _ in 0..3 {
        assert_eq!(inventory().await.status(), 200);
    }
    let refused = inventory().await;
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "too_many_requests");
    // A wrong token uses up nothing, and published keys are not limited.
    assert_eq!(bench.get("delivery/v1/inventory").bearer_auth("wrong").send().await.unwrap().status(), 401);
    assert_eq!(bench.get(".well-known/yubico-sign.jwks").send().await.unwrap().status(), 200);
    let (_, counts) = read(bench.get("control/throttling")).await;
    assert_eq!((&counts["delivery"]["admitted"], &counts["delivery"]["throttled"]), (&json!(3), &json!(1)));
    assert_eq!(counts["delivery"]["rate"], json!({ "requests": 3, "seconds": 60 }));
    let (_, calls) = read(bench.get("control/calls/summary")).await;
    assert!(
        calls.as_array().unwrap().contains(&json!({ "endpoint": "delivery.catalogue", "status": 429, "calls": 1 }))
    );
    bench.pass(61).await;
    assert_eq!(inventory().await.status(), 200);
    assert_eq!(read(bench.delete("control/throttling")).await.0, 204);
    assert_eq!(read(bench.get("control/throttling")).await.1["delivery"]["admitted"], 0);
}

/// Prints how long 20,000 parcels take: `cargo test -p keyferry-sandbox --release twenty_thousand -- --nocapture`.
#[tokio::test]
async fn twenty_thousand_parcels_are_listed_moved_and_removed() {
    let bench = Bench::start().await;
    let ids = order(&bench, 20_000).await;
    let timed = async |what: &str, most: u64, request: reqwest::RequestBuilder| {
        let before = Instant::now();
        let (status, body) = read(request).await;
        println!("{what}: {:?}", before.elapsed());
        assert!(status < 300, "{body}");
        // Without optimization, on a busy machine. Quadratic work takes far longer.
        assert!(before.elapsed().as_secs() < most, "{what}: {:?}", before.elapsed());
        body
    };
    let page = timed("page", 5, bench.get("control/parcels?limit=100&offset=19900")).await;
    assert_eq!(page[99]["shipment_id"], json!(ids[19_999]));
    let list = bench.get("delivery/v1/shipments_exact?limit=100&offset=19900").bearer_auth(TOKEN);
    assert_eq!(timed("list of the delivery service", 5, list).await["total_count"], 20_000);
    let moved = timed("20,000 parcels to 5", 30, bench.post("control/parcels/advance", &json!({ "until": 5 }))).await;
    assert_eq!(moved["moved"], 20_000);
    // A hundred keys are made.
    let made = json!({ "until": 103, "share": 0.005 });
    assert_eq!(timed("100 keys", 60, bench.post("control/parcels/advance", &made)).await["moved"], 100);
    let summary = timed("summary", 10, bench.get("control/parcels/summary")).await;
    assert_eq!(summary["recipients"]["total"], 20_000);
    let found = timed("recipient", 5, bench.get("control/parcels?recipient=person19999@contoso.example")).await;
    assert_eq!(found[0]["shipment_id"], json!(ids[19_999]));
    let before = Instant::now();
    for id in &ids[100..] {
        assert!(bench.sandbox.world().delivery.parcels.remove(id));
    }
    println!("removal of 19,900: {:?}", before.elapsed());
    assert!(before.elapsed().as_secs() < 10, "{:?}", before.elapsed());
}
