//! 10.4 and 10.5, the operations `resend-pin` and `process-shipments`.

use reqwest::{Method, StatusCode};
use serde_json::{Map, json};

use crate::support::{Connector, outline, settings};
use keyferry_proof_support::{ADA, ALAN, Answer, GRACE, order_for};

fn path(shipment: &str) -> String {
    format!("/v1/operations/resend-pin/{shipment}")
}

fn no_content(answer: &Answer) {
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NO_CONTENT, ""));
}

#[tokio::test]
async fn resends_pin_by_get_and_post() {
    let connector = Connector::start().await;
    let shipment = connector.complete_order(ADA).await;
    no_content(&connector.get(&path(&shipment)).await);
    no_content(&connector.call(Method::POST, &path(&shipment), None).await);
    let ours = connector.details(&shipment).await["id"].as_str().unwrap().to_owned();
    no_content(&connector.get(&path(&ours)).await);
    let mails = connector.mails().await;
    assert_eq!(mails.len(), 4);
    for mail in &mails {
        assert_eq!((&mail["to"], &mail["text"]), (&json!([GRACE]), &mails[0]["text"]));
    }
    assert_eq!(connector.calls("graph.register").await, 1);
    assert_eq!(connector.status(&shipment).await["shipment_state"], "complete");
    let history = connector.details(&shipment).await["history"].to_string();
    assert!(history.contains("pin_resent"), "{history}");
}

#[tokio::test]
async fn each_resent_mail_has_its_own_message_id() {
    let demo = crate::support::Demo::start().await;
    let shipment = demo.complete_order(ADA).await;
    for _ in 0..2 {
        no_content(&demo.get(&path(&shipment)).await);
    }
    let mails = demo.mails().await;
    let ids: std::collections::BTreeSet<_> = mails.iter().map(|mail| mail["message_id"].as_str().unwrap()).collect();
    assert_eq!((mails.len(), ids.len()), (3, 3));
}

#[tokio::test]
async fn failed_resend_returns_reason() {
    let connector = Connector::start().await;
    let mut answers = Map::new();
    let mut keep = |what: &str, expected: u16, answer: &Answer| {
        assert_eq!(answer.status, expected, "{what}: {}", answer.text);
        answers.insert(what.to_owned(), outline(answer));
    };
    let unregistered = connector.order(ALAN).await;
    keep("not registered yet", 409, &connector.get(&path(&unregistered)).await);
    let shipment = connector.complete_order(ADA).await;

    let refuses = |status: u16| json!({ "endpoint": "logic_app", "kind": "fail_before", "status": status, "times": 1 });
    connector.fault(&refuses(500)).await;
    keep("the Logic App fails", 502, &connector.get(&path(&shipment)).await);
    connector.fault(&refuses(401)).await;
    keep("the Logic App refuses the signature", 502, &connector.get(&path(&shipment)).await);
    connector.fault(&json!({ "endpoint": "logic_app", "kind": "throttle", "retry_after": 11, "times": 1 })).await;
    keep("the Logic App throttles", 503, &connector.get(&path(&shipment)).await);
    connector.fault(&json!({ "endpoint": "logic_app", "kind": "fail_after", "times": 1 })).await;
    keep("the Logic App's answer is lost", 502, &connector.get(&path(&shipment)).await);
    let no_manager = json!({ "manager": null });
    connector.control(Method::PATCH, "/users/a1000000-0000-4000-8000-000000000001", &no_manager).await;
    keep("the manager has left", 409, &connector.get(&path(&shipment)).await);
    let manager = json!({ "manager": "a1000000-0000-4000-8000-000000000002" });
    connector.control(Method::PATCH, "/users/a1000000-0000-4000-8000-000000000001", &manager).await;
    let status = json!({ "endpoint": "delivery.status", "kind": "fail_before", "status": 503, "times": 9 });
    connector.fault(&status).await;
    keep("the delivery service has trouble", 502, &connector.get(&path(&shipment)).await);
    connector.clear_faults().await;
    let unsigned = json!({ "what": "unsigned" });
    connector.control(Method::POST, &format!("/parcels/{shipment}/tamper"), &unsigned).await;
    keep("the response is not signed", 502, &connector.get(&path(&shipment)).await);
    connector.sandbox(Method::DELETE, &format!("/control/parcels/{shipment}"), None).await;
    keep("gone at the delivery service", 410, &connector.get(&path(&shipment)).await);

    let purged = connector.complete_order(JUERGEN).await;
    connector.database().execute("DELETE FROM secrets", []).unwrap();
    keep("the response key is purged", 410, &connector.get(&path(&purged)).await);
    keep("unknown", 404, &connector.get(&path("8gYnYQk5vVqYzKqY1p2xTQ")).await);

    let mut settings = settings();
    for (value, name) in [(&unregistered, "[unregistered]"), (&shipment, "[shipment]"), (&purged, "[purged]")] {
        settings.add_filter(value, name);
    }
    settings.bind(|| insta::assert_json_snapshot!("resend_failures", answers));
    // A failed resend does not change the shipment's state.
    assert_eq!(connector.status(&shipment).await, json!({ "shipment_id": shipment, "shipment_state": "complete" }));
}

#[tokio::test]
async fn pin_response_that_is_gone_upstream_is_410() {
    let connector = Connector::start().await;
    let shipment = connector.complete_order(ADA).await;
    let withheld = json!({ "what": "credential_only" });
    connector.control(Method::POST, &format!("/parcels/{shipment}/tamper"), &withheld).await;
    let answer = connector.get(&path(&shipment)).await;
    assert_eq!(answer.status, StatusCode::GONE, "{}", answer.text);
    assert_eq!(answer.body["error_code"], "ye_error");
    assert_eq!(answer.body["error_data"]["code"], "pin-missing");
    assert!(answer.body["error_message"].as_str().unwrap().ends_with("The PIN was not sent."), "{}", answer.text);
    assert_eq!(connector.mails().await.len(), 1);
    assert_eq!(connector.status(&shipment).await["shipment_state"], "complete");
}

/// User whose manager is not removed in the test.
const JUERGEN: &str = "jürgen.weiß@contoso.onmicrosoft.com";

#[tokio::test]
async fn mail_server_refusal_and_missing_addressee_are_reported() {
    let demo = crate::support::Demo::start().await;
    let shipment = demo.complete_order(ADA).await;
    let mut answers = Map::new();
    // Twice at first: a refusal in a session that was idle is decided by a new session.
    for (status, times) in [(451, 2), (550, 1), (554, 1)] {
        demo.fault(&json!({ "endpoint": "smtp", "kind": "fail_before", "status": status, "times": times })).await;
        let answer = demo.get(&path(&shipment)).await;
        assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{}", answer.text);
        answers.insert(format!("mail server {status}"), outline(&answer));
    }
    for (what, user, change) in [
        ("manager without mail", "a1000000-0000-4000-8000-000000000002", json!({ "mail": null })),
        ("no manager", "a1000000-0000-4000-8000-000000000001", json!({ "manager": null })),
    ] {
        demo.control(Method::PATCH, &format!("/users/{user}"), &change).await;
        let answer = demo.get(&path(&shipment)).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{what}: {}", answer.text);
        answers.insert(what.to_owned(), outline(&answer));
    }
    settings().bind(|| insta::assert_json_snapshot!("resend_failures_by_mail", answers));
    assert_eq!(demo.mails().await.len(), 1);
}

#[tokio::test]
async fn processing_on_request_returns_204() {
    let connector = Connector::start().await;
    for method in [Method::GET, Method::POST] {
        let answer = connector.create(&order_for(ADA)).await;
        let shipment = answer.body["data"]["shipment_id"].as_str().unwrap();
        connector.parcel_to(shipment, 103).await;
        no_content(&connector.call(method, "/v1/operations/process-shipments", None).await);
        assert_eq!(connector.status(shipment).await["shipment_state"], "complete");
    }
    // Also without work.
    no_content(&connector.get("/v1/operations/process-shipments").await);
}

#[tokio::test]
async fn refusals_by_a_limit_are_in_the_history_once() {
    let connector = Connector::with(&[("KEYFERRY_RESENDS_PER_PERSON", "1/hour")]).await;
    let shipment = connector.complete_order(ADA).await;
    let path = format!("/v1/operations/resend-pin/{shipment}");
    assert_eq!(connector.get(&path).await.status, StatusCode::NO_CONTENT);
    for _ in 0..3 {
        assert_eq!(connector.get(&path).await.status, StatusCode::TOO_MANY_REQUESTS);
    }
    let details = connector.details(&shipment).await;
    let history = details["history"].as_array().unwrap();
    let refused: Vec<_> = history.iter().filter(|event| event["event"] == "limit_reached").collect();
    let [event] = refused[..] else { panic!("{history:?}") };
    assert!(event.to_string().contains("1 resends per hour and person"), "{event}");
    assert!(event.to_string().contains(keyferry_proof_support::TEST_CLIENT.0), "{event}");
    assert_eq!(details["shipment_state"], "complete");
}
