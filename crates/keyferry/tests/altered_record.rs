//! Edits of records in the database file, and what they must not do: redirect a key or a PIN.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod support;

use keyferry_proof_support::{ADA, ADA_ID, ALAN, ALAN_ID};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::Connector;

/// Edits by which somebody would direct Ada's key or PIN elsewhere.
fn edits() -> [(&'static str, Value, &'static str); 4] {
    [
        ("$.keys[0].credentials[0].object_id", json!(ALAN_ID), "person"),
        ("$.keys[0].credentials[0].user", json!({ "upn": ALAN }), "person"),
        ("$.enrollment_contacts", json!([ALAN]), "contacts"),
        ("$.recipient_email", json!(ALAN), "contacts"),
    ]
}

/// Sets a member of the record, and the columns of the person, in the database file.
fn edit(connector: &Connector, shipment: &str, path: &str, value: &Value) {
    let sql = "UPDATE fprshipments SET record = json_set(record, ?2, json(?3)), user_id = ?4, object_id = ?5
               WHERE shipmentId = ?1";
    let edited = connector.database().execute(sql, [shipment, path, &value.to_string(), ALAN, ALAN_ID]).unwrap();
    assert_eq!(edited, 1);
}

async fn redirected(connector: &Connector) -> (usize, usize) {
    (connector.mails().await.len(), connector.methods(ALAN_ID).await.len())
}

#[tokio::test]
async fn edited_record_redirects_neither_key_nor_pin() {
    let connector = Connector::start().await;
    for (path, value, fact) in edits() {
        let shipment = connector.order(ADA).await;
        edit(&connector, &shipment, path, &value);
        connector.parcel_to(&shipment, 103).await;
        connector.process().await;
        let obstacle = &connector.details(&shipment).await["obstacle"];
        assert_eq!((&obstacle["class"], &obstacle["code"]), (&json!("final"), &json!("record-altered")), "{path}");
        assert_eq!(redirected(&connector).await, (0, 0), "{path}");
        assert!(connector.methods(ADA_ID).await.is_empty());
        let log = connector.log();
        let alarm = log.lines().rfind(|line| line.contains("record of shipment was altered outside Keyferry"));
        let alarm: Value = serde_json::from_str(alarm.unwrap()).unwrap();
        assert_eq!((&alarm["level"], &alarm["fields"]["facts"]), (&json!("ERROR"), &json!(fact)), "{alarm}");
    }
}

#[tokio::test]
async fn pin_is_not_resent_for_an_edited_record() {
    let connector = Connector::start().await;
    let shipment = connector.complete_order(ADA).await;
    let (path, value, _) = &edits()[0];
    edit(&connector, &shipment, path, value);
    let refused = connector.call(Method::POST, &format!("/v1/operations/resend-pin/{shipment}"), None).await;
    assert_eq!((refused.status, &refused.body["error_data"]["code"]), (StatusCode::CONFLICT, &json!("record-altered")));
    assert_eq!(redirected(&connector).await, (1, 0), "only the PIN that was sent before");
}

/// Guide, section 7.1.2: the edit that an operator may make.
#[tokio::test]
async fn edit_of_the_state_to_complete_still_works() {
    let connector = Connector::start().await;
    let shipment = &connector.order(ADA).await;
    let (path, value, _) = &edits()[0];
    edit(&connector, shipment, path, value);
    let complete = "UPDATE fprshipments SET shipmentState = 'complete' WHERE shipmentId = ?1";
    assert_eq!(connector.database().execute(complete, [shipment]).unwrap(), 1);
    connector.parcel_to(shipment, 103).await;
    connector.process().await;
    assert_eq!(connector.details(shipment).await["completed_by"], "edited by hand");
    assert_eq!(redirected(&connector).await, (0, 0));
}
