//! Webhooks of the running program, received and verified by npm `standardwebhooks`.

#![allow(missing_docs, reason = "tests")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]
#![allow(clippy::disallowed_methods, reason = "the tests run outside of the program, with their own HTTP client")]

mod support;

use std::collections::BTreeMap;

use keyferry_proof_support::{ADA, order_for};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Connector, Demo, Receiver};

/// Creates a webhook and gives its secret to the receiver. Returns its path.
async fn subscribe(demo: &Demo, receiver: &Receiver) -> String {
    let answer = demo.post("/v1/webhooks", &json!({"url": receiver.url()})).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    receiver.set("secret", answer.body["secret"].as_str().unwrap()).await;
    format!("/v1/webhooks/{}", answer.body["webhook"]["id"].as_str().unwrap())
}

#[tokio::test]
async fn another_ecosystem_verifies_the_messages_before_and_after_a_rotation() {
    let Some(receiver) = Receiver::start(0) else { return };
    let demo = Demo::start().await;
    let path = subscribe(&demo, &receiver).await;
    let tested = demo.post(&format!("{path}/test"), &json!({})).await;
    assert_eq!(tested.body["accepted"], true, "{}", tested.body);
    let shipment = demo.order(ADA).await;
    receiver.until(&demo, "shipment.accepted").await;

    // The receiver still has the old secret, then gets the new one.
    let rotated = demo.post(&format!("{path}/rotate-secret"), &json!({})).await;
    demo.parcel_to(&shipment, 5).await;
    demo.process().await;
    receiver.until(&demo, "shipment.state_changed").await;
    receiver.set("secret", rotated.body["secret"].as_str().unwrap()).await;
    demo.complete(&shipment).await;
    let received = receiver.until(&demo, "shipment.completed").await;

    let mut numbers = Vec::new();
    for message in &received {
        assert_eq!(message["valid"], true, "{message:#}");
        if message["payload"]["type"] == "webhook.test" {
            continue;
        }
        numbers.push(message["payload"]["data"]["event"].as_u64().unwrap());
    }
    let expected: Vec<_> = (1..=u64::try_from(numbers.len()).unwrap()).collect();
    assert_eq!(numbers, expected, "each event once, in order");
    let last = received.last().unwrap();
    assert_eq!(last["headers"]["webhook-signature"].as_str().unwrap().split(' ').count(), 2, "{last:#}");
    let data = &last["payload"]["data"];
    assert_eq!((&data["shipment_id"], &data["user"]), (&json!(shipment), &json!(ADA)));

    // Canaries: the PIN, and each value of the address.
    let serial = data["serial"].as_str().unwrap();
    let revealed = demo.sandbox(Method::GET, &format!("/control/keys/{serial}?reveal=pin"), None).await.body;
    let all = serde_json::to_string(&received).unwrap();
    let order = order_for(ADA);
    let mut canaries = vec![revealed["pin"].as_str().unwrap().to_owned()];
    for part in ["recipient", "mailing_address"] {
        let part = order["yubico_shipment_request"][part].as_object().unwrap();
        canaries.extend(part.values().filter_map(Value::as_str).map(str::to_owned));
    }
    // Short values, for example of a country, occur by chance.
    canaries.retain(|canary| canary.len() > 4 && !ADA.contains(canary.as_str()));
    assert!(canaries.len() > 3, "{canaries:?}");
    for canary in canaries {
        assert!(!all.contains(&canary), "{canary} was sent");
    }
    assert!(!demo.log().contains("whsec_") && !demo.log().contains("key=confidential"));
    // The same events for those who cannot receive.
    let events = demo.get("/v1/events?limit=500").await.body;
    assert_eq!(events["events"].as_array().unwrap().len(), numbers.len());
}

#[tokio::test]
async fn receiver_that_was_down_gets_all_events_in_order() {
    let Some(receiver) = Receiver::start(0) else { return };
    let demo = Demo::start().await;
    let path = subscribe(&demo, &receiver).await;
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let own = json!({"secret": secret, "keep_previous_hours": 0});
    assert_eq!(demo.post(&format!("{path}/rotate-secret"), &own).await.body, json!({"secret": null}));
    let port = receiver.port;
    drop(receiver);
    let shipment = demo.complete_order(ADA).await;
    demo.until("a failed attempt", async || {
        let page = demo.get(&format!("{path}/deliveries?state=pending")).await.body;
        page["items"].as_array().unwrap().iter().any(|one| one["attempts"].as_u64() >= Some(1))
    })
    .await;
    // The process ends in between: nothing is only in memory.
    let demo = demo.again().await;
    let receiver = Receiver::restart(port, secret);
    // Not after the pause, which may be minutes.
    let pending = demo.get(&format!("{path}/deliveries?state=pending&limit=200")).await.body;
    let ids: Vec<_> = pending["items"].as_array().unwrap().iter().map(|one| one["message_id"].clone()).collect();
    assert!(ids.len() >= 4, "{pending:#}");
    let replayed = demo.post(&format!("{path}/replay"), &json!({"messages": ids})).await;
    assert_eq!(replayed.body, json!({"replayed": ids.len()}));
    let received = receiver.until(&demo, "shipment.completed").await;
    let mut by_shipment: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for message in received {
        assert_eq!(message["valid"], true, "{message:#}");
        let data = &message["payload"]["data"];
        by_shipment
            .entry(data["shipment_id"].as_str().unwrap_or_default().to_owned())
            .or_default()
            .push(data["event"].as_u64().unwrap());
    }
    let numbers = &by_shipment[&shipment];
    let expected: Vec<_> = (1..=u64::try_from(numbers.len()).unwrap()).collect();
    assert_eq!(numbers, &expected, "each event once, in order");
    demo.until("the record of the success", async || demo.get(&path).await.body["failing_since"].is_null()).await;
}

#[tokio::test]
async fn internal_addresses_are_refused() {
    let demo = Demo::start().await;
    for url in [
        "https://10.0.0.1/hook",
        "https://169.254.169.254/latest",
        "http://hooks.contoso.example/",
        "https://[fd00::1]/",
    ] {
        let answer = demo.post("/v1/webhooks", &json!({"url": url})).await;
        assert_eq!((answer.status, &answer.body["error_data"]["field"]), (StatusCode::BAD_REQUEST, &json!("url")));
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_in_readiness() {
    let connector = Connector::start().await;
    // No one listens there.
    let created = connector.post("/v1/webhooks", &json!({"url": "http://127.0.0.1:9/"})).await;
    let path = format!("/v1/webhooks/{}", created.body["webhook"]["id"].as_str().unwrap());
    connector.call(Method::PATCH, &path, Some(&json!({"enabled": false}))).await;
    let shipment = connector.order(ADA).await;
    let database = connector.database();
    let damage = "UPDATE events SET event = '{', latest = NULL WHERE seq = 2";
    assert_eq!(database.execute(damage, []).unwrap(), 1);
    connector.call(Method::PATCH, &path, Some(&json!({"enabled": true}))).await;
    let ready = async || reqwest::get(format!("{}/readyz", connector.probes)).await.unwrap();
    let is_reported = async || ready().await.text().await.unwrap().contains("webhooks-blocked");
    connector.until("the report", is_reported).await;
    let answer = ready().await;
    assert_eq!(answer.status(), StatusCode::OK, "shipments are processed");
    let text_of_problem = answer.text().await.unwrap();
    assert!(text_of_problem.contains("its event 2 is invalid"), "{text_of_problem}");
    // What is before the damaged event is a delivery; what follows waits.
    let pending = connector.get(&format!("{path}/deliveries")).await.body;
    assert_eq!(pending["items"].as_array().unwrap().len(), 1, "{pending:#}");
    // The statement of the how-to.
    let page = include_str!("../../../docs/how-to/repair-the-database.md");
    let statement = &page[page.find("UPDATE events SET latest = NULL").unwrap()..];
    let id = pending["items"][0]["shipment"].as_str().unwrap();
    let statement = statement.split('"').next().unwrap().replace("$shipment", id).replace("$event", "2");
    assert_eq!(database.execute(&statement, []).unwrap(), 1, "{statement}");
    connector.until("the end of the problem", async || !is_reported().await).await;
    connector.complete(&shipment).await;
    connector
        .until("all deliveries", async || {
            let all = connector.get(&format!("{path}/deliveries?limit=200")).await.body;
            all["items"].as_array().unwrap().iter().any(|one| one["event_type"] == "shipment.completed")
        })
        .await;
    let events = connector.get("/v1/events?limit=500").await.body;
    assert_eq!(events["events"][1]["type"], "shipment.accepted", "{events:#}");

    // The list of webhooks: none receives anything.
    let text: String = database.query_row("SELECT webhook FROM webhooks", [], |row| row.get(0)).unwrap();
    database.execute("UPDATE webhooks SET webhook = '{'", []).unwrap();
    // A commit wakes the worker.
    connector.order(ADA).await;
    connector.until("the report", is_reported).await;
    assert!(ready().await.text().await.unwrap().contains("No webhook receives events: the data of"));
    database.execute("UPDATE webhooks SET webhook = ?1", [&text]).unwrap();
    connector.order(ADA).await;
    connector.until("the end of the problem", async || !is_reported().await).await;
    let reports = connector.log().matches("webhook receives no new events").count();
    assert_eq!(reports, 1, "logged once");
}

/// Over restarts: each crossing once, for readers of events and for receivers.
#[tokio::test]
async fn crossing_of_a_stock_threshold_is_one_event() {
    let settings = [("KEYFERRY_STOCK_THRESHOLDS", "106=50")];
    let mut connector = Connector::with(&settings).await;
    // No one listens there.
    let wanted = json!({"url": "http://127.0.0.1:9/", "event_types": ["organisation.stock_low"]});
    let created = connector.post("/v1/webhooks", &wanted).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    let path = format!("/v1/webhooks/{}", created.body["webhook"]["id"].as_str().unwrap());
    let events = async |connector: &Connector| {
        let page = connector.get("/v1/events?limit=500").await.body;
        page["events"].as_array().unwrap().clone()
    };
    for (quantity, is_low) in [(50, false), (49, true), (12, true), (500, false), (600, false)] {
        connector.control(Method::PUT, "/inventory/106", &json!({"quantity": quantity})).await;
        let (sandbox, dir) = (connector.sandbox.clone(), connector.dir.clone());
        drop(connector);
        connector = Connector::at(sandbox, dir, &settings).await;
        let ready = async || reqwest::get(format!("{}/readyz", connector.probes)).await.unwrap().text().await.unwrap();
        connector.until("the comparison", async || ready().await.contains("stock-low") == is_low).await;
    }
    connector.until("the events", async || events(&connector).await.len() >= 2).await;
    let found = events(&connector).await;
    let stock = |quantity: i64| json!({"inventory": 106, "quantity": quantity, "threshold": 50});
    let seen: Vec<_> = found.iter().map(|one| (one["type"].clone(), one["data"]["stock"].clone())).collect();
    let expected = [("organisation.stock_low", stock(49)), ("organisation.stock_back", stock(500))];
    assert_eq!(seen, expected.map(|(name, stock)| (json!(name), stock)), "{found:#?}");
    assert_eq!(found[0]["data"]["id"], "00000000-0000-7000-8000-000000000000");
    // The receiver that wants only one of the types.
    let deliveries = async || connector.get(&format!("{path}/deliveries")).await.body["items"].clone();
    connector.until("the message", async || deliveries().await.as_array().is_some_and(|all| all.len() == 1)).await;
    let message = deliveries().await[0].clone();
    assert_eq!((&message["event_type"], &message["shipment"]), (&json!("organisation.stock_low"), &Value::Null));
    let only = connector.get("/v1/events?type=organisation.stock_back").await.body;
    assert_eq!(only["events"].as_array().unwrap().len(), 1, "{only}");
}
