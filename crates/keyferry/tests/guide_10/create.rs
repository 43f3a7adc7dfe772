//! 10.2, accepted orders.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::Connector;
use keyferry_proof_support::{ADA, ADA_ID, Answer, order_for};

/// The guide's request with its members in the same order, without comments and with values for the placeholders.
const EXAMPLE: &str = r##"{
  "user_id": "ada.lovelace@contoso.onmicrosoft.com",
  "pin_request": {
    "type": "generate",
    "length": 8
  },
  "yubico_shipment_request": {
    "reseller_organization_id": "",
    "delivery_type": 1,
    "address_validation_bypass": false,
    "recipient": {
      "recipient_company": "Contoso",
      "recipient_email": "ada.lovelace@contoso.onmicrosoft.com",
      "recipient_firstname": "Ada",
      "recipient_lastname": "Lovelace",
      "recipient_telephone": "5555555555"
    },
    "mailing_address": {
      "street_line1": "1 Analytical Way",
      "street_line2": "Apt 2, unit #3",
      "city": "Palo Alto",
      "region": "CA",
      "postal_code": "94301",
      "country_code_2": "US"
    },
    "shipment_items": [
      {
        "product_id": 1,
        "inventory_product_id": 18,
        "product_quantity": 1,
        "customization_id": "CUSTID"
      }
    ]
  }
}"##;

#[tokio::test]
async fn guide_example_returns_201_with_delivery_id() {
    let connector = Connector::start().await;
    let request = connector.request(Method::POST, "/v1/fpr/shipments").header("content-type", "application/json");
    let answer = Answer::of(request.body(EXAMPLE).send().await.unwrap()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    assert_eq!(answer.headers["content-type"], "application/json");
    let parcels = connector.parcels().await;
    let [parcel] = parcels.as_slice() else { panic!("{parcels:#?}") };
    let shipment = parcel["shipment_id"].as_str().unwrap();
    assert_eq!(answer.text, format!(r#"{{"data":{{"shipment_id":"{shipment}"}}}}"#));
    assert_eq!(parcel["recipient_lastname"], "Lovelace");
    // The shipment can be read under the delivery service's id and under Keyferry's id.
    let details = connector.details(shipment).await;
    assert_eq!(connector.status(details["id"].as_str().unwrap()).await["shipment_id"], shipment);
}

/// Changes the example to another valid order.
type Change = fn(&mut Value);

fn item(order: &mut Value) -> &mut Value {
    &mut order["yubico_shipment_request"]["shipment_items"][0]
}

#[tokio::test]
async fn accepts_optional_members_and_variants() {
    let connector = Connector::start().await;
    let variants: [(&str, Change); 18] = [
        ("an object id", |order| order["user_id"] = json!(ADA_ID)),
        ("no reseller", |order| drop(parcel(order).remove("reseller_organization_id"))),
        ("a reseller", |order| {
            order["yubico_shipment_request"]["reseller_organization_id"] = json!("2ykPJc9vWSvx4oHr")
        }),
        ("no delivery type", |order| drop(parcel(order).remove("delivery_type"))),
        ("expedited", |order| order["yubico_shipment_request"]["delivery_type"] = json!(2)),
        ("nothing about validation", |order| drop(parcel(order).remove("address_validation_bypass"))),
        ("no validation", |order| order["yubico_shipment_request"]["address_validation_bypass"] = json!(true)),
        ("no second line", |order| drop(address(order).remove("street_line2"))),
        ("an empty second line", |order| address(order)["street_line2"] = json!("")),
        ("null for a second line", |order| address(order)["street_line2"] = Value::Null),
        ("no region where none is needed", |order| {
            address(order).remove("region");
            address(order)["country_code_2"] = json!("DE");
            address(order)["postal_code"] = json!("10115");
        }),
        ("the shortest PIN", |order| order["pin_request"]["length"] = json!(4)),
        ("the longest PIN", |order| order["pin_request"]["length"] = json!(63)),
        ("a length with a decimal point", |order| order["pin_request"]["length"] = json!(8.0)),
        ("contacts", |order| {
            order["enrollment_contacts"] = json!({ "emails_to": ["grace.hopper@contoso.onmicrosoft.com"] });
        }),
        ("no contacts", |order| order["enrollment_contacts"] = json!({ "emails_to": [] })),
        ("members that nobody knows", |order| {
            order["comment"] = json!("for later");
            item(order)["colour"] = json!("black");
        }),
        ("another product", |order| {
            item(order)["product_id"] = json!(29);
            item(order)["inventory_product_id"] = json!(107);
        }),
    ];
    for (index, (what, change)) in variants.iter().enumerate() {
        let mut order = order_for(ADA);
        change(&mut order);
        let answer = connector.create(&order).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{what}: {}", answer.text);
        assert_eq!(connector.parcels().await.len(), index + 1, "{what}");
    }
}

fn parcel(order: &mut Value) -> &mut serde_json::Map<String, Value> {
    order["yubico_shipment_request"].as_object_mut().unwrap()
}

fn address(order: &mut Value) -> &mut serde_json::Map<String, Value> {
    order["yubico_shipment_request"]["mailing_address"].as_object_mut().unwrap()
}
