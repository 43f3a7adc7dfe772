use serde_json::{Value, json};

use super::*;

fn exported() -> Value {
    let key = PrivateKey::generate().unwrap();
    serde_json::from_slice(&key.to_secret_bytes().unwrap()).unwrap()
}

fn read(jwk: &Value) -> Result<PrivateKey> {
    PrivateKey::from_secret_bytes(jwk.to_string().as_bytes())
}

#[test]
fn round_trips_through_secret_bytes() {
    let key = PrivateKey::generate_with_kid("order \"7\"\n").unwrap();
    let bytes = key.to_secret_bytes().unwrap();
    let back = PrivateKey::from_secret_bytes(&bytes).unwrap();
    assert_eq!(back.kid(), "order \"7\"\n");
    assert_eq!(back.public_key(), key.public_key());
    assert_eq!(back.to_secret_bytes().unwrap(), bytes);
}

#[test]
fn public_key_contains_exactly_the_public_members() {
    let key = PrivateKey::generate().unwrap();
    let public = key.public_key().to_json();
    let names: Vec<_> = public.as_object().unwrap().keys().map(String::as_str).collect();
    for name in ["crv", "kid", "kty", "use", "x", "y"] {
        assert!(names.contains(&name), "{name}");
    }
    assert_eq!(names.len(), 6);
    assert_eq!(public["kid"], key.public_key().public_key().thumbprint());
    assert_ne!(key.kid(), PrivateKey::generate().unwrap().kid());
}

#[test]
fn debug_shows_only_the_kid() {
    let jwk = exported();
    let shown = format!("{:?}", read(&jwk).unwrap());
    assert_eq!(shown, format!("PrivateKey {{ kid: {}, .. }}", jwk["kid"]));
}

#[test]
fn rejects_corrupted_key() {
    let jwk = exported();
    read(&jwk).unwrap();
    let order = "_______________________________HY02B9Dct31gaDbJIsKd67OwZaszFKXM";
    for (member, value) in [
        ("kty", json!("OKP")),
        ("crv", json!("P-256")),
        ("kid", json!("")),
        ("d", json!("AQAB")),
        ("d", json!(base64url::encode([0; 48]))),
        ("d", json!(base64url::encode([0xff; 48]))),
        ("d", json!(order)),
        ("d", exported()["d"].clone()),
        ("x", exported()["x"].clone()),
        ("y", jwk["x"].clone()),
    ] {
        let mut bad = jwk.clone();
        bad[member] = value.clone();
        let error = read(&bad).unwrap_err();
        let invalid = Error::InvalidPrivateKey { expected: FORMAT };
        assert_eq!(error, invalid, "{member} {value}");
    }
    assert!(PrivateKey::from_secret_bytes(b"").is_err());
}

#[test]
fn errors_do_not_contain_the_private_key() {
    let mut jwk = exported();
    let d = jwk["d"].as_str().unwrap().to_owned();
    jwk["crv"] = json!("P-521");
    let padded = format!("{d}=");
    for bad in [
        jwk.clone(),
        {
            jwk["d"] = json!(padded);
            jwk.clone()
        },
        {
            jwk["d"] = json!([d]);
            jwk
        },
    ] {
        let error = read(&bad).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(&d));
    }
}
