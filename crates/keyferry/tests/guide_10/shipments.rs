//! 10.3, and `details`, an extension of the guide's API.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{Connector, outline, settings};
use keyferry_proof_support::{ADA, ADA_ID, ALAN, order_for};

#[tokio::test]
async fn shipment_has_exactly_the_fields_of_the_guide() {
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
    // Replace the method's id first, because it starts with the credential's id.
    for (value, name) in [
        (method, "[method]"),
        (credential, "[credential]"),
        (shipment.as_str(), "[shipment]"),
        (tracking, "[tracking]"),
        (serial, "[serial]"),
    ] {
        settings.add_filter(value, name);
    }
    settings.bind(|| {
        insta::assert_json_snapshot!("shipment_with_an_error", with_error);
        insta::assert_json_snapshot!("details_with_an_error", failed);
        insta::assert_json_snapshot!("details_of_a_complete_shipment", details);
    });
}

#[tokio::test]
async fn unreadable_record_is_reported_and_does_not_block_others() {
    let connector = Connector::start().await;
    let (broken, sound) = (connector.order(ADA).await, connector.order(ALAN).await);
    let update = "UPDATE fprshipments SET record = '{\"v\":1}' WHERE shipmentId = ?1";
    assert_eq!(connector.database().execute(update, [&broken]).unwrap(), 1);
    let answer = connector.get(&format!("/v1/fpr/shipments/{broken}")).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", answer.text);
    settings().bind(|| insta::assert_json_snapshot!("a_broken_record", outline(&answer)));
    connector.complete(&sound).await;
    assert!(connector.log().contains(r#""level":"ERROR""#));
}

#[tokio::test]
async fn second_open_order_of_user_can_be_rejected() {
    let connector = Connector::with(&[("KEYFERRY_ONE_OPEN_ORDER_PER_USER", "")]).await;
    let shipment = connector.order(ADA).await;
    for user in [ADA, ADA_ID] {
        let answer = connector.create(&order_for(user)).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{user}: {}", answer.text);
        assert_eq!(answer.body["error_data"]["shipment_id"], shipment.as_str());
        let mut settings = settings();
        settings.add_filter(&shipment, "[shipment]");
        settings.bind(|| insta::assert_json_snapshot!("a_second_open_order", outline(&answer)));
    }
    connector.order(ALAN).await;
    connector.complete(&shipment).await;
    connector.order(ADA).await;
}
