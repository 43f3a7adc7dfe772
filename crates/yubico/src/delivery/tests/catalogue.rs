//! Tests of the lists of what can be ordered, and of the judgements about addresses.

use keyferry_domain::ports::{AddressVerdict, Country, Inventory, OfferedProduct};
use keyferry_domain::{DeliveryService as _, FailureClass, Operation};
use serde_json::json;

use crate::testing::World;
use crate::testing::fakes;
use crate::testing::service::Fault;

/// Returns a delivery service whose next call has this response.
async fn answering(status: u16, body: &'static str) -> World {
    let world = World::new().await;
    world.service.fail(Fault::Answer(status, body));
    world
}

/// The bodies are those of the reference, shortened.
#[tokio::test]
async fn reads_lists_of_the_reference() {
    let world = answering(
        200,
        r#"{"count":1,"total_count":1,"organization_product_inventory":[{
        "organization_product_inventory_id":7,"is_subscription_product":true,"is_virtual_product":false,
        "organization_id":"x","organization_product_quantity":40,"product_id":106,"inventory_type":"a",
        "product_name":"Advanced Plus","product_tier":"b","product_mapping":[1,29]}]}"#,
    )
    .await;
    let inventory =
        Inventory { id: 106, name: Some("Advanced Plus".into()), quantity: Some(40), products: vec![1, 29] };
    assert_eq!(world.delivery.inventory().await, Ok(Some(vec![inventory])));
    world.service.fail(Fault::Answer(
        200,
        r#"{"count":2,"total_count":2,"countries":[
        {"country_id":840,"country_name":"United States","country_code_2":"US","country_code_3":"USA",
         "country_vat_rate":0,"delivery_types":[{"value":1,"name":"Normal"},{"value":2,"name":"Expedited"}],
         "states":["WA"]},
        {"country_code_2":"se","states":[{"code":"X"}]}]}"#,
    ));
    let country = |code: &str, name: Option<&str>, delivery_types: &[i64], regions: &[&str]| Country {
        code: code.into(),
        name: name.map(Into::into),
        delivery_types: delivery_types.to_vec(),
        regions: regions.iter().map(|&region| region.into()).collect(),
    };
    let expected = vec![country("US", Some("United States"), &[1, 2], &["WA"]), country("SE", None, &[], &[])];
    assert_eq!(world.delivery.countries().await, Ok(Some(expected)));
    for body in [
        r#"{"products":[{"product_id":29,"product_name":"YubiKey 5C NFC","more":{}}]}"#,
        r#"[{"product_id":29,"product_name":"YubiKey 5C NFC"}]"#,
    ] {
        world.service.fail(Fault::Answer(200, body));
        let product = OfferedProduct { id: 29, name: Some("YubiKey 5C NFC".into()) };
        assert_eq!(world.delivery.products().await, Ok(Some(vec![product])));
    }
    let paths = ["/v1/inventory", "/v1/countries", "/v1/products", "/v1/products"];
    assert_eq!(*world.service.shared.paths.lock().unwrap(), paths);
}

#[tokio::test]
async fn service_without_the_calls_offers_no_lists() {
    for status in [404, 405, 501] {
        assert_eq!(answering(status, "").await.delivery.products().await, Ok(None), "{status}");
        let world = answering(status, "").await;
        assert_eq!(world.delivery.validate_address(&fakes::order().mailing_address).await, Ok(None), "{status}");
    }
}

/// A product that is missing from a part of the list may exist.
#[tokio::test]
async fn incomplete_and_unreadable_lists_are_failures() {
    for body in [
        r#"{"count":1,"total_count":2,"products":[{"product_id":29}]}"#,
        r#"{"products":[{"product_id":"x"}]}"#,
        r#"{"items":[]}"#,
        "<html>",
    ] {
        let failure = answering(200, body).await.delivery.products().await.unwrap_err();
        let seen = (failure.operation, failure.class());
        assert_eq!(seen, (Operation::ReadCatalogue, FailureClass::InvalidResponse), "{body}");
    }
    let failure = answering(403, "").await.delivery.countries().await.unwrap_err();
    assert_eq!(failure.class(), FailureClass::Forbidden);
    assert!(failure.remedy().contains("does not permit"), "{}", failure.remedy());
}

#[tokio::test]
async fn judges_addresses() {
    let address = fakes::order().mailing_address;
    let world = answering(200, r#"{"status":"deliverable","details":[],"address":{}}"#).await;
    assert_eq!(world.delivery.validate_address(&address).await, Ok(Some(AddressVerdict::Deliverable)));
    let sent = json!({
        "street_line1": "1 Analytical Way", "city": "Springfield", "postal_code": "62701", "region": "IL",
        "country_code_2": "US",
    });
    assert_eq!(*world.service.shared.orders.lock().unwrap(), [sent]);
    let world = answering(400, r#"{"status":"undeliverable","details":[{"description":"No such street"}]}"#).await;
    let reasons = vec!["No such street".to_owned()];
    assert_eq!(world.delivery.validate_address(&address).await, Ok(Some(AddressVerdict::Undeliverable { reasons })));
    for (status, body, class) in [
        (400, r#"{"code":"validation_error","message":"No."}"#, FailureClass::Rejected),
        (200, r#"{"status":"new"}"#, FailureClass::InvalidResponse),
        (503, "", FailureClass::Unavailable),
        (429, "", FailureClass::Throttled),
    ] {
        let failure = answering(status, body).await.delivery.validate_address(&address).await.unwrap_err();
        assert_eq!((failure.operation, failure.class()), (Operation::ValidateAddress, class), "{status} {body}");
    }
}
