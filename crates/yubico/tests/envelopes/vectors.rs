//! Tests that every independent implementation verifies the committed vectors against `docs/reference/envelope.md`.

use serde_json::{Value, json};

use crate::world::OUTSIDERS;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../docs/reference/envelope-vectors.json")).unwrap()
}

/// Returns copies of the file with one wrong value each, and the JSON pointer to that value.
fn malformed() -> Vec<(&'static str, Value)> {
    let with = |pointer: &'static str, value: Value| {
        let mut malformed = vectors();
        *malformed.pointer_mut(pointer).unwrap() = value;
        (pointer, malformed)
    };
    let vectors = vectors();
    let mut tag = vectors["pin_response"]["jwe"].as_str().unwrap().to_owned();
    let last = if tag.ends_with('A') { "Q" } else { "A" };
    tag.replace_range(tag.len() - 1.., last);
    vec![
        with("/credential_request/plaintext/creation_options/challenge", json!("other")),
        with("/pin_request/plaintext/pin/length", json!(7)),
        with("/credential_response/payload/serial_number", json!("1")),
        with("/pin_response/payload/pin", json!("482138")),
        with("/signing_key/kid", json!("other")),
        with("/signing_key/x", vectors["response_key"]["x"].clone()),
        with("/response_key/kid", json!("other")),
        with("/pin_response/jwe", vectors["credential_response"]["jwe"].clone()),
        with("/pin_request/jwe", vectors["credential_request"]["jwe"].clone()),
        with("/pin_response/jwe", json!(tag)),
    ]
}

#[test]
fn npm_jose_jwcrypto_and_joserfc_verify_the_committed_vectors() {
    for (name, outsider) in OUTSIDERS {
        let Some(command) = outsider() else { continue };
        let malformed = malformed();
        let mut files = vec![vectors()];
        files.extend(malformed.iter().map(|(_, vectors)| vectors.clone()));
        let answer = keyferry_outsiders::ask(command, &json!({ "do": "vectors", "vectors": files }));
        let faults = answer["faults"].as_array().unwrap();
        assert_eq!(faults.len(), files.len());
        assert_eq!(faults[0], Value::Null, "{name}");
        for ((what, _), fault) in malformed.iter().zip(&faults[1..]) {
            assert!(fault.is_string(), "{name} accepted a wrong {what}");
        }
    }
}
