//! `keyferry serve` and `keyferry sandbox` as two processes: stop, restart and rotation of secrets. Kills are tested in
//! `crashes`.

#![allow(missing_docs, reason = "tests")]

mod support;

use std::sync::Arc;

use keyferry_proof_support::{ADA, ADA_ID, ALAN_ID, Sandbox, order_for};
use reqwest::{Method, StatusCode};
use serde_json::json;
use support::{Connector, KEYFERRY};

#[tokio::test]
async fn shipment_survives_restart_and_files_contain_no_secret() {
    let mut connector = Connector::start().await;
    let shipment = connector.order(ADA).await;
    let (sandbox, dir) = (connector.sandbox.clone(), connector.dir.clone());
    assert!(connector.process.stop(), "a stop signal ends it with exit code 0");

    let connector = Connector::at(sandbox, dir, &[]).await;
    connector.parcel_to(&shipment, 103).await;
    connector.process().await;
    let status = connector.status(&shipment).await;
    assert_eq!(status, json!({ "shipment_id": shipment, "shipment_state": "complete" }));

    let status = connector.get("/v1/status").await.body;
    let sent_to = status["EMAIL_API_SEND_ENDPOINT"].as_str().unwrap();
    assert!(sent_to.contains("/workflows/") && !sent_to.contains("sig"), "{sent_to}");
    let log = connector.log();
    let token = connector.token.as_str();
    for secret in ["sandbox-connector-secret", "sandbox-delivery-token", "sandbox-logic-app-signature", token] {
        assert!(!log.contains(secret) && !status.to_string().contains(secret), "{secret}");
        for file in std::fs::read_dir(connector.dir.path().join("data")).unwrap() {
            let content = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!content.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret}");
        }
    }
}

/// Guide, sections 9.3 and 9.4.
#[tokio::test]
async fn rotated_api_token_and_client_secret_need_no_restart() {
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let (token, secret) = (dir.path().join("token"), dir.path().join("secret"));
    std::fs::write(&token, "sandbox-delivery-token\n").unwrap();
    std::fs::write(&secret, "sandbox-connector-secret\n").unwrap();
    let settings = [
        ("YED_API_TOKEN", ""),
        ("YED_API_TOKEN_FILE", token.to_str().unwrap()),
        ("ENTRA_FIDO_API_CLIENT_SECRET", ""),
        ("ENTRA_FIDO_API_CLIENT_SECRET_FILE", secret.to_str().unwrap()),
    ];
    let connector = Connector::at(Arc::new(Sandbox::start(KEYFERRY)), dir.clone(), &settings).await;
    connector.control(Method::PUT, "/settings", &json!({ "delivery_token": "sandbox-delivery-token-2" })).await;
    assert_eq!(connector.create(&order_for(ADA)).await.status, StatusCode::UNAUTHORIZED);
    std::fs::write(&token, "sandbox-delivery-token-2").unwrap();
    let shipment = connector.order(ADA).await;
    assert_eq!(connector.parcels().await.len(), 1);

    // Issued access tokens remain valid after the rotation, so advance the clock beyond their expiry.
    let app = "/apps/0c0ffee0-0000-4000-8000-000000000001";
    connector.control(Method::PATCH, app, &json!({ "secret": "sandbox-connector-secret-2" })).await;
    connector.control(Method::POST, "/clock", &json!({ "advance_seconds": 7200, "tokens_too": true })).await;
    let refused = connector.create(&order_for(ADA)).await;
    assert_eq!((refused.status, &refused.body["error_code"]), (StatusCode::BAD_GATEWAY, &json!("idp_error")));
    assert!(refused.body["error_message"].as_str().unwrap().contains("AADSTS7000215"), "{}", refused.body);
    std::fs::write(&secret, "sandbox-connector-secret-2").unwrap();
    connector.complete(&shipment).await;
    connector.order(ADA).await;
}

/// The permission of the guide allows reading neither users nor managers. Therefore the user handle is compared, and
/// the Logic App looks up the manager.
#[tokio::test]
async fn reassigned_name_is_detected_by_user_handle() {
    let connector = Connector::with(&[
        ("ENTRA_FIDO_API_CLIENT_ID", "0c0ffee0-0000-4000-8000-000000000004"),
        ("ENTRA_FIDO_API_CLIENT_SECRET", "sandbox-guide-connector-secret"),
    ])
    .await;
    let adas = connector.order(ADA).await;
    let juergens = connector.order("jürgen.weiß@contoso.onmicrosoft.com").await;
    connector.control(Method::POST, "/users/swap-upn", &json!({ "from": ADA_ID, "to": ALAN_ID })).await;
    for shipment in [&adas, &juergens] {
        connector.parcel_to(shipment, 103).await;
    }
    connector.process().await;
    let details = connector.details(&adas).await;
    assert_eq!(
        (&details["phase"], &details["obstacle"]["class"]),
        (&json!("fulfilled"), &json!("final")),
        "{details:#}"
    );
    let status = connector.status(&juergens).await;
    assert_eq!(status, json!({ "shipment_id": juergens, "shipment_state": "complete" }));
}
