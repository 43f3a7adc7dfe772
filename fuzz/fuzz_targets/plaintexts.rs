//! Fuzzes the contents of a response with a valid signature: only an answer to this order is accepted.
#![no_main]

use keyferry_domain::{PinLength, ShipmentId};
use keyferry_yubico::{EnvelopeFormat, Signed};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const REQUEST: &str = "019e7044-8be8-7101-8101-010101010101";

fuzz_target!(|data: &[u8]| {
    let format = <dyn EnvelopeFormat>::default_format();
    let request = ShipmentId::parse(REQUEST).expect("an id");
    let length = PinLength::try_from(6).expect("a length");
    let signed = |content_type| Signed { envelope_type: Some("JOSE"), content_type: Some(content_type), payload: data };
    let credential = format.credential_response(request, &signed("application/vnd.keyferry.credential-response+json"));
    let pin = format.pin_response(request, length, &signed("application/vnd.keyferry.pin-response+json"));
    if let Ok(pin) = &pin {
        assert_eq!(pin.pin.expose().chars().count(), 6);
    }
    assert!(credential.is_err() || pin.is_err(), "accepted as both kinds");
    if credential.is_ok() || pin.is_ok() {
        let json: Value = serde_json::from_slice(data).expect("accepted JSON");
        assert_eq!(json["request_id"], REQUEST);
    }
});
