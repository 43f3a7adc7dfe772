//! Orders for keys that could not be registered or used are rejected before anything is ordered.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::Connector;
use keyferry_proof_support::{ADA, ADA_ID, ALAN, ALAN_ID, Answer, order_for};

/// App registration with the guide's permissions only, which do not include reading users.
const GUIDE: [(&str, &str); 2] = [
    ("ENTRA_FIDO_API_CLIENT_ID", "0c0ffee0-0000-4000-8000-000000000004"),
    ("ENTRA_FIDO_API_CLIENT_SECRET", "sandbox-guide-connector-secret"),
];

fn refused(answer: &Answer, user: &str, code: &str, what: &str) {
    assert_eq!((answer.status, &answer.body["error_code"]), (StatusCode::BAD_REQUEST, &json!("idp_error")));
    assert_eq!(answer.body["error_data"]["code"], code, "{}", answer.text);
    let message = answer.body["error_message"].as_str().unwrap();
    for words in [user, what, "Nothing was ordered.", "then order again"] {
        assert!(message.contains(words), "{words}: {message}");
    }
}

#[tokio::test]
async fn disabled_account_gets_no_key() {
    let connector = Connector::start().await;
    let account = format!("/users/{ALAN_ID}");
    connector.control(Method::PATCH, &account, &json!({ "accountEnabled": false })).await;
    for user in [ALAN, ALAN_ID] {
        refused(&connector.create(&order_for(user)).await, user, "account-disabled", "is disabled");
    }
    assert_eq!((connector.calls("delivery.order").await, connector.parcels().await.len()), (0, 0));
    connector.control(Method::PATCH, &account, &json!({ "accountEnabled": true })).await;
    connector.order(ALAN).await;

    // With the guide's permissions only, Keyferry cannot see it, and orders the key as before.
    let guide = Connector::at(connector.sandbox.clone(), tempfile::tempdir().unwrap().into(), &GUIDE).await;
    guide.control(Method::PATCH, &format!("/users/{ADA_ID}"), &json!({ "accountEnabled": false })).await;
    guide.order(ADA).await;
}

#[tokio::test]
async fn user_at_the_passkey_limit_gets_no_key() {
    // The number of passkeys is in the creation options, so this needs no permission to read users.
    let connector = Connector::with(&GUIDE).await;
    for _ in 0..10 {
        connector.complete_order(ADA).await;
    }
    assert_eq!(connector.methods(ADA_ID).await.len(), 10);
    let orders = connector.calls("delivery.order").await;
    for user in [ADA, ADA_ID] {
        refused(&connector.create(&order_for(user)).await, user, "too-many-passkeys", "already has 10 passkeys");
    }
    assert_eq!((connector.calls("delivery.order").await, connector.parcels().await.len()), (orders, 10));
    connector.order(ALAN).await;
}
