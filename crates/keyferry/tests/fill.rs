//! Data of recipients from the sandbox's directory, with the program as a process.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "the tests run outside of the program, with their own HTTP clients")]

mod support;

use std::time::{Duration, Instant};

use keyferry_proof_support::{ADA, ADA_ID, order_for};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::Connector;

const FILL: [(&str, &str); 2] =
    [("KEYFERRY_FILL_FROM_DIRECTORY", "true"), ("CRON_PROCESS_SHIPMENT_SCHEDULE", "* * * * * *")];

/// Returns the order of Ada without telephone number and address.
fn lacking() -> Value {
    let mut order = order_for(ADA);
    let parcel = order["yubico_shipment_request"].as_object_mut().unwrap();
    parcel.remove("mailing_address");
    parcel["recipient"].as_object_mut().unwrap().remove("recipient_telephone");
    order
}

/// Sets the user's data in the sandbox's directory.
async fn set(connector: &Connector, change: Value) {
    let answer = connector.sandbox(Method::PATCH, &format!("/control/users/{ADA_ID}"), Some(&change)).await;
    assert!(answer.status.is_success(), "{}", answer.body);
}

fn profile() -> Value {
    json!({"mobilePhone": "55501771", "streetAddress": "12 Canary Wharf", "city": "Berlin",
        "state": null, "postalCode": "10115", "country": "Deutschland"})
}

async fn until(connector: &Connector, id: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let start = Instant::now();
    loop {
        let shipment = connector.get(&format!("/v1/shipments/{id}")).await.body;
        if holds(&shipment) {
            return shipment;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "no {what}: {shipment:#}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn queued_order_goes_to_the_address_in_the_directory() {
    let connector = Connector::with(&FILL).await;
    set(&connector, profile()).await;
    let answer = connector.post("/v1/orders", &lacking()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    let id = answer.body["id"].as_str().unwrap().to_owned();
    until(&connector, &id, "acceptance", |shipment| shipment["phase"] == "accepted").await;
    let parcels = connector.parcels().await;
    assert_eq!(parcels.len(), 1);
    let list = format!("{}/delivery/v1/shipments_exact", connector.world);
    let list = connector.http.get(list).bearer_auth("sandbox-delivery-token").send().await.unwrap();
    let sent = list.text().await.unwrap();
    assert!(sent.contains("12 Canary Wharf") && sent.contains("55501771"), "{sent}");
    assert!(sent.contains("\"DE\""), "the name of the country became its code: {sent}");
    let events = connector.get(&format!("/v1/shipments/{id}/events")).await.text;
    assert!(events.contains("filled from the directory: recipient.recipient_telephone, mailing_address."), "{events}");
    let shown = connector.get(&format!("/v1/shipments/{id}")).await.text;
    for text in [events, shown, connector.log()] {
        assert!(!text.contains("Canary Wharf") && !text.contains("55501771"), "{text}");
    }
}

#[tokio::test]
async fn order_waits_until_the_directory_is_completed() {
    let connector = Connector::with(&FILL).await;
    set(&connector, profile()).await;
    set(&connector, json!({"postalCode": null})).await;
    let checked = connector.post("/v1/orders/check", &json!({"orders": [lacking()]})).await.body;
    let finding = &checked["rows"][0]["findings"][0];
    assert_eq!(finding["code"], "missing-recipient-data", "{checked:#}");
    assert_eq!(finding["member"], "yubico_shipment_request.mailing_address.postal_code");
    let id = connector.post("/v1/orders", &lacking()).await.body["id"].as_str().unwrap().to_owned();
    let met = until(&connector, &id, "obstacle", |shipment| shipment["obstacle"].is_object()).await;
    assert_eq!(met["obstacle"]["class"], "attention");
    assert!(met.to_string().contains("mailing_address.postal_code"), "{met:#}");
    assert!(connector.parcels().await.is_empty());
    set(&connector, json!({"postalCode": "10115"})).await;
    let body = json!({"reason": "the directory was completed", "outcome": "retry"});
    let answer = connector.post(&format!("/v1/shipments/{id}/resolve"), &body).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    until(&connector, &id, "acceptance", |shipment| shipment["phase"] == "accepted").await;
    assert_eq!(connector.parcels().await.len(), 1);
}

#[tokio::test]
async fn without_the_setting_all_data_is_required() {
    let connector = Connector::start().await;
    let answer = connector.post("/v1/orders", &lacking()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    assert!(answer.text.contains("is missing"), "{}", answer.text);
}
