use serde_json::json;

use super::*;

/// Public key of RFC 7520 section 5.4, figure 108.
fn p384() -> Value {
    json!({
        "kty": "EC",
        "kid": "peregrin.took@tuckborough.example",
        "use": "enc",
        "crv": "P-384",
        "x": "YU4rRUzdmVqmRtWOs2OpDE_T5fsNIodcG8G5FWPrTPMyxpzsSOGaQLpe2FpxBmu2",
        "y": "A8-yxCHxkfBz3hKZfI1jUYMjUhsEveZ9THuwFjH2sCNdtksRJU7D5-SkgaFL1ETP"
    })
}

fn p384_with(member: &str, value: Value) -> Value {
    let mut jwk = p384();
    jwk[member] = value;
    jwk
}

fn refusal(jwk: &Value) -> Error {
    PublicKey::from_json(jwk).unwrap_err()
}

#[test]
fn round_trips_through_json() {
    let key = PublicKey::from_json(&p384()).unwrap();
    assert_eq!(key.curve(), Curve::P384);
    assert_eq!(key.kid(), Some("peregrin.took@tuckborough.example"));
    assert_eq!(key.key_use(), Some(&KeyUse::Encryption));
    assert_eq!(key.uncompressed_point().len(), 97);
    assert_eq!(key.to_json(), p384());
}

#[test]
fn ignores_unknown_and_empty_members() {
    let mut jwk = p384();
    for (name, value) in [
        ("use", Value::Null),
        ("kid", json!("")),
        ("alg", Value::Null),
        ("x5t", Value::Null),
        ("x5c", json!([])),
        ("key_ops", json!([])),
        ("oth", Value::Null),
    ] {
        jwk[name] = value;
    }
    let key = PublicKey::from_json(&jwk).unwrap();
    assert_eq!((key.kid(), key.key_use(), key.alg()), (None, None, None));
}

#[test]
fn rejects_other_types_and_curves() {
    assert_eq!(refusal(&p384_with("kty", json!("RSA"))), Error::KeyType { actual: "\"RSA\"".into() });
    for curve in ["P-521", "secp256k1", "p-384", "X25519"] {
        let error = refusal(&p384_with("crv", json!(curve)));
        assert!(matches!(error, Error::Curve { .. }), "{error}");
    }
    assert_eq!(refusal(&json!("EC")), Error::NotAnObject);
}

#[test]
fn errors_name_missing_and_mistyped_members() {
    for member in ["kty", "crv", "x", "y"] {
        assert_eq!(refusal(&p384_with(member, Value::Null)), Error::MissingMember { what: "JWK", member });
        assert!(matches!(refusal(&p384_with(member, json!(7))), Error::MemberType { .. }));
    }
}

#[test]
fn rejects_coordinates_of_wrong_length() {
    // The transport key of a published example is truncated like this.
    let cut = "A8-yxCHxkfBz3hKZfI1jUYMjUhsEveZ9THuwFjH2sCNdtksRJU7D5-SkgaFL";
    assert_eq!(
        refusal(&p384_with("y", json!(cut))),
        Error::Length { what: "`y` of the JWK", expected: 48, actual: 45 }
    );
    // A P-384 key that is labelled P-256.
    assert!(matches!(refusal(&p384_with("crv", json!("P-256"))), Error::Length { expected: 32, .. }));
    assert!(matches!(refusal(&p384_with("x", json!("YU4r RUz"))), Error::Base64 { .. }));
}

#[test]
fn rejects_point_off_the_curve() {
    let off = Error::NotOnCurve { curve: "P-384" };
    let x = p384()["x"].clone();
    assert_eq!(refusal(&p384_with("y", x)), off);
    let zero = base64url::encode([0; 48]);
    let mut infinity = p384_with("x", json!(zero));
    infinity["y"] = json!(zero);
    assert_eq!(refusal(&infinity), off);
    // x is not reduced modulo the field prime.
    let large = base64url::encode([0xff; 48]);
    assert_eq!(refusal(&p384_with("x", json!(large))), off);
}

#[test]
fn rejects_other_encodings_of_a_point() {
    let point = PublicKey::from_json(&p384()).unwrap().uncompressed_point().to_vec();
    assert!(PublicKey::from_uncompressed(Curve::P384, &point).is_ok());
    let mut compressed = point[..49].to_vec();
    compressed[0] = 2 + (point[96] & 1);
    let mut hybrid = point.clone();
    hybrid[0] = 6 + (point[96] & 1);
    for other in [&[0][..], &[], &compressed, &hybrid] {
        assert!(PublicKey::from_uncompressed(Curve::P384, other).is_err());
    }
}

#[test]
fn rejects_published_private_key() {
    assert_eq!(refusal(&p384_with("d", json!("AA"))), Error::PrivateMember);
}

/// RFC 7638 section 3.1. Its example is an RSA key, so this tests only the hash over the required members.
#[test]
fn thumbprint_rfc_7638() {
    let members = concat!(
        r#"{"e":"AQAB","kty":"RSA","n":""#,
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR",
        "1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY36",
        "8QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksI",
        r#"NHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}"#,
    );
    assert_eq!(thumbprint_of(members), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

/// RFC 9449 section 6.1 (`jkt`) with the key of its section 4.1.
#[test]
fn thumbprint_rfc_9449() {
    let key = PublicKey::from_json(&json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
        "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"
    }))
    .unwrap();
    assert_eq!(key.thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    assert_eq!(key.clone().with_kid("k").thumbprint(), key.thumbprint());
}
