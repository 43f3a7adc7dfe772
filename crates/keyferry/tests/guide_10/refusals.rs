//! 10.2, orders that are rejected before any external system is called.

use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::support::{Connector, outline, settings};
use keyferry_proof_support::{ADA, Answer, order_for};

const PARCEL: &str = "/yubico_shipment_request";
const RECIPIENT: &str = "/yubico_shipment_request/recipient";
const ADDRESS: &str = "/yubico_shipment_request/mailing_address";
const ITEM: &str = "/yubico_shipment_request/shipment_items/0";

/// Members that the guide requires, except the four that are optional.
const REQUIRED: [(&str, &str); 20] = [
    ("", "user_id"),
    ("", "pin_request"),
    ("/pin_request", "type"),
    ("/pin_request", "length"),
    ("", "yubico_shipment_request"),
    (PARCEL, "recipient"),
    (RECIPIENT, "recipient_company"),
    (RECIPIENT, "recipient_email"),
    (RECIPIENT, "recipient_firstname"),
    (RECIPIENT, "recipient_lastname"),
    (RECIPIENT, "recipient_telephone"),
    (PARCEL, "mailing_address"),
    (ADDRESS, "street_line1"),
    (ADDRESS, "city"),
    (ADDRESS, "postal_code"),
    (ADDRESS, "country_code_2"),
    (PARCEL, "shipment_items"),
    (ITEM, "product_id"),
    (ITEM, "inventory_product_id"),
    (ITEM, "customization_id"),
];

async fn assert_no_calls(connector: &Connector) {
    for endpoint in ["graph.creation_options", "graph.user", "delivery.transport_keys", "delivery.order"] {
        assert_eq!(connector.calls(endpoint).await, 0, "{endpoint}");
    }
}

fn rejected(answer: &Answer, what: &str) -> Value {
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{what}: {}", answer.text);
    assert_eq!(answer.headers["content-type"], "application/json", "{what}");
    answer.body.clone()
}

#[tokio::test]
async fn missing_and_invalid_members_are_named() {
    let connector = Connector::start().await;
    let (mut missing, mut wrong) = (Map::new(), Map::new());
    let required = REQUIRED.into_iter().chain([(ITEM, "product_quantity")]);
    for (parent, member) in required {
        let mut order = order_for(ADA);
        let right = order.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(member).unwrap();
        let answer = connector.create(&order).await;
        missing.insert(format!("{parent}/{member}"), rejected(&answer, member));
        for other in [if right.is_string() { json!(7) } else { json!("text") }, Value::Null, json!([])] {
            order.pointer_mut(parent).unwrap()[member] = other.clone();
            let answer = connector.create(&order).await;
            wrong.insert(format!("{parent}/{member} is {other}"), rejected(&answer, member));
        }
        if right.is_string() {
            order.pointer_mut(parent).unwrap()[member] = json!(" ");
            let answer = connector.create(&order).await;
            wrong.insert(format!("{parent}/{member} is blank"), rejected(&answer, member));
        }
    }
    for (name, body) in missing.iter().chain(&wrong) {
        assert_eq!(body["error_code"], "api_error", "{name}");
        let member = name.rsplit('/').next().unwrap().split(' ').next().unwrap();
        assert!(body["error_message"].as_str().unwrap().contains(member), "{name}: {body}");
    }
    settings().bind(|| {
        insta::assert_json_snapshot!("missing_members", missing);
        insta::assert_json_snapshot!("wrong_members", wrong);
    });
    assert_no_calls(&connector).await;
}

#[tokio::test]
async fn guide_examples_of_rejections_match_exactly() {
    let connector = Connector::start().await;
    for length in [3, 64, 0, -8] {
        let mut order = order_for(ADA);
        order["pin_request"]["length"] = json!(length);
        assert_eq!(
            rejected(&connector.create(&order).await, "length"),
            json!({
                "error_code": "api_error",
                "error_message": "PIN `length` must be between 4 and 63",
                "error_data": { "error_type": "validation" }
            })
        );
    }
    let mut order = order_for(ADA);
    order["yubico_shipment_request"]["recipient"]["recipient_lastname"] = json!("Featherstonehaugh-Lovelace");
    assert_eq!(
        rejected(&connector.create(&order).await, "last name"),
        json!({
            "error_code": "ye_error",
            "error_message": "Validation error when creating YED shipment",
            "error_data": {
                "code": "validation_error",
                "field": "yubico_shipment_request.recipient.recipient_lastname",
                "message": "Input for Last Name exceeded limit of 20 characters"
            }
        })
    );
    assert_no_calls(&connector).await;

    // Without the check, the delivery service returns the same error, except for the extension `field`.
    let unchecked = Connector::with(&[("KEYFERRY_CHECK_SHIPMENT_LIMITS", "false")]).await;
    let mut checked = connector.create(&order).await.body;
    checked["error_data"].as_object_mut().unwrap().remove("field");
    assert_eq!(unchecked.create(&order).await.body, checked);
    assert_eq!(unchecked.calls("delivery.order").await, 1);
}

#[tokio::test]
async fn other_rejections_name_the_invalid_value() {
    let connector = Connector::start().await;
    let long = "x".repeat(61);
    let second_item = order_for(ADA).pointer(ITEM).unwrap().clone();
    let cases = [
        ("PIN length as a text", "/pin_request/length", json!("8")),
        ("PIN length with a fraction", "/pin_request/length", json!(8.5)),
        ("another type of PIN", "/pin_request/type", json!("random")),
        ("two items", "/yubico_shipment_request/shipment_items", json!([second_item, second_item])),
        ("no item", "/yubico_shipment_request/shipment_items", json!([])),
        ("two keys", "/yubico_shipment_request/shipment_items/0/product_quantity", json!(2)),
        ("no key", "/yubico_shipment_request/shipment_items/0/product_quantity", json!(0)),
        ("a negative product", "/yubico_shipment_request/shipment_items/0/product_id", json!(-1)),
        ("another delivery type", "/yubico_shipment_request/delivery_type", json!(3)),
        ("bypass as a text", "/yubico_shipment_request/address_validation_bypass", json!("no")),
        ("no mail address", "/yubico_shipment_request/recipient/recipient_email", json!("ada.lovelace")),
        ("a long company", "/yubico_shipment_request/recipient/recipient_company", json!("x".repeat(21))),
        ("a long first name", "/yubico_shipment_request/recipient/recipient_firstname", json!("x".repeat(16))),
        ("marks that count double", "/yubico_shipment_request/recipient/recipient_lastname", json!("ü".repeat(11))),
        ("letters that are not Latin", "/yubico_shipment_request/recipient/recipient_lastname", json!("Лавлейс")),
        ("a line break", "/yubico_shipment_request/recipient/recipient_lastname", json!("Love\nlace")),
        ("a telephone with letters", "/yubico_shipment_request/recipient/recipient_telephone", json!("call me")),
        ("a long street", "/yubico_shipment_request/mailing_address/street_line1", json!(long)),
        ("a long second line", "/yubico_shipment_request/mailing_address/street_line2", json!(long)),
        ("no region in the US", "/yubico_shipment_request/mailing_address/region", json!("")),
        ("a region by name", "/yubico_shipment_request/mailing_address/region", json!("California")),
        ("a postal code of elsewhere", "/yubico_shipment_request/mailing_address/postal_code", json!("SW1A 1AA")),
        ("a country of three letters", "/yubico_shipment_request/mailing_address/country_code_2", json!("USA")),
    ];
    let mut answers = Map::new();
    for (what, pointer, value) in cases {
        let mut order = order_for(ADA);
        *order.pointer_mut(pointer).unwrap() = value;
        answers.insert(what.to_owned(), rejected(&connector.create(&order).await, what));
    }
    let contacts = [
        ("a contact of a foreign domain", json!({ "emails_to": ["stranger@elsewhere.example"] })),
        ("a contact that is no address", json!({ "emails_to": ["helpdesk"] })),
        ("eleven contacts", json!({ "emails_to": vec!["helpdesk@contoso.onmicrosoft.com"; 11] })),
        ("contacts as a text", json!("helpdesk@contoso.onmicrosoft.com")),
    ];
    for (what, value) in contacts {
        let mut order = order_for(ADA);
        order["enrollment_contacts"] = value;
        answers.insert(what.to_owned(), rejected(&connector.create(&order).await, what));
    }
    settings().bind(|| insta::assert_json_snapshot!("other_refusals", answers));
    assert_no_calls(&connector).await;
}

/// The same names are accepted for countries without short limits.
#[tokio::test]
async fn limits_depend_on_country() {
    let connector = Connector::with(&[("KEYFERRY_CHECK_SHIPMENT_LIMITS", "true")]).await;
    let mut order = order_for(ADA);
    order["yubico_shipment_request"]["recipient"]["recipient_lastname"] = json!("Featherstonehaugh-Lovelace");
    for (country, postal_code, status) in [("DE", "10115", 400), ("BR", "01310-100", 0)] {
        order["yubico_shipment_request"]["mailing_address"]["country_code_2"] = json!(country);
        order["yubico_shipment_request"]["mailing_address"]["postal_code"] = json!(postal_code);
        let answer = connector.create(&order).await;
        let too_long = answer.body["error_data"]["message"] == "Input for Last Name exceeded limit of 20 characters";
        assert_eq!(too_long, status == 400, "{country}: {}", answer.text);
    }
}

#[tokio::test]
async fn rejects_invalid_json_bodies() {
    let connector = Connector::start().await;
    let order = order_for(ADA).to_string();
    let twice = order.replacen("\"user_id\"", "\"user_id\":\"grace.hopper@contoso.onmicrosoft.com\",\"user_id\"", 1);
    let large = order.replacen('{', &format!("{{\"padding\":\"{}\",", "x".repeat(64 * 1024)), 1);
    let deep = order.replacen('{', &format!("{{\"nest\":{}{},", "[".repeat(40), "]".repeat(40)), 1);
    let cases = [
        ("empty", String::new()),
        ("no JSON", "user_id=ada".to_owned()),
        ("cut off", order[..order.len() - 1].to_owned()),
        ("an array", format!("[{order}]")),
        ("a text", "\"order\"".to_owned()),
        ("null", "null".to_owned()),
        ("the same member twice", twice),
        ("more than 64 KiB", large),
        ("too deep", deep),
        ("more behind it", format!("{order} {order}")),
        ("with comments", order.replacen('{', "{ // a comment\n", 1)),
    ];
    let mut answers = Map::new();
    for (what, body) in cases {
        let request = connector.request(Method::POST, "/v1/fpr/shipments").header("content-type", "application/json");
        let answer = Answer::of(request.body(body).send().await.unwrap()).await;
        rejected(&answer, what);
        answers.insert(what.to_owned(), outline(&answer));
    }
    let request = connector.request(Method::POST, "/v1/fpr/shipments").header("content-type", "text/plain");
    let answer = Answer::of(request.body(order).send().await.unwrap()).await;
    answers.insert("another media type".to_owned(), outline(&answer));
    for (what, answer) in &answers {
        assert_eq!(answer["body"]["error_code"], "api_error", "{what}");
    }
    settings().bind(|| insta::assert_json_snapshot!("bodies", answers));
    assert_no_calls(&connector).await;
}

#[tokio::test]
async fn refusals_of_other_systems_are_attributed() {
    let connector = Connector::start().await;
    let mut answers = Map::new();
    for user in [
        "7dc95e2f-5300-4000-8000-000000000001",
        "nobody@contoso.onmicrosoft.com",
        "nobody%2F..@contoso.onmicrosoft.com",
    ] {
        let answer = connector.create(&order_for(user)).await;
        assert_eq!(answer.body["error_code"], "idp_error");
        assert_eq!(answer.body["error_message"], format!("Could not find user: {user}"));
        answers.insert(format!("user {user}"), rejected(&answer, user));
    }
    for (what, pointer, value) in [
        ("unknown product", "/yubico_shipment_request/shipment_items/0/product_id", json!(4711)),
        ("unknown inventory", "/yubico_shipment_request/shipment_items/0/inventory_product_id", json!(4711)),
        ("unknown customization", "/yubico_shipment_request/shipment_items/0/customization_id", json!("NOSUCH")),
        ("unserved country", "/yubico_shipment_request/mailing_address/country_code_2", json!("KP")),
    ] {
        let mut order = order_for(ADA);
        *order.pointer_mut(pointer).unwrap() = value;
        let answer = connector.create(&order).await;
        assert_eq!(answer.body["error_code"], "ye_error");
        answers.insert(what.to_owned(), rejected(&answer, what));
    }
    connector.control(Method::PUT, "/policy", &json!({ "isSelfServiceRegistrationAllowed": false })).await;
    let answer = connector.create(&order_for(ADA)).await;
    assert_eq!(answer.body["error_code"], "idp_error");
    answers.insert("a policy that forbids keys".to_owned(), rejected(&answer, "policy"));
    settings().bind(|| insta::assert_json_snapshot!("refusals_of_others", answers));
    assert!(connector.parcels().await.is_empty());
}
