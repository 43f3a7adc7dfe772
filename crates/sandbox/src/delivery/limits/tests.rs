use serde_json::{Value, json};

use super::*;
use crate::ground::directory::people;

fn order() -> Value {
    json!({
        "delivery_type": 1,
        "recipient": {
            "recipient_company": "Contoso", "recipient_email": "ada@contoso.example", "recipient_firstname": "Ada",
            "recipient_lastname": "Lovelace", "recipient_telephone": "+1 (555) 010-0100"
        },
        "mailing_address": {
            "street_line1": "1 Main St", "city": "Springfield", "region": "IL", "postal_code": "62701",
            "country_code_2": "US"
        },
        "shipment_items": [{
            "product_id": 29, "inventory_product_id": 106, "product_quantity": 1, "customization_id": "CUSTID",
            "product_customizations": [{ "fido_pin_request": "a", "fido_credential_requests": ["b"] }]
        }]
    })
}

fn judged_with(limits: bool, pointer: &str, value: Value) -> Result<(), String> {
    let mut order = order();
    *order.pointer_mut(pointer).unwrap() = value;
    let order: Order = serde_json::from_value(order).unwrap();
    check(&order, limits).map_err(|refusal| refusal.message().to_owned())
}

fn judged(pointer: &str, value: impl Into<Value>) -> Result<(), String> {
    judged_with(true, pointer, value.into())
}

#[test]
fn accepts_valid_order() {
    assert_eq!(judged("/delivery_type", 2), Ok(()));
}

#[test]
fn error_names_field_and_limit() {
    let table = [
        ("/recipient/recipient_company", "Company", 20),
        ("/recipient/recipient_firstname", "First Name", 15),
        ("/recipient/recipient_lastname", "Last Name", 20),
        ("/recipient/recipient_telephone", "Telephone", 40),
        ("/mailing_address/street_line1", "Street Line 1", 60),
        ("/mailing_address/city", "City", 60),
        ("/mailing_address/region", "Region", 50),
        ("/mailing_address/postal_code", "Postal Code", 50),
    ];
    for (pointer, label, limit) in table {
        let expected = format!("Input for {label} exceeded limit of {limit} characters");
        assert_eq!(judged(pointer, "1".repeat(limit + 1)), Err(expected));
        let at_the_limit = judged(pointer, "1".repeat(limit));
        assert!(!at_the_limit.is_err_and(|message| message.contains("exceeded")), "{label}");
    }
}

#[test]
fn special_characters_count_more_than_once() {
    assert_eq!(judged("/recipient/recipient_firstname", "ééééééé"), Ok(()));
    assert!(judged("/recipient/recipient_firstname", "éééééééé").unwrap_err().contains("exceeded limit of 15"));
}

#[test]
fn other_countries_have_longer_limits_and_need_no_region() {
    let mut far = order();
    far["mailing_address"]["country_code_2"] = json!("BR");
    far["mailing_address"]["region"] = Value::Null;
    far["recipient"]["recipient_lastname"] = json!("a".repeat(255));
    let far: Order = serde_json::from_value(far).unwrap();
    assert!(check(&far, true).is_ok());
}

#[test]
fn checks_region_and_postal_code_of_the_country() {
    assert!(judged("/mailing_address/region", "Illinois").unwrap_err().contains("Region"));
    assert!(judged("/mailing_address/region", Value::Null).unwrap_err().contains("Region"));
    assert!(judged("/mailing_address/postal_code", "1234").unwrap_err().contains("Postal Code"));
    assert_eq!(judged("/mailing_address/postal_code", "62701-1234"), Ok(()));
    assert!(judged("/mailing_address/country_code_2", "XX").is_err());
    assert!(judged("/mailing_address/country_code_2", "USA").unwrap_err().contains("exactly 2"));
    assert!(canadian("K1A 0B1") && canadian("K1A0B1") && !canadian("K1A 0B") && !canadian("11A 0B1"));
}

#[test]
fn refuses_letters_outside_latin_unless_limits_are_off() {
    let name = json!("Ада");
    assert!(judged("/recipient/recipient_firstname", name.clone()).unwrap_err().contains("not allowed"));
    assert_eq!(judged_with(false, "/recipient/recipient_firstname", name), Ok(()));
    assert!(judged("/recipient/recipient_telephone", "call me").unwrap_err().contains("Telephone"));
    assert!(judged("/recipient/recipient_email", "nobody").unwrap_err().contains("Email"));
}

#[test]
fn names_missing_fields_even_without_limits() {
    assert_eq!(
        judged_with(false, "/recipient/recipient_lastname", Value::Null),
        Err("Input for Last Name is required".to_owned())
    );
}

#[test]
fn refuses_invalid_shipment_items() {
    let items = [
        ("/shipment_items", json!([])),
        ("/shipment_items/0/product_id", json!(2)),
        ("/shipment_items/0/product_id", json!(999)),
        ("/shipment_items/0/inventory_product_id", json!(1)),
        ("/shipment_items/0/product_quantity", json!(2)),
        ("/shipment_items/0/customization_id", json!("NOSUCH")),
        ("/shipment_items/0/product_customizations", json!([])),
        ("/shipment_items/0/product_customizations/0/fido_pin_request", Value::Null),
        ("/shipment_items/0/product_customizations/0/fido_credential_requests", json!([])),
        ("/delivery_type", json!(3)),
    ];
    for (pointer, value) in items {
        assert!(judged(pointer, value.clone()).is_err(), "{pointer} {value}");
    }
}

#[test]
fn addresses_of_generated_people_are_valid() {
    for person in people(3_000, 5) {
        let user = person.user;
        let profile = user.profile;
        let mut order = order();
        order["recipient"]["recipient_company"] = json!(profile.company_name);
        order["recipient"]["recipient_firstname"] = json!(profile.given_name);
        order["recipient"]["recipient_lastname"] = json!(profile.surname);
        order["recipient"]["recipient_email"] = json!(user.mail.unwrap_or(user.upn));
        order["recipient"]["recipient_telephone"] = json!(profile.mobile_phone);
        order["mailing_address"] = json!({
            "street_line1": profile.street_address, "city": profile.city, "region": profile.state,
            "postal_code": profile.postal_code, "country_code_2": person.country_code,
        });
        let order: Order = serde_json::from_value(order.clone()).unwrap();
        check(&order, true).unwrap_or_else(|refusal| panic!("{}: {order:?}", refusal.message()));
    }
}
