//! Invalid bodies, and unusual but valid orders.

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::{Value, json};

use crate::testing::show::show;
use crate::testing::world::{World, order, order_with, request};

async fn refused(world: &World, body: impl Into<Body>) -> String {
    let answer = world.call(Method::POST, "/v1/fpr/shipments", body).await;
    assert!(answer.starts_with("400"), "{answer}");
    let (_, json) = answer.split_once('{').unwrap();
    let json: Value = serde_json::from_str(&format!("{{{json}")).unwrap();
    assert_eq!(json["error_code"], "api_error");
    assert_eq!(json["error_data"]["error_type"], "validation");
    format!("{} ({})", json["error_message"].as_str().unwrap(), json["error_data"]["field"])
}

#[tokio::test]
async fn rejects_body_that_is_not_one_json_object() {
    let world = World::new();
    world.outside.creation_options.hangs();
    let text = order().to_string();
    let twice = text.replacen("\"length\":8", "\"length\":8,\"length\":9", 1);
    let mut lines = Vec::new();
    for body in [
        String::new(),
        "{".into(),
        "not json".into(),
        "[]".into(),
        "null".into(),
        "\"text\"".into(),
        format!("{text} {{}}"),
        twice,
        format!("{{\"x\":{}{}}}", "[".repeat(40), "]".repeat(40)),
        format!("{{\"x\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000)),
        format!("{{\"x\":\"{}\"}}", "x".repeat(64 * 1024)),
    ] {
        lines.push(refused(&world, body).await);
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn names_invalid_and_missing_members() {
    let world = World::new();
    world.outside.creation_options.hangs();
    let parcel = "/yubico_shipment_request";
    let mut lines = Vec::new();
    for (pointer, value) in [
        ("/user_id", None),
        ("/user_id", Some(json!(7))),
        ("/user_id", Some(json!(""))),
        ("/user_id", Some(json!("a\nb"))),
        ("/pin_request", None),
        ("/pin_request", Some(json!(["generate", 8]))),
        ("/pin_request/type", Some(json!("fixed"))),
        ("/pin_request/length", None),
        ("/pin_request/length", Some(json!("8"))),
        ("/pin_request/length", Some(json!(8.5))),
        ("/enrollment_contacts", Some(json!([]))),
        ("/enrollment_contacts", Some(json!({"emails_to": "a@b"}))),
        ("/enrollment_contacts", Some(json!({"emails_to": ["a@b", "Ada <a@b>"]}))),
        ("/enrollment_contacts", Some(json!({"emails_to": vec!["a@b"; 11]}))),
        ("/yubico_shipment_request", None),
        ("/yubico_shipment_request", Some(json!("x"))),
    ] {
        lines.push(refused(&world, order_with(pointer, value).to_string()).await);
    }
    for (rest, value) in [
        ("/reseller_organization_id", Some(json!(1))),
        ("/delivery_type", Some(json!(3))),
        ("/delivery_type", Some(json!("1"))),
        ("/address_validation_bypass", Some(json!("false"))),
        ("/recipient", Some(json!(null))),
        ("/recipient/recipient_email", None),
        ("/recipient/recipient_email", Some(json!("nobody"))),
        ("/recipient/recipient_company", Some(json!("  "))),
        ("/recipient/recipient_firstname", Some(json!(null))),
        ("/recipient/recipient_lastname", Some(json!("a\u{7}b"))),
        ("/mailing_address/city", Some(json!(""))),
        ("/mailing_address/country_code_2", Some(json!("USA"))),
        ("/mailing_address/street_line2", Some(json!({}))),
        ("/shipment_items", None),
        ("/shipment_items", Some(json!({}))),
        ("/shipment_items", Some(json!([]))),
        ("/shipment_items", Some(json!([[1, 18, 1, "CUSTID"]]))),
        ("/shipment_items", Some(json!([item(1), item(1)]))),
        ("/shipment_items", Some(json!([item(2)]))),
        (
            "/shipment_items",
            Some(json!([{"product_id": -1, "inventory_product_id": 1, "product_quantity": 1,
            "customization_id": "C"}])),
        ),
        ("/shipment_items", Some(json!([{"product_id": 1, "inventory_product_id": 1, "product_quantity": 1}]))),
    ] {
        lines.push(refused(&world, order_with(&format!("{parcel}{rest}"), value).to_string()).await);
    }
    insta::assert_snapshot!(lines.join("\n"));
}

fn item(quantity: i64) -> Value {
    json!({"product_id": 1, "inventory_product_id": 18, "product_quantity": quantity, "customization_id": "CUSTID"})
}

#[tokio::test]
async fn rejects_pin_length_with_the_guides_message() {
    let world = World::new();
    let answer = world.order(&order_with("/pin_request/length", Some(json!(3)))).await;
    for other in [64, 0, -8, 1_000_000] {
        assert_eq!(world.order(&order_with("/pin_request/length", Some(json!(other)))).await, answer);
    }
    insta::assert_snapshot!(answer);
}

#[tokio::test]
async fn accepts_missing_optional_members_and_ignores_unknown_ones() {
    let world = World::new();
    let parcel = "/yubico_shipment_request";
    let mut swedish = order();
    let address = json!({"street_line1": "Kungsgatan 44", "city": "Malmö", "postal_code": "111 35",
        "country_code_2": "se"});
    swedish.pointer_mut(parcel).unwrap()["mailing_address"] = address;
    for order in [
        order_with(&format!("{parcel}/reseller_organization_id"), None),
        order_with(&format!("{parcel}/reseller_organization_id"), Some(json!(null))),
        order_with(&format!("{parcel}/delivery_type"), None),
        order_with(&format!("{parcel}/delivery_type"), Some(json!(2.0))),
        order_with(&format!("{parcel}/address_validation_bypass"), None),
        order_with(&format!("{parcel}/mailing_address/street_line2"), Some(json!(""))),
        order_with("/pin_request/length", Some(json!(8.0))),
        order_with("/pin_request/length", Some(json!(63))),
        order_with("/enrollment_contacts", Some(json!(null))),
        order_with("/enrollment_contacts", Some(json!({"emails_to": []}))),
        order_with("/something_new", Some(json!({"a": [1]}))),
        order_with("/user_id", Some(json!("o'brien$#EXT#@contoso.example"))),
        order_with("/user_id", Some(json!("Jürgen Weiß@contoso.example"))),
        swedish,
    ] {
        let answer = world.order(&order).await;
        assert!(answer.starts_with("201"), "{order}: {answer}");
    }
}

#[tokio::test]
async fn rejects_invisible_characters_and_names_them() {
    let world = World::new();
    let parcel = "/yubico_shipment_request";
    for (pointer, text, code) in [
        ("/user_id", "ada\u{202e}moc.live@contoso.example", "U+202E"),
        ("/user_id", "ada\u{200d}@contoso.example", "U+200D"),
        ("/user_id", "ada\u{200e}@contoso.example", "U+200E"),
        (&*format!("{parcel}/recipient/recipient_email"), "\u{200f}ada@contoso.example", "U+200F"),
        (&*format!("{parcel}/shipment_items/0/customization_id"), "CUSTID\u{200e}", "U+200E"),
        (&*format!("{parcel}/reseller_organization_id"), "\u{61c}R1", "U+061C"),
        (&*format!("{parcel}/mailing_address/street_line1"), "Hauptstraße\u{e0061} 1", "U+E0061"),
        (&*format!("{parcel}/recipient/recipient_lastname"), "Love\u{2066}lace", "U+2066"),
        (&*format!("{parcel}/mailing_address/city"), "\u{feff}Austin", "U+FEFF"),
        (&*format!("{parcel}/recipient/recipient_email"), "ada@contoso.example\u{200b}", "U+200B"),
    ] {
        let message = refused(&world, order_with(pointer, Some(json!(text))).to_string()).await;
        let field = pointer[1..].replace("/0", "[0]").replace('/', ".");
        let expected = format!("`{field}` must not contain invisible characters, but contains {code}. ");
        assert!(message.starts_with(&expected) && message.ends_with(&format!("(\"{field}\")")), "{message}");
    }
    for name in ["(שרה\u{200f})", "\u{200e}Ada", "سارة\u{61c} 3", "می\u{200c}خواهم", "辻\u{e0100}"] {
        for place in ["recipient/recipient_lastname", "mailing_address/street_line1"] {
            let answer = world.order(&order_with(&format!("{parcel}/{place}"), Some(json!(name)))).await;
            assert!(answer.starts_with("201"), "the invisible character belongs to the name {name:?}: {answer}");
        }
    }
    let nothing = order_with(&format!("{parcel}/recipient/recipient_lastname"), Some(json!("\u{200f} \u{200d}")));
    assert!(refused(&world, nothing.to_string()).await.contains("must not be empty"));
}

/// The checks must match the schema in the OpenAPI document, which counts characters, not bytes, and does not trim.
#[tokio::test]
async fn limits_are_those_of_the_document() {
    let world = World::new();
    let street = "/yubico_shipment_request/mailing_address/street_line2";
    let product = "/yubico_shipment_request/shipment_items/0/product_id";
    for (pointer, good, bad) in [
        ("/user_id", json!("😀".repeat(256)), json!("u".repeat(257))),
        (product, json!(9_007_199_254_740_991_u64), json!(9_007_199_254_740_992_u64)),
        (product, json!(0), json!(u64::MAX)),
        (street, json!("  "), json!("\n")),
        ("/pin_request/length", json!(4), json!(4.5)),
    ] {
        let answer = world.order(&order_with(pointer, Some(good))).await;
        assert!(answer.starts_with("201"), "{pointer}: {answer}");
        let answer = world.order(&order_with(pointer, Some(bad))).await;
        assert!(answer.starts_with("400"), "{pointer}: {answer}");
    }
}

#[tokio::test]
async fn accepts_only_json_or_no_media_type() {
    let world = World::new();
    let send = async |value: Option<&str>| {
        let mut request = request(Method::POST, "/v1/fpr/shipments", order().to_string());
        request.headers_mut().remove(header::CONTENT_TYPE);
        if let Some(value) = value {
            request.headers_mut().insert(header::CONTENT_TYPE, value.parse().unwrap());
        }
        show(world.send(request).await).await
    };
    for good in [None, Some("application/json; charset=utf-8"), Some("Application/JSON")] {
        assert!(send(good).await.starts_with("201"), "{good:?}");
    }
    insta::assert_snapshot!(send(Some("text/plain")).await);
}
