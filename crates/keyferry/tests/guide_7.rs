//! Guide, section 7: testing and troubleshooting a deployment.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod support;

use keyferry_proof_support::{ADA, ADA_ID, ALAN, AUDIENCE, Answer, TEST_CLIENT};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Connector, Demo, settings};

#[tokio::test]
async fn guide_test_of_deployment_works() {
    let demo = Demo::start().await;
    // Request an access token.
    let body = "grant_type=client_credentials\
                &client_id=0c0ffee0-0000-4000-8000-000000000002\
                &client_secret=sandbox-test-client-secret\
                &scope=api%3A%2F%2Ffido-connector-api.contoso.onmicrosoft.com%2F.default";
    let request = demo
        .http
        .post(format!("{}/contoso.onmicrosoft.com/oauth2/v2.0/token", demo.world))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body);
    let token = Answer::of(request.send().await.unwrap()).await;
    assert_eq!((token.status, &token.body["token_type"]), (StatusCode::OK, &json!("Bearer")), "{}", token.body);
    // The demo announces the same values.
    assert_eq!(demo.announced["client_id"], TEST_CLIENT.0);
    assert_eq!(demo.announced["client_secret"], TEST_CLIENT.1);
    assert_eq!(demo.announced["scope"], format!("{AUDIENCE}/.default"));
    assert_eq!(
        demo.announced["token_url"].as_str().unwrap(),
        format!("{}/contoso.onmicrosoft.com/oauth2/v2.0/token", demo.world)
    );

    // Call the API.
    let token = token.body["access_token"].as_str().unwrap();
    let request = demo
        .http
        .get(format!("{}/v1/status", demo.api))
        .header("Authorization", format!("Bearer {token}"))
        .header("Content-Type", "application/json");
    let status = Answer::of(request.send().await.unwrap()).await;
    assert_eq!(status.status, StatusCode::OK, "{}", status.text);
    assert_eq!(status.body["AZURE_TENANT_ID"], "11111111-2222-4333-8444-555555555555");
    assert_eq!(status.body["ENTRA_FIDO_API_CLIENT_ID"], "0c0ffee0-0000-4000-8000-000000000001");

    // Requests with a wrong secret, client id or scope.
    let refused = [
        demo.ask_for_token((TEST_CLIENT.0, "another-secret"), AUDIENCE).await,
        demo.ask_for_token(("0c0ffee0-0000-4000-8000-0000000000ff", TEST_CLIENT.1), AUDIENCE).await,
        demo.ask_for_token(TEST_CLIENT, "api://fido-connector-api.fabrikam.onmicrosoft.com").await,
    ];
    for (answer, code) in refused.iter().zip(["AADSTS7000215", "AADSTS700016", "AADSTS500011"]) {
        assert!(answer.body["error_description"].as_str().unwrap().starts_with(code), "{}", answer.body);
    }
    let refused = refused.map(|answer| support::outline(&answer));
    settings().bind(|| insta::assert_json_snapshot!("refused_tokens", refused));
}

/// Returns the row of a shipment with the columns that an operator sees in a table browser.
fn row(connector: &Connector, shipment: &str) -> (String, Option<String>, Option<String>) {
    let query = "SELECT shipmentState, error_kind, error_message FROM fprshipments WHERE shipmentId = ?1";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    connector.database().query_row(query, [shipment], row).unwrap()
}

/// 7.1.2, steps 5 to 8.
#[tokio::test]
async fn error_is_recorded_and_removed_with_its_cause() {
    let connector = Connector::start().await;
    let shipment = connector.order(ADA).await;
    assert_eq!(row(&connector, &shipment), ("ongoing".into(), None, None));
    connector.parcel_to(&shipment, 103).await;
    connector.fault(&json!({ "endpoint": "graph.register", "kind": "fail_before", "status": 403 })).await;
    connector.process().await;
    let shown = connector.status(&shipment).await;
    let message = shown["error_message"].as_str().unwrap();
    assert_eq!(shown["error_kind"], "GENERAL");
    assert_eq!(row(&connector, &shipment), ("ongoing".into(), Some("GENERAL".into()), Some(message.into())));

    connector.clear_faults().await;
    connector.process().await;
    assert_eq!(row(&connector, &shipment), ("complete".into(), None, None));
    assert_eq!(connector.status(&shipment).await, json!({ "shipment_id": shipment, "shipment_state": "complete" }));
    assert_eq!(connector.mails().await.len(), 1);
}

/// 7.1.2, steps 6 and 8: "the status can be manually updated".
#[tokio::test]
async fn record_set_to_complete_by_hand_is_not_processed() {
    let connector = Connector::start().await;
    let (settled, other) = (connector.order(ADA).await, connector.order(ALAN).await);
    let update = "UPDATE fprshipments SET shipmentState = 'complete' WHERE shipmentId = ?1";
    assert_eq!(connector.database().execute(update, [&settled]).unwrap(), 1);
    let complete = json!({ "shipment_id": settled, "shipment_state": "complete" });
    assert_eq!(connector.status(&settled).await, complete);
    for shipment in [&settled, &other] {
        connector.parcel_to(shipment, 103).await;
    }
    for _ in 0..2 {
        connector.process().await;
    }
    assert_eq!(connector.status(&settled).await, complete);
    assert_eq!(connector.details(&settled).await["completed_by"], "edited by hand");
    assert!(connector.methods(ADA_ID).await.is_empty());
    // Only the other shipment was processed.
    assert_eq!((connector.calls("graph.register").await, connector.mails().await.len()), (1, 1));
    assert_eq!(connector.status(&other).await["shipment_state"], "complete");
}

/// 7.1.3, with a Logic App that looks up the manager itself.
#[tokio::test]
async fn missing_manager_in_logic_app_keeps_shipment_open() {
    let connector = Connector::start().await;
    for (user, id, what) in [
        ("nomanager@contoso.onmicrosoft.com", "a1000000-0000-4000-8000-000000000003", "no manager"),
        ("nomail@contoso.onmicrosoft.com", "a1000000-0000-4000-8000-000000000004", "no mail"),
    ] {
        let shipment = connector.order(user).await;
        connector.parcel_to(&shipment, 103).await;
        connector.process().await;
        let shown = connector.status(&shipment).await;
        assert_eq!((&shown["shipment_state"], &shown["error_kind"]), (&json!("ongoing"), &json!("GENERAL")));
        assert!(shown["error_message"].as_str().unwrap().contains(what), "{shown}");
        let manager = json!({ "manager": keyferry_proof_support::GRACE_ID });
        connector.control(Method::PATCH, &format!("/users/{id}"), &manager).await;
        connector.process().await;
        assert_eq!(connector.status(&shipment).await["shipment_state"], "complete");
    }
    assert_eq!((connector.calls("graph.register").await, connector.mails().await.len()), (2, 2));
}

/// 7.1.4.
#[tokio::test]
async fn registered_key_is_listed_in_graph() {
    let connector = Connector::start().await;
    let shipment = connector.complete_order(ADA).await;
    let details = connector.details(&shipment).await;
    let methods = connector.methods(ADA_ID).await;
    let [method] = methods.as_slice() else { panic!("{methods:#?}") };
    let serial = details["keys"][0]["serial_number"].as_str().unwrap();
    assert_eq!(method["displayName"], format!("YubiKey {serial}"));
    assert_eq!(method["id"], details["keys"][0]["credentials"][0]["method_id"]);
}

async fn audits(connector: &Connector, filter: &str) -> Vec<Value> {
    let answer = connector.graph(&format!("/v1.0/auditLogs/directoryAudits?$filter={filter}")).await;
    answer["value"].as_array().unwrap().clone()
}

/// 7.1.5 and 7.1.6: shipment, log and audit log contain the same client-request-id.
#[tokio::test]
async fn error_contains_id_of_call_in_audit_log() {
    let connector = Connector::start().await;
    let shipment = connector.order(ADA).await;
    let block = json!({ "keyRestrictions": {
        "isEnforced": true, "enforcementType": "block", "aaGuids": ["d7781e5d-e353-46aa-afe2-3ca49f13332a"]
    } });
    connector.control(Method::PUT, "/policy", &block).await;
    connector.parcel_to(&shipment, 103).await;
    connector.process().await;
    let shown = connector.status(&shipment).await;
    let message = shown["error_message"].as_str().unwrap_or_else(|| panic!("{shown}"));
    let (_, rest) = message.split_once("client-request-id: ").unwrap_or_else(|| panic!("{message}"));
    let (id, _) = rest.split_once(')').unwrap();

    let records = audits(&connector, &format!("correlationId eq '{id}'")).await;
    let [record] = records.as_slice() else { panic!("{id}: {records:#?}") };
    assert_eq!(record["activityDisplayName"], "Admin registered security info");
    assert_eq!(record["result"], "failure");
    assert_eq!(record["targetResources"][0]["id"], ADA_ID);
    assert!(message.contains(record["resultReason"].as_str().unwrap().trim_end_matches('.')), "{message}\n{record:#}");
    let log = connector.log();
    let line = log.lines().find(|line| line.contains(id)).unwrap_or_else(|| panic!("{id} is not in:\n{log}"));
    assert!(line.contains(r#""level":"WARN""#) || line.contains(r#""level":"ERROR""#), "{line}");
    let history = &connector.details(&shipment).await["history"];
    assert!(history.as_array().unwrap().iter().any(|event| event["client_request_id"] == id), "{history:#}");
    let mut settings = settings();
    settings.add_filter(&shipment, "[shipment]");
    settings.bind(|| insta::assert_json_snapshot!("registration_refused", shown));

    let requested = audits(&connector, &format!("targetResources/any(t:t/id eq '{ADA_ID}')")).await;
    let requested = requested.iter().find(|record| record["activityDisplayName"] == "Get passkey creation options");
    assert_eq!(requested.unwrap()["result"], "success");

    // "Once you have investigated and resolved the issue, the shipment will be reprocessed."
    connector.control(Method::PUT, "/policy", &json!({ "keyRestrictions": { "isEnforced": false } })).await;
    connector.process().await;
    assert_eq!(connector.status(&shipment).await["shipment_state"], "complete");
}

/// 7.1.6: the words that the guide searches for in the log, case-insensitively.
const WORDS: [&str; 3] = ["warn", "error", "fail"];

#[tokio::test]
async fn search_words_of_guide_appear_only_with_problems() {
    let mut connector = Connector::start().await;
    let shipment = connector.complete_order(ADA).await;
    assert_eq!(connector.get(&format!("/v1/operations/resend-pin/{shipment}")).await.status, StatusCode::NO_CONTENT);
    let log = connector.log().to_lowercase();
    for word in WORDS {
        assert!(!log.contains(word), "{word:?} in:\n{log}");
    }
    connector.fault(&json!({ "endpoint": "delivery.status", "kind": "fail_before", "status": 500, "times": 1 })).await;
    let shipment = connector.order(ALAN).await;
    connector.process().await;
    let log = connector.log();
    let lines: Vec<_> =
        log.lines().filter(|line| line.contains(r#""level":"WARN""#) || line.contains(r#""level":"ERROR""#)).collect();
    let id = connector.details(&shipment).await["id"].as_str().unwrap().to_owned();
    assert!(lines.iter().any(|line| line.contains(&id)), "{id} is not in {lines:#?}");
    assert!(connector.process.stop());
}

/// 7.1.1: "Verify that the token for the delivery service is valid". A wrong token does not concern a single shipment.
#[tokio::test]
async fn invalid_api_token_is_logged_once_and_not_written_to_shipments() {
    let connector = Connector::start().await;
    let shipments = [connector.order(ADA).await, connector.order(ALAN).await];
    connector.control(Method::PUT, "/settings", &json!({ "delivery_token": "another" })).await;
    connector.process().await;
    let log = connector.log();
    let count = log.lines().filter(|line| line.contains(r#""level":"ERROR""#) && line.contains("API token")).count();
    assert_eq!(count, 1, "{log}");
    // The API shows the reason for each shipment on hold, but the record of the shipment stays unchanged.
    for shipment in &shipments {
        let shown = connector.status(shipment).await;
        assert_eq!((&shown["shipment_state"], &shown["error_kind"]), (&json!("ongoing"), &json!("GENERAL")));
        assert!(shown["error_message"].as_str().unwrap().contains("API token"), "{shown}");
        assert_eq!(row(&connector, shipment), ("ongoing".into(), None, None));
    }
    connector.control(Method::PUT, "/settings", &json!({ "delivery_token": "sandbox-delivery-token" })).await;
    for shipment in &shipments {
        connector.complete(shipment).await;
        assert_eq!(connector.status(shipment).await, json!({ "shipment_id": shipment, "shipment_state": "complete" }));
    }
}
