//! Number of calls to Graph that a key costs, as stated in `docs/how-to/send-orders.md`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::Connector;
use keyferry_proof_support::{ADA, ALAN, ALAN_ID, GRACE, order_for};

const BY_GRAPH: [(&str, &str); 3] =
    [("SEND_PIN_URL", ""), ("KEYFERRY_PIN_BY", "graph"), ("KEYFERRY_MAIL_FROM", "keys@contoso.onmicrosoft.com")];
const GUIDE: [(&str, &str); 2] = [
    ("ENTRA_FIDO_API_CLIENT_ID", "0c0ffee0-0000-4000-8000-000000000004"),
    ("ENTRA_FIDO_API_CLIENT_SECRET", "sandbox-guide-connector-secret"),
];

/// Returns the calls to Graph since the last call, by endpoint.
async fn calls(connector: &Connector) -> BTreeMap<String, usize> {
    let calls = connector.sandbox(Method::GET, "/control/calls", None).await.body;
    connector.sandbox(Method::DELETE, "/control/calls", None).await;
    let mut counts = BTreeMap::new();
    for call in calls.as_array().unwrap() {
        if let Some(endpoint) = call["endpoint"].as_str().unwrap().strip_prefix("graph.") {
            *counts.entry(endpoint.to_owned()).or_default() += 1;
        }
    }
    counts
}

fn counts(counts: &[(&str, usize)]) -> BTreeMap<String, usize> {
    counts.iter().map(|(endpoint, count)| ((*endpoint).to_owned(), *count)).collect()
}

/// One for the challenge, one for the registration. It needs no look-up, because no earlier attempt can have registered
/// the credential, and no comparison of the user handle, because the object id is pinned.
#[tokio::test]
async fn key_costs_two_calls_within_the_limit_if_users_are_readable() {
    let connector = Connector::with(&BY_GRAPH).await;
    calls(&connector).await;
    for user in [ADA, ALAN_ID] {
        let shipment = connector.order(user).await;
        assert_eq!(calls(&connector).await, counts(&[("creation_options", 1), ("user", 1)]), "order for {user}");
        connector.process().await;
        assert_eq!(calls(&connector).await, counts(&[]), "run without a shipped key");
        connector.complete(&shipment).await;
        let expected = counts(&[("register", 1), ("user", 2), ("send_mail", 1)]);
        assert_eq!(calls(&connector).await, expected, "registration and PIN for {user}");
        assert_eq!(
            connector.get(&format!("/v1/operations/resend-pin/{shipment}")).await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(calls(&connector).await, counts(&[("user", 1), ("send_mail", 1)]), "PIN again");
    }
}

/// One more than with the permission to read users: the name may belong to another user by now, and only fresh creation
/// options show that.
#[tokio::test]
async fn order_by_name_costs_three_calls_within_the_limit_with_the_permissions_of_the_guide() {
    let connector = Connector::with(&GUIDE).await;
    calls(&connector).await;
    let shipment = connector.order(ADA).await;
    // Graph denied both selections of properties. They are not requested again with this token.
    assert_eq!(calls(&connector).await, counts(&[("creation_options", 1), ("user", 2)]));
    connector.complete(&shipment).await;
    // Reading the manager is denied, too, and not tried again when the Logic App is called.
    let expected = counts(&[("creation_options", 1), ("register", 1), ("user", 1)]);
    assert_eq!(calls(&connector).await, expected);
    let shipment = connector.order(ALAN).await;
    assert_eq!(calls(&connector).await, counts(&[("creation_options", 1)]));
    connector.complete(&shipment).await;
    assert_eq!(calls(&connector).await, counts(&[("creation_options", 1), ("register", 1)]));
}

/// An attempt that may have had an effect costs the look-up that the first one saves.
#[tokio::test]
async fn second_attempt_looks_the_registration_up() {
    let connector = Connector::with(&BY_GRAPH).await;
    let shipment = connector.order(ADA).await;
    connector.parcel_to(&shipment, 103).await;
    connector.fault(&json!({ "endpoint": "graph.register", "kind": "fail_after", "times": 1 })).await;
    calls(&connector).await;
    connector.process().await;
    let found = calls(&connector).await;
    assert_eq!((found.get("register"), found.get("method")), (Some(&1), Some(&1)), "{found:?}");
}

/// With a call every 5 s and a budget of 9 s, the queue has room for one order.
#[tokio::test]
async fn order_that_would_wait_too_long_is_refused_at_once() {
    let slow = [("KEYFERRY_GRAPH_REQUESTS_PER_10_SECONDS", "2"), ("KEYFERRY_CREATE_BUDGET_SECONDS", "9")];
    let connector = Connector::with(&slow).await;
    connector.order(GRACE).await;
    let first = order_for(ADA);
    let (waiting, refused) = tokio::join!(connector.create(&first), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let begin = Instant::now();
        let answer = connector.create(&order_for(ALAN)).await;
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        answer
    });
    assert_eq!(waiting.status, StatusCode::CREATED, "{}", waiting.text);
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.text);
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(refused.body["error_data"]["code"], "rate-limit-queue-full");
    assert!(refused.body["error_message"].as_str().unwrap().ends_with("Nothing was ordered."), "{}", refused.text);
    assert_eq!((connector.calls("graph.creation_options").await, connector.parcels().await.len()), (2, 2));
}
