//! Authentication and authorization of callers: 401 and 403.

use reqwest::{Method, StatusCode};
use serde_json::{Map, json};

use crate::support::{Connector, outline, settings};
use keyferry_proof_support::{ADA, AUDIENCE, Answer, GRAPH, OTHER_CLIENT, TEST_CLIENT, order_for};

const PATHS: [(Method, &str); 10] = [
    (Method::GET, "/v1/status"),
    (Method::POST, "/v1/fpr/shipments"),
    (Method::GET, "/v1/fpr/shipments/some"),
    (Method::GET, "/v1/shipments/some"),
    (Method::POST, "/v1/shipments/some/resolve"),
    (Method::POST, "/v1/shipments/some/cancel"),
    (Method::GET, "/v1/operations/resend-pin/some"),
    (Method::POST, "/v1/operations/resend-pin/some"),
    (Method::GET, "/v1/operations/process-shipments"),
    (Method::POST, "/v1/operations/process-shipments"),
];

#[tokio::test]
async fn every_path_requires_token() {
    let connector = Connector::start().await;
    for (method, path) in PATHS {
        // An unauthenticated caller does not learn that the body is invalid.
        let request = connector.http.request(method.clone(), format!("{}{path}", connector.api)).body("{");
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"), "{method} {path}");
        assert_eq!(answer.body["error_code"], "api_error", "{method} {path}");
    }
}

#[tokio::test]
async fn invalid_token_is_401_and_disallowed_caller_is_403() {
    let connector = Connector::start().await;
    let good = connector.token.clone();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let swapped = if signature.starts_with('A') { "B" } else { "A" };
    let mut cases = vec![
        ("no token", None),
        ("another scheme", Some("Basic YTpi".to_owned())),
        ("garbage", Some("Bearer garbage".to_owned())),
        ("an empty token", Some("Bearer ".to_owned())),
        ("a wrong signature", Some(format!("Bearer {signed}.{swapped}{}", &signature[1..]))),
        ("no signature", Some(format!("Bearer {signed}."))),
        ("a token for Graph", Some(format!("Bearer {}", connector.token_of(TEST_CLIENT, GRAPH).await))),
    ];
    connector.control(Method::POST, "/clock", &json!({ "advance_seconds": -7200, "tokens_too": true })).await;
    cases.push(("an expired token", Some(format!("Bearer {}", connector.token_of(TEST_CLIENT, AUDIENCE).await))));
    connector.control(Method::POST, "/clock", &json!({ "advance_seconds": 14400, "tokens_too": true })).await;
    cases.push(("a token of the future", Some(format!("Bearer {}", connector.token_of(TEST_CLIENT, AUDIENCE).await))));
    connector.control(Method::POST, "/clock", &json!({ "advance_seconds": -7200, "tokens_too": true })).await;
    let other = connector.token_of(OTHER_CLIENT, AUDIENCE).await;
    cases.push(("an application that is not on the list", Some(format!("Bearer {other}"))));

    let mut answers = Map::new();
    for (what, authorization) in cases {
        let mut request = connector.http.post(format!("{}/v1/fpr/shipments", connector.api)).json(&order_for(ADA));
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let answer = Answer::of(request.send().await.unwrap()).await;
        let expected = if what.contains("not on the list") { 403 } else { 401 };
        assert_eq!(answer.status, expected, "{what}: {}", answer.text);
        assert_eq!(answer.headers.contains_key("www-authenticate"), expected == 401, "{what}");
        answers.insert(what.to_owned(), outline(&answer));
    }
    settings().bind(|| insta::assert_json_snapshot!("callers", answers));
    assert_eq!(connector.calls("graph.creation_options").await, 0);
    assert_eq!(connector.get("/v1/status").await.status, StatusCode::OK);
}

#[tokio::test]
async fn accepts_tokens_of_both_versions_after_key_rotation() {
    let app = "0c0ffee0-0000-4000-8000-000000000001";
    let audiences = json!([AUDIENCE, app]).to_string();
    let connector = Connector::with(&[("FIDO_CONNECTOR_ALLOWED_AUDIENCES", &audiences)]).await;
    connector.control(Method::PUT, "/settings", &json!({ "access_token_version": 2 })).await;
    connector.control(Method::POST, "/keys-rotate", &json!({ "what": "token_signing" })).await;
    let token = connector.token_of(TEST_CLIENT, AUDIENCE).await;
    assert_ne!(token, connector.token);
    let request = connector.http.get(format!("{}/v1/status", connector.api)).bearer_auth(token);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    // The token of version 1, signed with the old key, is still accepted.
    assert_eq!(connector.get("/v1/status").await.status, StatusCode::OK);
}

#[tokio::test]
async fn unavailable_signing_keys_are_503() {
    let connector = Connector::start().await;
    connector.fault(&json!({ "endpoint": "openid_configuration", "kind": "fail_before", "status": 500 })).await;
    let answer = connector.get("/v1/status").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
    settings().bind(|| insta::assert_json_snapshot!("no_signing_keys", outline(&answer)));
}

/// Assigns exactly these roles to the test client, and returns a new token.
async fn token_with(connector: &Connector, roles: &[&str]) -> String {
    let app = format!("/apps/{}", TEST_CLIENT.0);
    connector.control(Method::PATCH, &app, &json!({ "api_roles": roles })).await;
    connector.token_of(TEST_CLIENT, AUDIENCE).await
}

#[tokio::test]
async fn enforced_roles_are_the_only_source_of_rights() {
    let mut connector = Connector::with(&[("KEYFERRY_ROLES", "enforced")]).await;
    let shipment = connector.order(ADA).await;
    let other = token_with(&connector, &["Keyferry.Order"]).await;
    connector.set_token(other);
    assert_eq!(connector.get(&format!("/v1/fpr/shipments/{shipment}")).await.status, StatusCode::OK, "its own order");
    for path in ["/v1/operations/process-shipments".to_owned(), format!("/v1/operations/resend-pin/{shipment}")] {
        let refused = connector.get(&path).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}: {}", refused.text);
    }
    let none = token_with(&connector, &["Shipments.Create"]).await;
    connector.set_token(none);
    let refused = connector.get("/v1/status").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    settings().bind(|| insta::assert_json_snapshot!("without_a_role", outline(&refused)));
}

/// As with the vendor's connector: without roles, an allowed application has the guide's five operations and reads.
#[tokio::test]
async fn drop_in_needs_no_roles_for_the_guides_operations() {
    let mut connector = Connector::start().await;
    let none = token_with(&connector, &[]).await;
    connector.set_token(none);
    let shipment = connector.order(ADA).await;
    for path in ["/v1/status", "/v1/operations/process-shipments", &format!("/v1/shipments/{shipment}")] {
        let answer = connector.get(path).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
    }
    for path in [format!("/v1/shipments/{shipment}/cancel"), format!("/v1/shipments/{shipment}/resolve")] {
        let refused = connector.post(&path, &json!({ "reason": "left", "outcome": "retry" })).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}: {}", refused.text);
    }
}

/// Outside trial: a manager received 30 PIN mails in three seconds, and one person got 2,600 orders.
#[tokio::test]
async fn orders_and_resends_are_limited_per_person() {
    let usual = [("KEYFERRY_ONE_OPEN_ORDER_PER_USER", "false"), ("KEYFERRY_ORDERS_PER_PERSON", "")];
    let connector = Connector::with(&[&usual[..], &[("KEYFERRY_RESENDS_PER_PERSON", "")]].concat()).await;
    let mut statuses = Vec::new();
    for _ in 0..7 {
        let answer = connector.post("/v1/fpr/shipments", &order_for(ADA)).await;
        statuses.push(answer.status.as_u16());
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((3500..=3600).contains(&wait), "{wait}");
            assert_eq!(answer.body["error_data"]["error_type"], "limit", "{}", answer.text);
            assert!(answer.text.contains("KEYFERRY_ORDERS_PER_PERSON"), "{}", answer.text);
        }
    }
    assert_eq!(statuses, [201, 201, 201, 201, 201, 429, 429]);
    assert_eq!(connector.parcels().await.len(), 5);
}

/// If the platform authenticates callers, it identifies them in a header. A request without the header was not
/// authenticated.
#[tokio::test]
async fn platform_may_authenticate_callers() {
    let connector = Connector::with(&[
        ("KEYFERRY_CALLERS_CHECKED_BY", "platform"),
        ("FIDO_CONNECTOR_ALLOWED_AUDIENCES", ""),
        ("FIDO_CONNECTOR_ALLOWED_CLIENT_APPS", ""),
    ])
    .await;
    let refused = connector.http.get(format!("{}/v1/status", connector.api)).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    // {"claims":[{"typ":"appid","val":"c11e"}]}
    let principal = "eyJjbGFpbXMiOlt7InR5cCI6ImFwcGlkIiwidmFsIjoiYzExZSJ9XX0=";
    let request = connector.http.post(format!("{}/v1/fpr/shipments", connector.api)).json(&order_for(ADA));
    let answer = Answer::of(request.header("x-ms-client-principal", principal).send().await.unwrap()).await;
    let shipment = answer.body["data"]["shipment_id"].as_str().unwrap_or_else(|| panic!("{}", answer.text));
    let request = connector.http.get(format!("{}/v1/shipments/{shipment}", connector.api));
    let details = Answer::of(request.header("x-ms-client-principal", principal).send().await.unwrap()).await;
    assert_eq!(details.body["requested_by"], "c11e", "{}", details.text);
}
