//! 10.3, and the details that are ours.

use reqwest::Method;
use serde_json::json;

use crate::support::{ADA, ADA_ID, Connector, settings};

#[tokio::test]
async fn a_shipment_is_shown_in_the_guides_fields_and_no_others() {
    let connector = Connector::start().await;
    let shipment = connector.order(ADA).await;
    let path = format!("/v1/fpr/shipments/{shipment}");
    let ongoing = connector.get(&path).await;
    assert_eq!(ongoing.text, format!(r#"{{"shipment_id":"{shipment}","shipment_state":"ongoing"}}"#));

    connector.parcel_to(&shipment, 103).await;
    connector.fault(&json!({ "endpoint": "graph.register", "kind": "fail_before", "status": 503, "times": 9 })).await;
    connector.process().await;
    let with_error = connector.status(&shipment).await;
    assert_eq!(with_error["error_kind"], "GENERAL");
    let failed = connector.details(&shipment).await;
    connector.clear_faults().await;

    connector.process_until(&shipment, "completion", |details| details["shipment_state"] == "complete").await;
    let complete = connector.get(&path).await;
    assert_eq!(complete.text, format!(r#"{{"shipment_id":"{shipment}","shipment_state":"complete"}}"#));

    let details = connector.details(&shipment).await;
    let serial = details["keys"][0]["serial_number"].as_str().unwrap();
    let method = details["keys"][0]["credentials"][0]["method_id"].as_str().unwrap();
    let credential = details["keys"][0]["credentials"][0]["credential_id"].as_str().unwrap();
    assert_eq!(details["keys"][0]["credentials"][0]["aaguid"], "d7781e5d-e353-46aa-afe2-3ca49f13332a");
    assert_eq!(connector.methods(ADA_ID).await[0]["id"], method);
    let parcel = connector.sandbox(Method::GET, &format!("/control/parcels/{shipment}"), None).await.body;
    let tracking = parcel["tracking_number"].as_str().unwrap();
    let mut settings = settings();
    for (value, name) in [
        (method, "[method]"),
        (credential, "[credential]"),
        (shipment.as_str(), "[shipment]"),
        (serial, "[serial]"),
        (tracking, "[tracking]"),
    ] {
        settings.add_filter(&format!("{value}\\b"), name);
    }
    settings.bind(|| {
        insta::assert_json_snapshot!("shipment_with_an_error", with_error);
        insta::assert_json_snapshot!("details_with_an_error", failed);
        insta::assert_json_snapshot!("details_of_a_complete_shipment", details);
    });
}
