//! The committed vectors, held by each outsider against the page and against what the file says is in them.

use serde_json::{Value, json};

use crate::world::OUTSIDERS;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../docs/reference/envelope-vectors.json")).unwrap()
}

/// The file with one thing in it that is not so.
fn spoilt() -> Vec<(&'static str, Value)> {
    let with = |pointer: &'static str, value: Value| {
        let mut spoilt = vectors();
        *spoilt.pointer_mut(pointer).unwrap() = value;
        (pointer, spoilt)
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
fn the_committed_vectors_are_verified_by_npm_jose_jwcrypto_and_joserfc() {
    for (name, outsider) in OUTSIDERS {
        let Some(command) = outsider() else { continue };
        let spoilt = spoilt();
        let mut files = vec![vectors()];
        files.extend(spoilt.iter().map(|(_, vectors)| vectors.clone()));
        let answer = keyferry_outsiders::ask(command, &json!({ "do": "vectors", "vectors": files }));
        let faults = answer["faults"].as_array().unwrap();
        assert_eq!(faults.len(), files.len());
        assert_eq!(faults[0], Value::Null, "{name}");
        for ((what, _), fault) in spoilt.iter().zip(&faults[1..]) {
            assert!(fault.is_string(), "{name} does not notice another {what}");
        }
    }
}
