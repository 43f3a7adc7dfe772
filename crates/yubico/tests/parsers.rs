//! Property tests of the parsers for responses of the delivery service and plaintexts of the factory.
#![expect(clippy::unwrap_used, reason = "test helpers")]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::ports::{OrderToPlace, Preparation, Progress, SealedKey};
use keyferry_domain::{
    Clock, DeliveryId, DeliveryService as _, Effect, Entropy, Failure, Order, PinLength, Sealer as _, SecretBytes,
    ShipmentId, Timestamp, UserRef,
};
use keyferry_http::{Client, ClientOptions, SecretSource};
use keyferry_testkit::loopback::{Loopback, RUNTIME};
use keyferry_testkit::mutation::{any_bytes, any_json, any_text, changed, changes, config, edited, edits};
use keyferry_yubico::{Delivery, EnvelopeFormat, Signed, YubicoSettings};
use proptest::prelude::*;
use serde_json::{Value, json};
use url::Url;

const REQUEST: &str = "019e7044-8be8-7101-8101-010101010101";

/// Shared by all cases, because loading the system's root certificates is slow.
static CLIENT: LazyLock<Client> = LazyLock::new(|| Client::new(ClientOptions::default()).unwrap());

/// Clock, entropy and token source with constant values.
struct FakeSystem;

#[async_trait]
impl Clock for FakeSystem {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(1_790_000_000, 0).unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

impl Entropy for FakeSystem {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

#[async_trait]
impl SecretSource for FakeSystem {
    async fn secret(&self) -> Result<SecretBytes, Failure> {
        Ok(SecretBytes::new(b"HUSH-token".to_vec()))
    }
}

fn adapter(loopback: &Loopback) -> Delivery {
    let url = |path: &str| Url::parse(&format!("{}{path}", loopback.base)).unwrap();
    let settings = YubicoSettings::new(url("/v1"), url("/sign"), url("/transport"));
    Delivery::new(settings, CLIENT.clone(), Arc::new(FakeSystem), Arc::new(FakeSystem), Arc::new(FakeSystem)).unwrap()
}

fn order() -> Order {
    keyferry_testkit::order(UserRef::parse("ada@contoso.example").unwrap())
}

fn six() -> PinLength {
    PinLength::try_from(6).unwrap()
}

fn request() -> ShipmentId {
    ShipmentId::parse(REQUEST).unwrap()
}

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../docs/reference/envelope-vectors.json")).unwrap()
}

fn assert_fit(failure: &Failure) -> Result<(), TestCaseError> {
    let shown = failure.to_string();
    prop_assert!(!shown.chars().any(char::is_control) && shown.chars().count() < 2_000, "{:?}", shown);
    prop_assert!(!format!("{failure:?}{shown}").contains("HUSH"), "{:?}", failure);
    Ok(())
}

proptest! {
    #![proptest_config(config(256))]

    /// A response is accepted only if its `request_id`, `type` and `format` match, and returned values equal the input.
    #[test]
    fn accepts_only_responses_to_this_order(
        changes in changes(),
        any in any_json(),
        edits in edits(),
        bytes in any_bytes(64),
        cty in prop_oneof![4 => Just(true), 1 => Just(false)],
        other in any_text(),
    ) {
        let vectors = vectors();
        let format = <dyn EnvelopeFormat>::default_format();
        for kind in ["credential", "pin"] {
            let valid = &vectors[format!("{kind}_response")]["payload"];
            let content_type = format!("application/vnd.keyferry.{kind}-response+json");
            let payloads = [
                valid.to_string().into_bytes(),
                changed(valid, &changes).to_string().into_bytes(),
                any.to_string().into_bytes(),
                edited(valid.to_string().as_bytes(), &edits),
                bytes.clone(),
            ];
            for payload in payloads {
                let content_type = if cty { content_type.as_str() } else { other.as_str() };
                let signed =
                    Signed { envelope_type: Some("JOSE"), content_type: Some(content_type), payload: &payload };
                let body: Value = serde_json::from_slice(&payload).unwrap_or_default();
                let taken = if kind == "credential" {
                    format.credential_response(request(), &signed).map(|opened| {
                        assert_eq!(Value::Object(opened.registration_response), body["credential"]);
                        opened.serial
                    })
                } else {
                    format.pin_response(request(), six(), &signed).map(|opened| {
                        assert_eq!(Some(opened.pin.expose()), body["pin"].as_str());
                        assert_eq!(opened.pin.expose().chars().count(), 6);
                        assert_eq!(Some(opened.change_on_first_use), body["change_on_first_use"].as_bool());
                        opened.serial
                    })
                };
                match taken {
                    Ok(serial) => {
                        prop_assert!(cty);
                        prop_assert_eq!(body["request_id"].as_str(), Some(REQUEST));
                        prop_assert_eq!(&body["format"], "keyferry-1");
                        prop_assert_eq!(&body["type"], &format!("{kind}-response"));
                        prop_assert_eq!(body["serial_number"].as_str(), Some(serial.as_str()));
                        let serial = serial.as_str();
                        prop_assert!(serial.bytes().all(|byte| byte.is_ascii_digit()) && !serial.is_empty());
                    }
                    Err(refusal) => {
                        let shown = format!("{refusal} {refusal:?}");
                        let pin = vectors["pin_response"]["payload"]["pin"].as_str().unwrap();
                        prop_assert!(!shown.contains(pin), "{}", shown);
                        let is_valid = cty && payload == valid.to_string().into_bytes();
                        prop_assert!(!is_valid, "rejected the unchanged vector: {}", shown);
                    }
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn parses_or_rejects_any_response(
        changes in changes(),
        any in any_json(),
        edits in edits(),
        status in prop_oneof![
            6 => Just(200u16),
            1 => prop::sample::select(vec![201u16, 204, 400, 403, 404, 409, 429, 500, 503]),
        ],
    ) {
        let vectors = vectors();
        let key = &vectors["response_key"];
        let jwk = json!({"kty": "EC", "crv": "P-384", "kid": "k", "x": key["x"], "y": key["y"]});
        let valid = json!({
            // An order response, a shipment and a key set in one object, because every parser ignores unknown members.
            "shipment_id": "8gYnYQk5vVqYzKqY1p2xTQ",
            "shipment_state": {"shipment_state_id": 103},
            "carrier": "FEDEX", "tracking_number": 794_600, "tracking_link": "https://track.example/7946",
            "shipment_items": [{"product_data": [{
                "serial_number": "3632071", "firmware_version": "5.4.3",
                "fido_pin_response": "p", "fido_credential_responses": ["a", "b"],
            }]}],
            "keys": [jwk],
            "code": "x", "message": "m", "title": "t", "detail": "d",
        });
        let bodies = [
            changed(&valid, &changes).to_string().into_bytes(),
            any.to_string().into_bytes(),
            edited(valid.to_string().as_bytes(), &edits),
        ];
        let sealed = SealedKey { pin_request: "p.j".into(), credential_requests: vec!["c.j".into()] };
        let order = order();
        RUNTIME.block_on(async {
            let loopback = Loopback::start().await;
            for bytes in bodies {
                loopback.says(status, "Content-Type: application/json\r\n", &bytes);
                let delivery = adapter(&loopback);
                match delivery.status(&DeliveryId::new("8gYnYQk5vVqYzKqY1p2xTQ")).await {
                    Ok(status) => {
                        for item in &status.items {
                            prop_assert!(!item.hardware.serial.as_str().is_empty());
                        }
                    }
                    Err(failure) => assert_fit(&failure)?,
                }
                match delivery.order(&OrderToPlace { request: request(), order: &order, sealed: &sealed }).await {
                    Ok(placed) => {
                        let id = placed.id.as_str();
                        prop_assert!(!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic()), "{}", id);
                        prop_assert!(!id.contains(['/', '?', '#', '%']) && id != "." && id != "..", "{}", id);
                    }
                    Err(failure) => {
                        // After a success status, the order may exist whatever the body is, so it must not be repeated.
                        // A 4xx is a refusal only in the delivery service's own form. Bodies that parsers read
                        // differently, for example with a member twice or a number out of range, may count as either.
                        let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
                        let is_own = serde_json::from_slice::<Value>(&bytes)
                            .map_or(true, |body| is_text(&body["code"]) && is_text(&body["message"]));
                        let in_doubt = (200..300).contains(&status) || status >= 500;
                        let refused = status == 429 || (400..500).contains(&status) && is_own;
                        match failure.effect {
                            Effect::None => prop_assert!(refused, "{:?}", failure),
                            Effect::Unknown => prop_assert!(in_doubt || status != 429, "{:?}", failure),
                        }
                        assert_fit(&failure)?;
                    }
                }
                let preparation = Preparation { request: request(), creation_options: vec![], pin_length: six() };
                if let Err(failure) = delivery.prepare(&preparation).await {
                    assert_fit(&failure)?;
                }
            }
            Ok(())
        })?;
    }
}

/// Members of a status that only inform.
const INFORMATION: [&str; 12] = [
    "/carrier",
    "/tracking_number",
    "/tracking_link",
    "/shipped_date",
    "/shipment_messages",
    "/shipment_state_message",
    "/shipment_state/message",
    "/shipment_state/shipment_state_code",
    "/shipment_items/0/product_id",
    "/shipment_items/0/product_data/0/firmware_version",
    "/shipment_items/0/product_data/0/version",
    "/shipment_items/0/product_data/0/carrier",
];

proptest! {
    #![proptest_config(config(64))]

    /// The decision depends on state, serial numbers, responses and id only, whatever the other members contain.
    #[test]
    fn information_never_changes_the_decision(
        values in prop::collection::vec(prop_oneof![
            4 => any_json().prop_map(|value| value.to_string()),
            // Valid JSON that common parsers refuse.
            1 => Just("1e400".to_owned()),
            1 => Just(r#""\ud800""#.to_owned()),
            1 => Just(format!("{}{}", "[".repeat(500), "]".repeat(500))),
        ], INFORMATION.len()),
    ) {
        let mut body = json!({
            "shipment_id": "8gYnYQk5vVqYzKqY1p2xTQ",
            "shipment_state": {"shipment_state_id": 103},
            "shipment_items": [{"product_data": [{
                "serial_number": "3632071", "fido_pin_response": "p", "fido_credential_responses": ["a", "b"],
            }]}],
        });
        for (index, place) in INFORMATION.iter().enumerate() {
            let (object, member) = place.rsplit_once('/').unwrap();
            body.pointer_mut(object).unwrap()[member] = json!(format!("value-{index}-"));
        }
        let mut body = body.to_string();
        for (index, value) in values.iter().enumerate() {
            body = body.replace(&format!("\"value-{index}-\""), value);
        }
        RUNTIME.block_on(async {
            let loopback = Loopback::start().await;
            loopback.says(200, "Content-Type: application/json\r\n", body.as_bytes());
            let status = adapter(&loopback).status(&DeliveryId::new("8gYnYQk5vVqYzKqY1p2xTQ")).await;
            let status = status.map_err(|failure| TestCaseError::fail(format!("{failure}\n{body}")))?;
            prop_assert_eq!((status.state.id, status.progress), (Some(103), Progress::Ready));
            prop_assert_eq!(status.items.len(), 1);
            prop_assert_eq!(status.items[0].hardware.serial.as_str(), "3632071");
            prop_assert_eq!(status.items[0].pin_response.as_deref(), Some("p"));
            prop_assert_eq!(&status.items[0].credential_responses, &["a", "b"]);
            Ok(())
        })?;
    }
}
