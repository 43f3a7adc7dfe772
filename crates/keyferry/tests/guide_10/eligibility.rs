//! Rules about the users for whom keys may be ordered, with the sandbox's groups and directory roles.

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Connector, KEYFERRY};
use keyferry_proof_support::{
    ADA, ADA_ID, ALAN, ALAN_ID, AUDIENCE, Answer, GRACE, GRACE_ID, Sandbox, TEST_CLIENT, order_for,
};

const EMPLOYEES: &str = "9c0ffee0-0000-4000-8000-000000000001";
const CONTRACTORS: &str = "9c0ffee0-0000-4000-8000-000000000002";
const TIER_0: &str = "9c0ffee0-0000-4000-8000-000000000003";
const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";
const SERVICE_SUPPORT: &str = "f023fd81-a637-4b56-95fd-791ac0226033";
const ENFORCED: (&str, &str) = ("KEYFERRY_ROLES", "enforced");
const ORDERS: [&str; 3] = ["Keyferry.Order", "Keyferry.Read", "Keyferry.Operate"];

async fn set(connector: &Connector, what: &str, change: Value) {
    connector.control(Method::PATCH, what, &change).await;
}

async fn act_with(connector: &mut Connector, roles: &[&str]) {
    set(connector, &format!("/apps/{}", TEST_CLIENT.0), json!({ "api_roles": roles })).await;
    let token = connector.token_of(TEST_CLIENT, AUDIENCE).await;
    connector.set_token(token);
}

#[track_caller]
fn refused(answer: &Answer, code: &str, words: &[&str]) {
    assert_eq!((answer.status, &answer.body["error_code"]), (StatusCode::BAD_REQUEST, &json!("idp_error")));
    assert_eq!(answer.body["error_data"]["code"], code, "{}", answer.text);
    let message = answer.body["error_message"].as_str().unwrap();
    for words in [words, &["Nothing was ordered."]].concat() {
        assert!(message.contains(words), "{words}: {message}");
    }
}

/// Returns the calls to the directory since the last call, by endpoint.
async fn calls(connector: &Connector) -> BTreeMap<String, usize> {
    let calls = connector.sandbox(Method::GET, "/control/calls", None).await.body;
    connector.sandbox(Method::DELETE, "/control/calls", None).await;
    let endpoints = calls.as_array().unwrap().iter().map(|call| call["endpoint"].as_str().unwrap().to_owned());
    let mut counts = BTreeMap::new();
    for endpoint in endpoints.filter(|endpoint| endpoint.starts_with("graph.")) {
        *counts.entry(endpoint).or_default() += 1;
    }
    counts
}

fn counts(counts: &[(&str, usize)]) -> BTreeMap<String, usize> {
    counts.iter().map(|(endpoint, count)| (format!("graph.{endpoint}"), *count)).collect()
}

#[tokio::test]
async fn with_enforced_roles_only_an_administrator_orders_for_privileged_users() {
    let mut connector = Connector::with(&[ENFORCED]).await;
    set(&connector, &format!("/users/{ADA_ID}"), json!({ "roles": [USER_ADMINISTRATOR] })).await;
    set(
        &connector,
        &format!("/groups/{EMPLOYEES}"),
        json!({ "members": [CONTRACTORS], "roles": [USER_ADMINISTRATOR] }),
    )
    .await;
    set(&connector, &format!("/groups/{CONTRACTORS}"), json!({ "members": [ALAN_ID] })).await;
    set(&connector, &format!("/users/{GRACE_ID}"), json!({ "roles": [SERVICE_SUPPORT] })).await;
    act_with(&mut connector, &ORDERS).await;
    for user in [ADA, ADA_ID, ALAN, ALAN_ID] {
        let answer = connector.create(&order_for(user)).await;
        refused(&answer, "user-privileged", &[user, "User Administrator", "Keyferry.Admin"]);
    }
    assert_eq!((connector.calls("delivery.order").await, connector.parcels().await.len()), (0, 0));
    connector.order(GRACE).await;
    act_with(&mut connector, &[&ORDERS[..], &["Keyferry.Admin"]].concat()).await;
    connector.complete_order(ADA).await;
    assert_eq!(connector.methods(ADA_ID).await.len(), 1);
}

/// A help desk orders a key for a colleague who is about to become an administrator, and has the PIN sent to itself.
#[tokio::test]
async fn key_of_a_user_who_becomes_privileged_meanwhile_is_not_registered() {
    let mut connector = Connector::with(&[ENFORCED]).await;
    act_with(&mut connector, &ORDERS).await;
    calls(&connector).await;
    let shipment = connector.order(ADA).await;
    let order = counts(&[("creation_options", 1), ("user", 2), ("role_assignments", 1)]);
    assert_eq!(calls(&connector).await, order);
    set(&connector, &format!("/users/{ADA_ID}"), json!({ "roles": [USER_ADMINISTRATOR] })).await;
    connector.parcel_to(&shipment, 103).await;
    connector.process().await;
    let status = connector.status(&shipment).await;
    let message = status["error_message"].as_str().unwrap();
    for words in ["holds a privileged role: User Administrator", "does not register this key and sends no PIN"] {
        assert!(message.contains(words), "{words}: {message}");
    }
    assert_eq!((connector.methods(ADA_ID).await.len(), connector.mails().await.len()), (0, 0));
    set(&connector, &format!("/users/{ADA_ID}"), json!({ "roles": [] })).await;
    calls(&connector).await;
    connector.complete(&shipment).await;
    let mut registration = calls(&connector).await;
    // To find the addressee of the PIN.
    registration.remove("graph.user");
    // Not the first attempt, so the credential is looked up.
    assert_eq!(registration, counts(&[("role_assignments", 1), ("method", 1), ("register", 1)]));
    assert_eq!((connector.methods(ADA_ID).await.len(), connector.mails().await.len()), (1, 1));
}

#[tokio::test]
async fn groups_decide_also_through_other_groups() {
    let settings = [("KEYFERRY_ALLOWED_GROUPS", EMPLOYEES), ("KEYFERRY_EXCLUDED_GROUPS", TIER_0)];
    let connector = Connector::with(&settings).await;
    set(&connector, &format!("/groups/{EMPLOYEES}"), json!({ "members": [ADA_ID, CONTRACTORS] })).await;
    set(&connector, &format!("/groups/{CONTRACTORS}"), json!({ "members": [ALAN_ID] })).await;
    for user in [GRACE, GRACE_ID] {
        let answer = connector.create(&order_for(user)).await;
        refused(&answer, "user-not-allowed", &[user, "KEYFERRY_ALLOWED_GROUPS", "order again"]);
    }
    calls(&connector).await;
    connector.order(ALAN).await;
    assert_eq!(calls(&connector).await, counts(&[("creation_options", 1), ("user", 1), ("member_groups", 1)]));
    connector.order(ADA_ID).await;
    set(&connector, &format!("/groups/{TIER_0}"), json!({ "members": [CONTRACTORS] })).await;
    for user in [ALAN, ALAN_ID] {
        let answer = connector.create(&order_for(user)).await;
        refused(&answer, "user-excluded", &[user, TIER_0, "KEYFERRY_EXCLUDED_GROUPS"]);
    }
    assert_eq!(connector.create(&order_for("nobody@contoso.onmicrosoft.com")).await.body["error_code"], "idp_error");
    assert_eq!(connector.parcels().await.len(), 2);

    // A permission that is revoked, and a directory that is down, are no refusals of the user.
    let fault = json!({ "endpoint": "graph.member_groups", "kind": "fail_before", "status": 503, "times": 1 });
    connector.fault(&fault).await;
    assert_eq!(connector.create(&order_for(ADA)).await.status, StatusCode::BAD_GATEWAY);
    let app = "/apps/0c0ffee0-0000-4000-8000-000000000001";
    let few = json!({ "graph_roles": ["UserAuthMethod-Passkey.ReadWrite.All", "User.Read.All"] });
    set(&connector, app, few).await;
    connector.control(Method::POST, "/clock", &json!({ "advance_seconds": 7200, "tokens_too": true })).await;
    let answer = connector.create(&order_for(ADA)).await;
    assert_eq!((answer.status, connector.parcels().await.len()), (StatusCode::BAD_GATEWAY, 2), "{}", answer.text);
    assert!(answer.text.contains("GroupMember.Read.All"), "{}", answer.text);
}

#[tokio::test]
async fn missing_permission_for_groups_prevents_the_start_and_for_roles_is_a_warning() {
    let sandbox = std::sync::Arc::new(Sandbox::start(KEYFERRY));
    let dir = std::sync::Arc::new(tempfile::tempdir().unwrap());
    let guide = [
        ("ENTRA_FIDO_API_CLIENT_ID", "0c0ffee0-0000-4000-8000-000000000004"),
        ("ENTRA_FIDO_API_CLIENT_SECRET", "sandbox-guide-connector-secret"),
        ENFORCED,
    ];
    let mut connector = Connector::at(sandbox.clone(), dir, &guide).await;
    let log = connector.log();
    assert!(log.contains("app registration may not read directory roles"), "{log}");
    set(&connector, &format!("/users/{ADA_ID}"), json!({ "roles": [USER_ADMINISTRATOR] })).await;
    act_with(&mut connector, &ORDERS).await;
    connector.order(ADA).await;
    connector.order(ADA).await;
    let log = connector.log();
    assert_eq!(log.matches("could not read roles of users").count(), 1, "{log}");

    let usual = crate::support::usual(&sandbox.base, connector.dir.path());
    let mut command = std::process::Command::new(KEYFERRY);
    command.args(["serve", "--api-port", "0", "--probe-port", "0"]).env_clear().envs(usual).envs(guide);
    let output = command.env("KEYFERRY_EXCLUDED_GROUPS", TIER_0).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{text}");
    for words in ["GroupMember.Read.All", "User.Read.All", "KEYFERRY_EXCLUDED_GROUPS"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}
