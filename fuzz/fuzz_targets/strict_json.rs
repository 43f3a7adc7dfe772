//! JSON as the envelopes have it: nothing is taken that `serde_json` does not take.
#![no_main]

use keyferry_jose::strict_json;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Ok(object) = strict_json::parse_object(data, 8) else { return };
    let object = Value::Object(object);
    assert_eq!(serde_json::from_slice::<Value>(data).ok(), Some(object.clone()));
    // Written again it has each name once, so it is taken again.
    assert!(strict_json::parse_object(object.to_string().as_bytes(), 8).is_ok());
});
