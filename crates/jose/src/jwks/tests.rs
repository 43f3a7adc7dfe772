use serde_json::json;

use super::*;
use crate::{PrivateKey, SigningKey};

fn parse(set: &Value) -> Result<JwkSet> {
    JwkSet::parse(set.to_string().as_bytes())
}

fn transport(kid: &str) -> Value {
    PrivateKey::generate_with_kid(kid).unwrap().public_key().to_json()
}

fn without(mut jwk: Value, member: &str) -> Value {
    jwk.as_object_mut().unwrap().remove(member);
    jwk
}

#[test]
fn assigns_keys_by_purpose() {
    let signing = SigningKey::generate("s").unwrap().public_key().to_json();
    let open = without(transport("open"), "use");
    let set = parse(&json!({ "keys": [transport("t"), signing, open] })).unwrap();
    let encryption: Vec<_> = set.encryption_keys().iter().map(EncryptionKey::kid).collect();
    let verification: Vec<_> = set.verification_keys().iter().map(VerificationKey::kid).collect();
    assert_eq!(encryption, ["t", "open"]);
    assert_eq!(verification, ["s", "open"]);
    assert!(set.encryption_key("t").is_some() && set.encryption_key("s").is_none());
    assert!(set.verification_key("s").is_some() && set.verification_key("t").is_none());
    assert!(set.skipped().is_empty());
}

#[test]
fn skips_unusable_keys() {
    let mut dotnet = transport("t");
    for name in ["alg", "k", "n", "x5t", "x5u"] {
        dotnet[name] = Value::Null;
    }
    dotnet["x5c"] = json!([]);
    let mut damaged = transport("damaged");
    damaged["y"] = damaged["x"].clone();
    let mut tls = transport("tls");
    tls["use"] = json!("tls");
    let set = parse(&json!({
        "SkipUnresolvedJsonWebKeys": true,
        "keys": [
            { "kty": "RSA", "kid": "rsa", "n": "AQAB", "e": "AQAB" },
            { "kty": "EC", "crv": "P-521", "kid": "large", "x": "AA", "y": "AA" },
            dotnet,
            damaged,
            without(transport("nameless"), "kid"),
            tls,
            "text",
            { "kty": "EC", "crv": "P-256", "kid": "t",
              "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
              "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck" },
        ],
    }))
    .unwrap();
    assert_eq!(set.encryption_keys().len(), 1);
    let skipped: Vec<_> = set.skipped().iter().map(|s| (s.index, s.kid.as_deref())).collect();
    let expected = [
        (0, Some("rsa")),
        (1, Some("large")),
        (3, Some("damaged")),
        (4, None),
        (5, Some("tls")),
        (6, None),
        (7, Some("t")),
    ];
    assert_eq!(skipped, expected);
    assert_eq!(set.skipped()[2].reason, Error::NotOnCurve { curve: "P-384" });
}

#[test]
fn rejects_two_usable_keys_with_the_same_kid() {
    let signing = SigningKey::generate("same").unwrap().public_key().to_json();
    for other in [transport("same"), signing] {
        let error = parse(&json!({ "keys": [transport("same"), other] })).unwrap_err();
        assert_eq!(error, Error::DuplicateKid { kid: "\"same\"".into() });
    }
}

#[test]
fn rejects_malformed_key_set() {
    assert!(matches!(parse(&json!({})), Err(Error::MissingMember { .. })));
    assert!(matches!(parse(&json!({ "keys": {} })), Err(Error::MemberType { .. })));
    assert!(matches!(parse(&json!([])), Err(Error::In { .. })));
    let twice = br#"{"keys":[],"keys":[]}"#;
    assert!(matches!(JwkSet::parse(twice), Err(Error::In { .. })));
    let large = vec![b' '; MAX_BYTES + 1];
    assert!(matches!(JwkSet::parse(&large), Err(Error::TooLarge { .. })));
    assert_eq!(parse(&json!({ "keys": [] })).unwrap(), JwkSet::default());
}

#[test]
fn builds_set_from_keys() {
    let key = PrivateKey::generate_with_kid("t").unwrap();
    let key = key.public_key().public_key().clone();
    assert!(JwkSet::from_keys([key.clone()]).unwrap().encryption_key("t").is_some());
    assert!(JwkSet::from_keys([key.clone(), key]).is_err());
}

#[test]
fn key_for_es384_is_not_an_encryption_key() {
    let jwk = without(SigningKey::generate("s").unwrap().public_key().to_json(), "use");
    assert_eq!(jwk["alg"], "ES384");
    let set = parse(&json!({ "keys": [jwk] })).unwrap();
    assert_eq!((set.encryption_keys().len(), set.verification_keys().len()), (0, 1));
}

#[test]
fn accepts_key_set_of_at_most_256_kib() {
    let mut set = br#"{"keys":[]}"#.to_vec();
    set.resize(262_144, b' ');
    assert_eq!(JwkSet::parse(&set), Ok(JwkSet::default()));
    set.push(b' ');
    let error = JwkSet::parse(&set).unwrap_err();
    assert_eq!(error, Error::TooLarge { what: "key set", limit: 262_144, actual: 262_145 });
}
