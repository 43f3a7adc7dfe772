//! Fuzzes sealed and signed messages, under the keys of the vectors: only the vectors themselves are accepted.
#![no_main]

use std::sync::LazyLock;

use keyferry_fuzz::vectors;
use keyferry_jose::{JwkSet, PrivateKey, jwe, jws};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

struct Known {
    key: PrivateKey,
    signers: JwkSet,
    sealed: Vec<String>,
    signed: Vec<Vec<u8>>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let vectors = vectors();
    let key = PrivateKey::from_secret_bytes(vectors["response_key"].to_string().as_bytes()).expect("the key");
    let signers = JwkSet::parse(json!({ "keys": [vectors["signing_key"]] }).to_string().as_bytes()).expect("the set");
    let sealed: Vec<String> = ["credential_response", "pin_response"]
        .iter()
        .map(|name| vectors[name]["jwe"].as_str().expect("a message").to_owned())
        .collect();
    let signed = sealed
        .iter()
        .map(|jwe| jwe::decrypt(jwe, &key, &jwe::Policy::default()).expect("a vector").plaintext.to_vec())
        .collect();
    Known { key, signers, sealed, signed }
});

fuzz_target!(|data: &[u8]| {
    let known = &*KNOWN;
    let _ = jwe::peek_header(data, &jwe::Policy::default());
    let opened = jwe::decrypt(data, &known.key, &jwe::Policy::default());
    assert_eq!(opened.is_ok(), known.sealed.iter().any(|jwe| jwe.as_bytes() == data));
    let verified = jws::verify(data, &known.signers, &jws::Policy::default());
    assert_eq!(verified.is_ok(), known.signed.iter().any(|jws| jws == data));
});
