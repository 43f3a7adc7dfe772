//! Runs without faults, for each PIN delivery.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::rig::{IDEMPOTENCY_KEY, Plan, Rig, SANDBOX_PASSWORD};
use keyferry_proof_support::{ADA, ALAN, Answer};

/// Places and completes an order with valid and invalid calls around it. Returns the delivery service's id.
async fn flow(rig: &Rig) -> String {
    let order = || async {
        let request = rig.request(Method::POST, "/v1/fpr/shipments").header("idempotency-key", IDEMPOTENCY_KEY);
        rig.keep(Answer::of(request.json(&rig.new_order(ADA)).send().await.unwrap()).await)
    };
    let first = order().await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    assert!(order().await.status.is_success());
    let shipment = first.body["data"]["shipment_id"].as_str().unwrap().to_owned();
    let too_early = rig.resend(&shipment).await;
    assert_eq!(too_early.status, StatusCode::CONFLICT);
    rig.parcel_to(&shipment, 103).await;
    rig.complete(&shipment).await;
    for method in [Method::GET, Method::POST] {
        let path = format!("/v1/operations/resend-pin/{shipment}");
        assert_eq!(rig.api(method, &path, None).await.status, StatusCode::NO_CONTENT);
    }
    invalid_calls(rig, &shipment).await;
    shipment
}

/// Calls with corrupted tokens, and with tokens in the wrong place.
async fn invalid_calls(rig: &Rig, shipment: &str) {
    let token = rig.token.clone();
    let path = format!("{}/v1/fpr/shipments/{shipment}", rig.api);
    let (short, doubled) = (&token[..token.len() - 5], format!("{token}{token}"));
    for request in [
        rig.http.get(&path).bearer_auth(short),
        rig.http.get(&path).bearer_auth(&doubled),
        rig.http.get(&path).header("authorization", &token),
        rig.http.get(&path).header("authorization", format!("Basic {token}")),
        rig.http.get(&path).query(&[("access_token", &token)]),
        rig.http.get(&path).header("cookie", &token),
        rig.http.post(&path).bearer_auth(short).body(token.clone()),
    ] {
        let answer = rig.keep(Answer::of(request.send().await.unwrap()).await);
        assert!(answer.status.is_client_error(), "{}", answer.text);
    }
    for key in [format!("\"{IDEMPOTENCY_KEY}"), format!("{IDEMPOTENCY_KEY} x")] {
        let request = rig.request(Method::POST, "/v1/fpr/shipments").header("idempotency-key", key);
        let answer = rig.keep(Answer::of(request.json(&rig.new_order(ADA)).send().await.unwrap()).await);
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
}

async fn assert_no_leak(rig: Rig) {
    let shipment = flow(&rig).await;
    let other = rig.shipped(ALAN).await;
    // Two PINs and two response keys: the second shipment is open and keeps its secrets.
    assert_eq!(rig.learn().await, (2, 2));
    assert_eq!(rig.mails().await.len(), 3);
    rig.assert_silent(&[&shipment, &other]).await;
}

#[tokio::test]
async fn no_leak_by_logic_app() {
    assert_no_leak(Rig::start().await).await;
}

#[tokio::test]
async fn no_leak_by_smtp() {
    let mut plan = Plan::new().await;
    let world: serde_json::Value =
        reqwest::get(format!("{}/control/world", plan.world())).await.unwrap().json().await.unwrap();
    plan.by_smtp(&world["smtp"]["tls_port"].to_string(), SANDBOX_PASSWORD);
    assert_no_leak(plan.start().await).await;
}

#[tokio::test]
async fn no_leak_by_graph() {
    let mut plan = Plan::new().await;
    plan.by_graph();
    assert_no_leak(plan.start().await).await;
}

/// Clean-up removes sealed secrets with their shipment, from every page of every database file.
#[tokio::test]
async fn purged_secret_leaves_no_trace_on_disk() {
    let mut plan = Plan::new().await;
    plan.set("CRON_DATA_CLEANUP_SCHEDULE", "* * * * * *");
    plan.set("CRON_DATA_CLEANUP_COMPLETED_DAYS", "1");
    let rig = plan.start().await;
    let shipment = rig.completed(ADA).await;
    let kept = rig.completed(ALAN).await;
    rig.learn().await;
    let of = |id: &str| {
        let database = rusqlite::Connection::open(rig.path("data/keyferry.db")).unwrap();
        let sql = "SELECT sealed FROM secrets JOIN fprshipments ON name = 'fpr-' || id WHERE shipmentId = ?1";
        database.query_row(sql, [id], |row| row.get::<_, Vec<u8>>(0)).unwrap()
    };
    let (gone, still) = (of(&shipment), of(&kept));
    rig.canary("sealed secret", &gone);
    assert!(
        std::fs::read(rig.path("data/keyferry.db")).unwrap().windows(64).any(|window| window == &still[..64])
            || std::fs::read(rig.path("data/keyferry.db-wal"))
                .unwrap()
                .windows(64)
                .any(|window| window == &still[..64])
    );
    // Backdates the shipment, as an edit by hand.
    {
        let database = rusqlite::Connection::open(rig.path("data/keyferry.db")).unwrap();
        database.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        let today: String = database
            .query_row("SELECT substr(max(updated_at), 1, 10) FROM fprshipments", [], |row| row.get(0))
            .unwrap();
        let sql = "UPDATE fprshipments SET record = replace(record, ?1, '2026-01-01'), \
                   created_at = replace(created_at, ?1, '2026-01-01'), version = version + 1 WHERE shipmentId = ?2";
        assert_eq!(database.execute(sql, [&today, &shipment]).unwrap(), 1);
    }
    let path = format!("/v1/fpr/shipments/{shipment}");
    rig.until("the clean-up", async || rig.get(&path).await.status == StatusCode::NOT_FOUND).await;
    rig.until("the purge", async || rig.response_keys().await.len() == 1).await;
    assert_eq!(rig.response_keys().await.len(), 1);
    let answer = rig.api(Method::POST, "/v1/operations/process-shipments", Some(&json!({}))).await;
    assert!(answer.status.is_success() || answer.status.is_client_error());
    rig.assert_silent(&[&kept]).await;
}
