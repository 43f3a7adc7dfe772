use reqwest::Method;
use serde_json::{Value, json};

use crate::testing::{ADA, AUDITOR, Bench, CONNECTOR, GUIDE_CONNECTOR};

fn path() -> String {
    format!("v1.0/users/{ADA}/authentication/temporaryAccessPassMethods")
}

async fn made(bench: &Bench, token: &str, body: Value) -> (u16, Value) {
    bench.graph(token, Method::POST, &path(), Some(&body)).await
}

#[tokio::test]
async fn pass_is_shown_once_replaced_by_the_next_one_and_deleted() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    let wanted = json!({"isUsableOnce": true, "lifetimeInMinutes": 60});
    let (status, first) = made(&bench, &token, wanted.clone()).await;
    assert_eq!((status, &first["isUsableOnce"], &first["isUsable"]), (201, &json!(true), &json!(true)), "{first}");
    assert_eq!(first["temporaryAccessPass"].as_str().unwrap().len(), 8);
    let (_, second) = made(&bench, &token, wanted).await;
    let (_, listed) = bench.graph(&token, Method::GET, &path(), None).await;
    assert_eq!(listed["value"].as_array().unwrap().len(), 1);
    assert_eq!(listed["value"][0]["id"], second["id"]);
    assert_eq!(listed["value"][0]["temporaryAccessPass"], Value::Null);

    let one = |pass: &Value| format!("{}/{}", path(), pass["id"].as_str().unwrap());
    assert_eq!(bench.graph(&token, Method::DELETE, &one(&first), None).await.0, 404);
    assert_eq!(bench.graph(&token, Method::DELETE, &one(&second), None).await.0, 204);
    let (_, listed) = bench.graph(&token, Method::GET, &path(), None).await;
    assert_eq!(listed["value"], json!([]));

    let auditor = bench.graph_token(AUDITOR).await;
    let (_, audits) = bench.graph(&auditor, Method::GET, "v1.0/auditLogs/directoryAudits", None).await;
    let reasons: Vec<_> = audits["value"].as_array().unwrap().iter().map(|one| &one["resultReason"]).collect();
    assert_eq!(reasons.len(), 3, "{audits}");
    assert!(!audits.to_string().contains(first["temporaryAccessPass"].as_str().unwrap()));
}

#[tokio::test]
async fn expired_pass_is_listed_as_such() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    made(&bench, &token, json!({})).await;
    bench.pass(61 * 60).await;
    let token = bench.graph_token(CONNECTOR).await;
    let (_, listed) = bench.graph(&token, Method::GET, &path(), None).await;
    let pass = &listed["value"][0];
    assert_eq!((&pass["isUsable"], &pass["methodUsabilityReason"]), (&json!(false), &json!("Expired")));
}

#[tokio::test]
async fn refuses_what_the_policy_or_the_permissions_do_not_allow() {
    let bench = Bench::start().await;
    let token = bench.graph_token(CONNECTOR).await;
    for minutes in [10, 59, 481, 43_200] {
        let (status, body) = made(&bench, &token, json!({"lifetimeInMinutes": minutes})).await;
        assert_eq!((status, body["error"]["code"].as_str()), (400, Some("badRequest")), "{body}");
    }
    let guide = bench.graph_token(GUIDE_CONNECTOR).await;
    assert_eq!(made(&bench, &guide, json!({})).await.0, 403);
    assert_eq!(bench.graph(&guide, Method::GET, &path(), None).await.0, 403);
    bench.set("settings", json!({"access_passes": false})).await;
    let (status, body) = made(&bench, &token, json!({})).await;
    assert!(status == 400 && body.to_string().contains("Converged UserCredentialPolicy"), "{body}");
    assert_eq!(bench.graph(&token, Method::PUT, &path(), None).await.0, 405);
}
