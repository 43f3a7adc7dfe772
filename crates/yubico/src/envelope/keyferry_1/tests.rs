//! Tests of the members of both responses. `delivery/tests/refusals.rs` tests decryption and signatures.

use serde_json::{Value, json};

use super::*;
use crate::RejectionCode;
use crate::testing::fakes;

fn credential_response() -> Value {
    json!({
        "format": "keyferry-1", "type": "credential-response", "request_id": fakes::shipment(1).to_string(),
        "issued_at": "2026-05-04T03:02:01Z", "serial_number": "3632071", "firmware_version": "5.7.4",
        "credential": {
            "id": "AQIDBA", "rawId": "AQIDBA", "type": "public-key",
            "response": { "clientDataJSON": "e30", "attestationObject": "oA", "transports": ["usb"] },
            "clientExtensionResults": {},
        },
    })
}

fn pin_response() -> Value {
    json!({
        "format": "keyferry-1", "type": "pin-response", "request_id": fakes::shipment(1).to_string(),
        "issued_at": "2026-05-04T03:02:01Z", "serial_number": "3632071", "pin": "482137", "change_on_first_use": false,
    })
}

fn read(response: &Value) -> Result<(), Rejection> {
    let is_pin = response.get("credential").is_none() && response.get("firmware_version").is_none();
    read_as(response, is_pin)
}

fn read_as(response: &Value, is_pin: bool) -> Result<(), Rejection> {
    let payload = response.to_string();
    let signed = |content_type| Signed {
        envelope_type: Some("JOSE"),
        content_type: Some(content_type),
        payload: payload.as_bytes(),
    };
    if is_pin {
        let signed = signed("application/vnd.keyferry.pin-response+json");
        Keyferry1.pin_response(fakes::shipment(1), fakes::six(), &signed).map(drop)
    } else {
        let signed = signed("application/vnd.keyferry.credential-response+json");
        Keyferry1.credential_response(fakes::shipment(1), &signed).map(drop)
    }
}

#[test]
fn unknown_members_are_ignored() {
    for mut response in [credential_response(), pin_response()] {
        read(&response).unwrap();
        response["note"] = json!({ "any": [1, null] });
        read(&response).unwrap();
    }
    let mut response = credential_response();
    response["credential"]["response"]["publicKeyAlgorithm"] = json!(-7);
    response["credential"]["response"].as_object_mut().unwrap().remove("transports");
    read(&response).unwrap();
}

#[test]
fn missing_member_is_rejected_by_name() {
    for response in [credential_response(), pin_response()] {
        for name in response.as_object().unwrap().keys() {
            let mut bad = response.clone();
            bad.as_object_mut().unwrap().remove(name);
            let refusal = read(&bad).unwrap_err();
            assert_eq!(refusal.code, RejectionCode::WrongFormat);
            assert!(refusal.reason.contains(&format!("`{name}` is missing")), "{name}: {refusal}");
        }
    }
    for pointer in ["/credential", "/credential/response"] {
        let mut response = credential_response();
        // The only optional member.
        response["credential"]["response"].as_object_mut().unwrap().remove("transports");
        for name in response.pointer(pointer).unwrap().as_object().unwrap().keys() {
            let mut bad = response.clone();
            bad.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(name);
            assert_eq!(read(&bad).unwrap_err().code, RejectionCode::WrongFormat, "{name}");
        }
    }
}

#[test]
fn mistyped_member_is_rejected_without_showing_its_value() {
    for (pointer, value) in [
        ("/issued_at", json!("yesterday 987654")),
        ("/issued_at", json!(987_654)),
        ("/serial_number", json!(3_632_071)),
        ("/serial_number", json!("")),
        ("/serial_number", json!("0x987654")),
        ("/serial_number", json!("123456789012345678901")),
        ("/firmware_version", json!("5 987654")),
        ("/firmware_version", json!("")),
        ("/credential", json!(["AQIDBA", "AQIDBA", "public-key", {}, {}])),
        ("/credential/id", json!("987654A=")),
        ("/credential/rawId", json!("BQYH")),
        ("/credential/type", json!("987654")),
        ("/credential/clientExtensionResults", json!([])),
        ("/credential/response/clientDataJSON", json!("")),
        ("/credential/response/clientDataJSON", json!("e30=")),
        ("/credential/response/attestationObject", json!("o+")),
        ("/credential/response/transports", json!("usb")),
    ] {
        let mut bad = credential_response();
        *bad.pointer_mut(pointer).unwrap() = value;
        let refusal = read(&bad).unwrap_err();
        assert_eq!(refusal.code, RejectionCode::WrongFormat, "{pointer}");
        assert!(!refusal.reason.contains("987654"), "{refusal}");
    }
    for (name, value) in [
        ("pin", json!(987_654)),
        ("pin", json!(null)),
        ("pin", json!(["987654"])),
        ("change_on_first_use", json!("no")),
    ] {
        let mut bad = pin_response();
        bad[name] = value;
        let refusal = read(&bad).unwrap_err();
        assert_eq!(refusal.code, RejectionCode::WrongFormat, "{name}");
        assert!(!refusal.reason.contains("987654"), "{refusal}");
    }
}

#[test]
fn accepts_pin_with_json_escapes() {
    let payload = pin_response().to_string().replace("482137", r"\u0034\u0038\u00321\u00337");
    let signed = Signed {
        envelope_type: Some("jose"),
        content_type: Some("application/vnd.keyferry.pin-response+json"),
        payload: payload.as_bytes(),
    };
    let opened = Keyferry1.pin_response(fakes::shipment(1), fakes::six(), &signed).ok().unwrap();
    assert_eq!(opened.pin.expose(), "482137");
}
