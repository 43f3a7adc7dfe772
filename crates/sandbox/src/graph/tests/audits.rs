use reqwest::Method;
use serde_json::{Value, json};

use crate::testing::key::{Proof, TestKey};
use crate::testing::{ADA, AUDITOR, Bench, CONNECTOR};

async fn audits(bench: &Bench, filter: &str) -> (u16, Value) {
    let token = bench.graph_token(AUDITOR).await;
    let query: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
    bench.graph(&token, Method::GET, &format!("v1.0/auditLogs/directoryAudits?$filter={query}"), None).await
}

#[tokio::test]
async fn finds_records_by_correlation_id_activity_and_user() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    let options = bench.creation_options(&token, ADA).await;
    let key = TestKey::new(&options);
    let path = bench.url(&format!("beta/users/{ADA}/authentication/fido2Methods"));
    let register = async |id: &str, proof| {
        let body = key.submission(&bench, &options, proof);
        let request = bench.http.post(&path).bearer_auth(&token).header("client-request-id", id).json(&body);
        request.send().await.unwrap().status().as_u16()
    };
    let (failed, succeeded) = ("11111111-0000-4000-8000-000000000001", "11111111-0000-4000-8000-000000000002");
    assert_eq!(register(failed, Proof::Nothing).await, 400);
    assert_eq!(register(succeeded, Proof::Factory).await, 201);

    let (_, body) = audits(&bench, &format!("correlationId eq '{failed}'")).await;
    assert_eq!(body["value"].as_array().unwrap().len(), 1);
    let record = &body["value"][0];
    assert_eq!((&record["result"], &record["correlationId"]), (&json!("failure"), &json!(failed)));
    assert!(record["resultReason"].as_str().unwrap().contains("attestation"));
    assert_eq!(record["targetResources"][0]["id"], ADA);
    assert_eq!(record["initiatedBy"]["app"]["appId"], CONNECTOR.0);

    let (_, body) =
        audits(&bench, "activityDisplayName eq 'Get passkey creation options' and result eq 'success'").await;
    assert_eq!(body["value"][0]["resultReason"], "Successfully retrieved passkey creation options.");
    let by_user = format!("targetResources/any(t:t/id eq '{ADA}') and activityDateTime ge 2020-01-01T00:00:00Z");
    assert_eq!(audits(&bench, &by_user).await.1["value"].as_array().unwrap().len(), 3);
    assert_eq!(audits(&bench, "correlationId eq 'nobody'").await.1["value"], json!([]));
    assert_eq!(audits(&bench, "colour eq 'red'").await.0, 400);
}
