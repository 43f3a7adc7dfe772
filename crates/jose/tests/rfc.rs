//! Tests with the examples of the RFCs.
//!
//! Only RFC 7520 section 5.4 uses P-384 with supported algorithms. `src/kdf.rs` tests RFC 7518 appendix C. All other
//! examples use other algorithms and must be rejected for their name, before any key is used.

#![expect(clippy::unwrap_used, reason = "test helpers")]

use keyferry_jose::{Error, JwkSet, PrivateKey, SigningKey, jwe, jws};
use serde_json::Value;

fn refused() -> Value {
    serde_json::from_str(include_str!("vectors/rfc_refused.json")).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn rfc_7520_key() -> (Value, PrivateKey) {
    let vector: Value = serde_json::from_str(include_str!("vectors/rfc7520_5_4.json")).unwrap();
    let key = PrivateKey::from_secret_bytes(vector["key"].to_string().as_bytes()).unwrap();
    (vector, key)
}

/// Returns whether the error names this member of the header as the reason.
fn is_for(error: &Error, rule: &str) -> bool {
    match error {
        Error::Algorithm { member, .. } | Error::ForbiddenMember { member, .. } => *member == rule,
        _ => false,
    }
}

#[test]
fn decrypts_rfc_7520_section_5_4() {
    let (vector, key) = rfc_7520_key();
    let compact = text(&vector["compact"]);
    let opened = jwe::decrypt(compact, &key, &jwe::Policy::default()).unwrap();
    assert_eq!(*opened.plaintext, text(&vector["plaintext"]).as_bytes());
    assert_eq!(opened.header.alg.as_str(), "ECDH-ES+A128KW");
    assert_eq!(opened.header.enc.as_str(), "A128GCM");
    assert_eq!(opened.header.kid, "peregrin.took@tuckborough.example");

    let altered = compact.replace(".tkZuOO9h", ".tkZuOO9i");
    let error = jwe::decrypt(altered, &key, &jwe::Policy::default()).unwrap_err();
    assert_eq!(error, Error::Decryption);
}

#[test]
fn rejects_encryption_examples_of_rfc_7516_and_7520_with_other_algorithms() {
    let (_, key) = rfc_7520_key();
    let refused = refused();
    let messages = refused["jwe"].as_array().unwrap();
    assert_eq!(messages.len(), 11);
    for message in messages {
        let error = jwe::decrypt(text(&message["compact"]), &key, &jwe::Policy::default()).unwrap_err();
        let (section, what) = (text(&message["section"]), text(&message["what"]));
        assert!(is_for(&error, text(&message["refused_for"])), "{section}, {what}: {error}");
    }
}

#[test]
fn rejects_signature_examples_of_rfc_7515_and_7520_with_other_algorithms() {
    let signer = SigningKey::generate("signer-1").unwrap();
    let set = format!("{{\"keys\":[{}]}}", signer.public_key().to_json());
    let keys = JwkSet::parse(set.as_bytes()).unwrap();
    let refused = refused();
    let messages = refused["jws"].as_array().unwrap();
    assert_eq!(messages.len(), 10);
    for message in messages {
        let error = jws::verify(text(&message["compact"]), &keys, &jws::Policy::default()).unwrap_err();
        let (section, what) = (text(&message["section"]), text(&message["what"]));
        assert!(is_for(&error, text(&message["refused_for"])), "{section}, {what}: {error}");
    }
}

/// RFC 7516 section 7.2: the example in JSON serialisation, with the same key.
#[test]
fn rejects_rfc_7520_section_5_4_in_json_serialisation() {
    let (_, key) = rfc_7520_key();
    let refused = refused();
    for message in refused["json_serialisations"].as_array().unwrap() {
        let error = jwe::decrypt(message["json"].to_string(), &key, &jwe::Policy::default()).unwrap_err();
        assert!(matches!(error, Error::Parts { what: "JWE", expected: 5, .. }), "{error}");
    }
}

/// RFC 7517 appendix A.1: a P-256 key and an RSA key, neither of which is usable.
#[test]
fn rfc_7517_appendix_a_1_contains_no_usable_key() {
    let set = JwkSet::parse(refused()["jwk_set"].to_string().as_bytes()).unwrap();
    assert!(set.encryption_keys().is_empty() && set.verification_keys().is_empty());
    let [curve, kind] = set.skipped() else { panic!("{:?}", set.skipped()) };
    assert_eq!((curve.kid.as_deref(), kind.kid.as_deref()), (Some("1"), Some("2011-04-29")));
    assert!(matches!(curve.reason, Error::Curve { .. }), "{}", curve.reason);
    assert!(matches!(kind.reason, Error::KeyType { .. }), "{}", kind.reason);
}
