//! `keyferry serve` in Azure: Table Storage (Azurite), a vault, and a managed identity with access to both.

#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod deployment;
mod doctor;
mod evidence;
mod place;
mod vault;

use keyferry_http::{Client, ClientOptions};
use keyferry_proof_support::{ADA, ADA_ID, ALAN, ALAN_ID, order_for};
use place::Place;
use reqwest::{Method, StatusCode};
use serde_json::json;
use support::Connector;

async fn ready(connector: &Connector) -> StatusCode {
    let url = format!("{}/readyz", connector.probes).parse().unwrap();
    let answer = Client::new(ClientOptions::default()).unwrap().get(&url).send().await.unwrap();
    StatusCode::from_u16(answer.status).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn table_keeps_shipment_and_vault_keeps_key() {
    let Some(place) = Place::new().await else { return };
    let connector =
        place.connector(&[("CRON_DATA_CLEANUP_COMPLETED_DAYS", "1"), ("CRON_DATA_CLEANUP_SCHEDULE", "-")]).await;
    let shipment = connector.order(ADA).await;
    let [row] = &place.rows().await[..] else { panic!("not one row") };
    assert_eq!(
        (&row["shipmentId"], &row["shipmentState"], &row["phase"]),
        (&json!(shipment), &json!("ongoing"), &json!("accepted"))
    );
    assert_eq!(
        place.secrets().await,
        [
            "ENTRA-FIDO-API-CLIENT-SECRET".to_owned(),
            format!("fpr-{}", row["RowKey"].as_str().unwrap()),
            "KEYFERRY-EVENT-SIGNING-KEY".to_owned(),
            "YED-API-TOKEN".to_owned(),
        ]
    );

    connector.complete(&shipment).await;
    assert_eq!(place.rows().await[0]["shipmentState"], "complete");
    assert_eq!((connector.mails().await.len(), connector.methods(ADA_ID).await.len()), (1, 1));

    let status = connector.get("/v1/status").await.body;
    assert_eq!(status["AZURE_TABLES_SHIPMENTS_TABLE_NAME"], place.table.name);
    assert!(status["AZURE_TABLES_ENDPOINT"].as_str().unwrap().ends_with("/devstoreaccount1"));
    assert!(status["AZURE_KEY_VAULT_ENDPOINT"].as_str().unwrap().starts_with("https://127.0.0.1:"));
    assert!(!connector.dir.path().join("data").exists(), "no data directory is created");
    assert_eq!(ready(&connector).await, StatusCode::OK);
    let log = connector.log();
    for secret in ["sandbox-connector-secret", "sandbox-delivery-token", place::IDENTITY_HEADER] {
        assert!(!log.contains(secret) && !status.to_string().contains(secret), "{secret}");
    }
}

/// Guide, sections 9.3 and 9.4, with secrets in the vault.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotating_secrets_in_vault_fails_no_order() {
    let Some(place) = Place::new().await else { return };
    let connector = place.connector(&[]).await;
    let first = connector.order(ADA).await;

    connector.control(Method::PUT, "/settings", &json!({ "delivery_token": "sandbox-delivery-token-2" })).await;
    place.set_secret("YED-API-TOKEN", "sandbox-delivery-token-2").await;
    let second = connector.create(&order_for(ADA)).await;
    assert_eq!(second.status, StatusCode::CREATED, "{}", second.body);

    let app = "/apps/0c0ffee0-0000-4000-8000-000000000001";
    connector.control(Method::PATCH, app, &json!({ "secret": "sandbox-connector-secret-2" })).await;
    place.set_secret("ENTRA-FIDO-API-CLIENT-SECRET", "sandbox-connector-secret-2").await;
    connector.control(Method::POST, "/clock", &json!({ "advance_seconds": 7200, "tokens_too": true })).await;
    let third = connector.create(&order_for(ADA)).await;
    assert_eq!(third.status, StatusCode::CREATED, "{}", third.body);
    connector.complete(&first).await;
    assert!(!connector.log().contains("AADSTS"), "no refusal was logged");
}

/// Without any client secret: the app registration federates with the managed identity.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn managed_identity_replaces_client_secret() {
    let Some(place) = Place::new().await else { return };
    let connector = place.connector(&[("KEYFERRY_ENTRA_CREDENTIAL", "managed-identity")]).await;
    let refused = connector.create(&order_for(ADA)).await;
    assert_eq!(refused.status, StatusCode::BAD_GATEWAY, "{}", refused.body);
    assert_eq!(refused.body["error_data"]["code"], "AADSTS700211", "the response contains the code of Entra ID");

    let credential = json!({
        "issuer": format!("{}/11111111-2222-4333-8444-555555555555/v2.0", place.sandbox.base),
        "subject": "5e000000-0000-4000-8000-000000000006", "audience": "api://AzureADTokenExchange",
    });
    let change = json!({ "federated_credentials": [credential], "secrets": [] });
    place.control(Method::PATCH, "/apps/0c0ffee0-0000-4000-8000-000000000001", &change).await;
    connector.complete_order(ADA).await;
}

/// The connector's own secrets are in the named vault, and only response keys in the other one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_secrets_are_read_from_their_vault() {
    let Some(place) = Place::new().await else { return };
    let (_, vault) = place.settings().iter().find(|(name, _)| *name == "AZURE_KEY_VAULT_ENDPOINT").unwrap();
    const UNREACHABLE: &str = "https://127.0.0.1:9";
    let connector = place.connector(&[("KEYFERRY_CREDENTIAL_VAULT_ENDPOINT", UNREACHABLE)]).await;
    let refused = connector.create(&order_for(ADA)).await;
    assert!(refused.status.is_server_error(), "{}", refused.body);
    assert_eq!(place.secrets().await.len(), 2, "the connector's own two secrets, which were not read");
    assert!(connector.log().contains("127.0.0.1:9/secrets/"), "{}", connector.log());

    let both = [("KEYFERRY_CREDENTIAL_VAULT_ENDPOINT", vault.as_str()), ("AZURE_KEY_VAULT_ENDPOINT", UNREACHABLE)];
    let connector = place.connector(&both).await;
    let refused = connector.create(&order_for(ADA)).await;
    assert!(refused.status.is_server_error(), "{}", refused.body);
    assert!(connector.parcels().await.is_empty(), "nothing is ordered whose response key cannot be kept");
}

/// The Logic App's trigger has a policy for the managed identity's token, and refuses the signature in the URL.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logic_app_accepts_managed_identity_instead_of_signature() {
    let Some(place) = Place::new().await else { return };
    place.control(Method::PUT, "/settings", &json!({ "logic_app_policy": true })).await;
    let unprotected = place.connector(&[]).await;
    let shipment = unprotected.order(ADA).await;
    unprotected.parcel_to(&shipment, 103).await;
    unprotected.process().await;
    let waiting = unprotected.status(&shipment).await;
    assert_eq!(waiting["shipment_state"], "ongoing");
    assert!(waiting["error_message"].as_str().unwrap().contains("disabled under your access control"), "{waiting}");
    drop(unprotected);

    // The audience as in the template, and as in Microsoft's examples.
    let connector = place.connector(&[("KEYFERRY_SEND_PIN_AUDIENCE", "https://management.azure.com/")]).await;
    connector.complete(&shipment).await;
    assert_eq!(connector.mails().await.len(), 1);
}

/// Two processes share table and vault. The one that holds the claim is killed while processing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_replica_completes_work_of_killed_replica() {
    let Some(place) = Place::new().await else { return };
    let mut first = place.connector(&[]).await;
    let second = place.connector(&[]).await;
    let shipment = first.order(ADA).await;
    assert_eq!(
        second.status(&shipment).await["shipment_state"],
        "ongoing",
        "the other replica reads the same shipment"
    );
    first.parcel_to(&shipment, 103).await;

    // The key is registered, but the response does not arrive in time.
    first.fault(&json!({ "endpoint": "graph.register", "kind": "fail_after", "delay_ms": 20_000, "times": 1 })).await;
    let request = first.request(Method::POST, "/v1/operations/process-shipments");
    let pending = tokio::spawn(async move { request.send().await });
    second.struck("graph.register").await;
    let holder = place.rows().await[0]["claim_holder"].clone();
    assert_ne!(holder, "", "the shipment is claimed");
    first.process.0.kill().unwrap();
    first.process.0.wait().unwrap();
    assert!(pending.await.unwrap().is_err(), "the killed replica did not respond");

    second.process().await;
    assert_eq!(
        second.status(&shipment).await["shipment_state"],
        "ongoing",
        "the claim of the killed replica is still valid"
    );
    // Let the claim expire, as after ten minutes.
    let id = place.rows().await[0]["RowKey"].as_str().unwrap().to_owned();
    place.table.edit("keyferry", &id, &json!({ "claim_until": "2026-01-01T00:00:00.000000Z" })).await;
    second.complete(&shipment).await;
    assert_eq!((second.mails().await.len(), second.methods(ADA_ID).await.len()), (1, 1), "once each");
    assert_eq!(second.parcels().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_rows_are_logged_and_kept() {
    let Some(place) = Place::new().await else { return };
    let theirs =
        json!({"PartitionKey": "fpr", "RowKey": "8gYnYQk5", "shipmentId": "8gYnYQk5", "shipmentState": "ongoing"});
    place.table.insert(&theirs).await;
    let before = place.table.row("fpr", "8gYnYQk5").await;
    let connector = place.connector(&[]).await;
    connector.complete_order(ADA).await;
    assert_eq!(place.table.row("fpr", "8gYnYQk5").await, before);
    assert!(connector.log().contains("table contains rows of other applications"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_set_to_complete_by_operator_is_not_processed() {
    let Some(place) = Place::new().await else { return };
    let connector = place.connector(&[]).await;
    let shipment = connector.order(ADA).await;
    let id = place.rows().await[0]["RowKey"].as_str().unwrap().to_owned();
    place.table.edit("keyferry", &id, &json!({ "shipmentState": "complete" })).await;
    connector.parcel_to(&shipment, 103).await;
    connector.process().await;
    assert_eq!(connector.status(&shipment).await["shipment_state"], "complete");
    assert_eq!((connector.mails().await.len(), connector.methods(ADA_ID).await.len()), (0, 0));
}

/// Whoever can write to the table makes Ada's shipment one for Alan.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_edited_to_another_person_redirects_neither_key_nor_pin() {
    let Some(place) = Place::new().await else { return };
    let connector = place.connector(&[]).await;
    let shipment = connector.order(ADA).await;
    let row = place.rows().await.remove(0);
    let edited = row["record"].as_str().unwrap().replace(ADA, ALAN).replace(ADA_ID, ALAN_ID);
    assert_ne!(row["record"], edited);
    let columns = json!({ "record": edited, "user_id": ALAN, "object_id": ALAN_ID });
    place.table.edit("keyferry", row["RowKey"].as_str().unwrap(), &columns).await;
    connector.parcel_to(&shipment, 103).await;
    connector.process().await;
    assert_eq!(connector.details(&shipment).await["obstacle"]["code"], "record-altered");
    assert_eq!((connector.mails().await.len(), connector.methods(ALAN_ID).await.len()), (0, 0));
    assert!(connector.log().contains("record of shipment was altered outside Keyferry"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_table_is_logged_and_connector_is_not_ready() {
    let Some(place) = Place::new().await else { return };
    let connector = place.connector(&[("AZURE_TABLES_SHIPMENTS_TABLE_NAME", "nothere")]).await;
    assert!(connector.log().contains("there is no table `nothere` in this account"));
    assert_eq!(ready(&connector).await, StatusCode::SERVICE_UNAVAILABLE);
    let port = connector.probes.rsplit(':').next().unwrap();
    for (arguments, code) in [(&[][..], 1), (&["--alive"], 0)] {
        let output = support::run(&[&["healthcheck", "--probe-port", port], arguments].concat(), connector.dir.path());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}\n{}", connector.log());
    }
    assert_eq!(connector.create(&order_for(ADA)).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(connector.parcels().await.is_empty(), "nothing was ordered");
}
