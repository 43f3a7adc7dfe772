//! Fuzzes the strict JSON of envelopes: it accepts nothing that `serde_json` rejects.
#![no_main]

use keyferry_jose::strict_json;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Ok(object) = strict_json::parse_object(data, 8) else { return };
    let object = Value::Object(object);
    assert_eq!(serde_json::from_slice::<Value>(data).ok(), Some(object.clone()));
    // The serialised object has no duplicate names, so it must be accepted.
    assert!(strict_json::parse_object(object.to_string().as_bytes(), 8).is_ok());
});
