use serde_json::{Value, json};

use super::*;

const SHIPMENT: &str = "8gYnYQk5vVqYzKqY1p2xTQ";

fn parse(answer: &Value) -> Result<Parsed, Unusable> {
    let answer: ShipmentAnswer = serde_json::from_str(&answer.to_string()).unwrap();
    answer.into_status(&DeliveryId::new(SHIPMENT), "c".into())
}

fn read(answer: &Value) -> DeliveryStatus {
    let parsed = parse(answer).unwrap();
    assert_eq!(parsed.unreadable, BTreeSet::new());
    parsed.status
}

fn with_data(data: &Value) -> Value {
    json!({
        "shipment_id": SHIPMENT,
        "shipment_state": { "shipment_state_id": 103 },
        "shipment_items": [{
            "product_id": 29, "inventory_product_id": 106, "product_quantity": 1, "product_data": [data],
        }],
    })
}

#[test]
fn parses_documented_response() {
    let status = read(&with_data(&json!({
        "serial_number": "3632071",
        "firmware_version": "5.4.3",
        "fido_pin_response": "pin.jwe",
        "fido_credential_responses": ["a.jwe", "b.jwe"],
    })));
    assert_eq!(status.state.id, Some(103));
    assert_eq!(status.correlation, "c");
    let expected = DeliveredItem {
        hardware: Hardware { serial: SerialNumber::new("3632071"), firmware: Some("5.4.3".into()) },
        pin_response: Some("pin.jwe".into()),
        credential_responses: vec!["a.jwe".into(), "b.jwe".into()],
    };
    assert_eq!(status.items, [expected]);
    assert_eq!(status.tracking, Tracking::default());
}

#[test]
fn older_names_and_types_give_the_same_status() {
    let new = read(&with_data(&json!({
        "serial_number": "3632071", "firmware_version": "5.4.3",
        "fido_pin_response": "p", "fido_credential_responses": ["c"],
    })));
    for data in [
        json!({ "serial": 3_632_071, "version": "5.4.3", "fido_pin_response": "p", "fido_credential_response": ["c"] }),
        json!({
            "serial_number": 3_632_071, "version": "5.4.3",
            "fido_pin_response": "p", "fido_credential_response": "c",
        }),
        json!({
            "serial_number": null, "serial": "3632071", "firmware_version": "", "version": "5.4.3",
            "unknown": { "x": [] },
            "fido_pin_response": "p", "fido_credential_responses": [], "fido_credential_response": ["c", null],
        }),
    ] {
        assert_eq!(read(&with_data(&data)), new, "{data}");
    }
}

#[test]
fn finds_tracking_at_top_level_and_in_product_data() {
    let tracking = json!({
        "carrier": "FEDEX", "tracking_number": 794_600_000_000_u64, "tracking_link": "https://track.example/7946",
    });
    let expected = Tracking {
        carrier: Some("FEDEX".into()),
        number: Some("794600000000".into()),
        link: Some("https://track.example/7946".into()),
    };
    assert_eq!(read(&tracking).tracking, expected);
    let mut data = tracking.clone();
    data["serial_number"] = json!("1");
    assert_eq!(read(&with_data(&data)).tracking, expected);
    let script = json!({ "tracking_link": "javascript:alert(1)" });
    assert_eq!(read(&script).tracking.link, None);
}

#[test]
fn no_items_before_the_key_is_made() {
    for items in [
        Value::Null,
        json!([]),
        json!([{}]),
        json!([{ "product_data": null }]),
        json!([{ "product_data": [] }]),
        json!([{ "product_data": [{
            "serial_number": null, "fido_pin_response": null, "fido_credential_responses": null,
        }] }]),
    ] {
        let status = read(&json!({ "shipment_state": { "shipment_state_id": 3 }, "shipment_items": items }));
        assert_eq!((status.state.id, status.items), (Some(3), vec![]));
    }
}

#[test]
fn missing_pin_response_is_none() {
    let status = read(&with_data(&json!({ "serial_number": "1", "fido_credential_responses": ["c"] })));
    assert_eq!(status.items[0].pin_response, None);
}

#[test]
fn rejects_responses_without_serial_number() {
    assert_eq!(parse(&with_data(&json!({ "fido_pin_response": "p" }))), Err(Unusable::MissingSerial));
}

#[test]
fn rejects_response_about_another_shipment() {
    let mut answer = with_data(&json!({ "serial_number": "1" }));
    for (other, shown) in [
        (json!("8gYnYQk5vVqYzKqY1p2xTR"), "8gYnYQk5vVqYzKqY1p2xTR"),
        (json!("8gynyqk5vvqyzkqy1p2xtq"), "8gynyqk5vvqyzkqy1p2xtq"),
        (json!(4711), "4711"),
    ] {
        answer["shipment_id"] = other;
        assert_eq!(parse(&answer), Err(Unusable::OtherShipment { answered: shown.into() }));
    }
    for unreadable in [json!({}), json!([SHIPMENT]), json!(true), json!(1.5)] {
        answer["shipment_id"] = unreadable;
        assert!(serde_json::from_str::<ShipmentAnswer>(&answer.to_string()).is_err(), "{answer}");
    }
    for absent in [json!(null), json!("")] {
        answer["shipment_id"] = absent;
        assert_eq!(read(&answer).items.len(), 1);
    }
}

#[test]
fn unreadable_information_is_missing_and_noted() {
    let mut answer = with_data(&json!({
        "serial_number": 3_632_071, "firmware_version": ["5.7.4"], "version": "5.7.4", "carrier": "UPS",
        "fido_pin_response": "p", "fido_credential_responses": ["c"],
    }));
    answer["carrier"] = json!({ "name": "FEDEX" });
    answer["tracking_number"] = json!(["7946"]);
    answer["shipment_state"]["shipment_state_message"] = json!({ "en": "Shipped" });
    answer["shipped_date"] = json!(1_780_000_000);
    answer["shipment_messages"] = json!({});
    let Parsed { status, unreadable } = parse(&answer).unwrap();
    let expected = ["carrier", "firmware_version", "shipment_state_message", "tracking_number"];
    assert_eq!(Vec::from_iter(unreadable), expected);
    assert_eq!((status.state.id, status.state.message), (Some(103), None));
    assert_eq!(status.items[0].hardware.firmware.as_deref(), Some("5.7.4"));
    assert_eq!(status.items[0].hardware.serial.as_str(), "3632071");
    assert_eq!(status.tracking, Tracking { carrier: Some("UPS".into()), ..Tracking::default() });
}

#[test]
fn rejects_response_of_another_shape() {
    for bad in [
        json!([]),
        json!("x"),
        json!({ "shipment_items": {} }),
        json!({ "shipment_items": [[]] }),
        json!({ "shipment_items": [{ "product_data": "x" }] }),
        json!({ "shipment_items": [{ "product_data": [["3632071"]] }] }),
    ] {
        assert!(serde_json::from_str::<ShipmentAnswer>(&bad.to_string()).is_err(), "{bad}");
    }
}
