use serde_json::{Value, json};

use super::*;
use crate::{KeyUse, PrivateKey, PublicKey};

const PAYLOAD: &[u8] = br#"{"pin":"314159"}"#;

fn signer() -> SigningKey {
    SigningKey::generate("signer-1").unwrap()
}

fn published(key: &SigningKey) -> JwkSet {
    JwkSet::from_keys([key.public_key().public_key().clone()]).unwrap()
}

fn refusal(compact: &str, keys: &JwkSet) -> Error {
    verify(compact, keys, &Policy::default()).unwrap_err()
}

/// Returns a message with any header and a valid signature.
fn signed_with_header(key: &SigningKey, header: &str) -> String {
    let signed = format!("{}.{}", base64url::encode(header), base64url::encode(PAYLOAD));
    let signature = base64url::encode(key.sign(signed.as_bytes()).unwrap());
    format!("{signed}.{signature}")
}

#[test]
fn verifies_signed_message() {
    let key = signer();
    for payload in [&b""[..], PAYLOAD, &[0; 70_000]] {
        let compact = sign_es384(payload, &key, Some("text/plain")).unwrap();
        let verified = verify(&compact, &published(&key), &Policy::default()).unwrap();
        assert_eq!(*verified.payload, payload);
        assert_eq!(verified.header.kid, "signer-1");
        assert_eq!(verified.header.cty.as_deref(), Some("text/plain"));
    }
}

#[test]
fn header_contains_exactly_the_documented_members() {
    let compact = sign_es384(PAYLOAD, &signer(), None).unwrap();
    let header = compact.split('.').next().unwrap();
    assert_eq!(base64url::decode("header", header).unwrap(), br#"{"alg":"ES384","kid":"signer-1"}"#);
    let signature = compact.rsplit('.').next().unwrap();
    assert_eq!(base64url::decode("signature", signature).unwrap().len(), 96);
}

#[test]
fn rejects_any_modification() {
    let key = signer();
    let keys = published(&key);
    let invalid = Error::Signature { kid: "\"signer-1\"".into() };
    let compact = sign_es384(PAYLOAD, &key, None).unwrap();
    let [header, payload, signature] = compact.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let other = base64url::encode(br#"{"pin":"271828"}"#);
    assert_eq!(refusal(&format!("{header}.{other}.{signature}"), &keys), invalid);
    let longer = base64url::encode(r#"{"alg":"ES384","kid":"signer-1","cty":"x"}"#);
    assert_eq!(refusal(&format!("{longer}.{payload}.{signature}"), &keys), invalid);
    let mut bytes = base64url::decode("signature", signature).unwrap();
    bytes[95] ^= 1;
    let altered = base64url::encode(&bytes);
    assert_eq!(refusal(&format!("{header}.{payload}.{altered}"), &keys), invalid);
    let zero = base64url::encode([0; 96]);
    assert_eq!(refusal(&format!("{header}.{payload}.{zero}"), &keys), invalid);
    // Another key with the same `kid`.
    assert_eq!(refusal(&compact, &published(&signer())), invalid);
}

#[test]
fn rejects_other_algorithms() {
    let key = signer();
    let keys = published(&key);
    for alg in ["none", "None", "HS256", "HS384", "HS512", "RS256", "PS384", "ES256", "ES512", "ES256K", "EdDSA", ""] {
        let header = json!({ "alg": alg, "kid": "signer-1" }).to_string();
        let error = refusal(&signed_with_header(&key, &header), &keys);
        let expected = Error::Algorithm { member: "alg", actual: shown(alg), accepted: "ES384".into() };
        assert_eq!(error, expected);
    }
}

/// RFC 7515 appendices A.1 (HS256), A.5 (unsecured).
#[test]
fn rejects_rfc_7515_examples_with_other_algorithms() {
    let payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let keys = published(&signer());
    for compact in [
        format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{payload}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        format!("eyJhbGciOiJub25lIn0.{payload}."),
    ] {
        assert!(matches!(refusal(&compact, &keys), Error::Algorithm { .. }));
    }
}

#[test]
fn key_must_be_known_and_published_for_signatures() {
    let key = signer();
    let compact = sign_es384(PAYLOAD, &key, None).unwrap();
    let other = published(&SigningKey::generate("signer-2").unwrap());
    let error = refusal(&compact, &other);
    assert_eq!(error, Error::UnknownKid { kid: "\"signer-1\"".into(), known: 1 });
    assert!(matches!(refusal(&compact, &JwkSet::default()), Error::UnknownKid { known: 0, .. }));

    let mut jwk = key.public_key().to_json();
    jwk["alg"] = Value::Null;
    let encryption = PublicKey::from_json(&jwk).unwrap().with_use(KeyUse::Encryption);
    let keys = JwkSet::from_keys([encryption]).unwrap();
    let error = refusal(&compact, &keys);
    assert!(matches!(error, Error::KeyPurpose { expected: "sig", .. }), "{error}");

    jwk["use"] = Value::Null;
    let keys = JwkSet::from_keys([PublicKey::from_json(&jwk).unwrap()]).unwrap();
    verify(&compact, &keys, &Policy::default()).unwrap();
}

#[test]
fn key_inside_the_message_is_not_used() {
    let forger = signer();
    let header =
        json!({ "alg": "ES384", "kid": "signer-1", "jwk": forger.public_key().to_json(), "jku": "https://x.example" });
    let compact = signed_with_header(&forger, &header.to_string());
    verify(&compact, &published(&forger), &Policy::default()).unwrap();
    let error = refusal(&compact, &published(&signer()));
    assert!(matches!(error, Error::Signature { .. }));
}

#[test]
fn headers_are_strict() {
    let key = signer();
    let keys = published(&key);
    for crit in ["[\"b64\"]", "[]", "null"] {
        let header = format!(r#"{{"alg":"ES384","kid":"signer-1","crit":{crit}}}"#);
        let error = refusal(&signed_with_header(&key, &header), &keys);
        assert_eq!(error, Error::ForbiddenMember { what: "JWS header", member: "crit" });
    }
    let twice = r#"{"alg":"ES384","kid":"signer-2","kid":"signer-1"}"#;
    assert!(matches!(refusal(&signed_with_header(&key, twice), &keys), Error::In { .. }));
    for (header, member) in [(r#"{"kid":"signer-1"}"#, "alg"), (r#"{"alg":"ES384"}"#, "kid")] {
        let error = refusal(&signed_with_header(&key, header), &keys);
        assert_eq!(error, Error::MissingMember { what: "JWS header", member });
    }
    for header in [
        r#"{"alg":["ES384"],"kid":"signer-1"}"#,
        r#"{"alg":"ES384","kid":1}"#,
        r#"{"alg":"ES384","kid":"signer-1","cty":7}"#,
    ] {
        let error = refusal(&signed_with_header(&key, header), &keys);
        assert!(matches!(error, Error::MemberType { .. }), "{error}");
    }
}

#[test]
fn checks_form_before_signature() {
    let key = signer();
    let keys = published(&key);
    let compact = sign_es384(PAYLOAD, &key, None).unwrap();
    let exact = Policy { max_bytes: compact.len() };
    verify(&compact, &keys, &exact).unwrap();
    let tight = Policy { max_bytes: compact.len() - 1 };
    assert!(matches!(verify(&compact, &keys, &tight), Err(Error::TooLarge { what: "JWS", .. })));

    let (front, signature) = compact.rsplit_once('.').unwrap();
    for (bad, actual) in [(front.to_owned(), 2), (format!("{}.", *compact), 4), (String::new(), 1)] {
        assert_eq!(refusal(&bad, &keys), Error::Parts { what: "JWS", expected: 3, actual });
    }
    for bad in [format!("{}=", *compact), format!("{front}=.{signature}"), format!(" {}", *compact)] {
        assert!(matches!(refusal(&bad, &keys), Error::Base64 { .. }), "{bad}");
    }
    // DER, truncated, too long and missing.
    for length in [104, 95, 97, 64, 0] {
        let error = refusal(&format!("{front}.{}", base64url::encode(vec![48; length])), &keys);
        assert_eq!(error, Error::Length { what: "JWS signature", expected: 96, actual: length });
    }
    for length in 0..compact.len() {
        assert!(verify(&compact[..length], &keys, &Policy::default()).is_err());
    }
}

#[test]
fn opens_jws_inside_jwe() {
    use crate::{ContentEncryption, KeyManagement, jwe};
    let (signer, recipient) = (signer(), PrivateKey::generate().unwrap());
    let inner = sign_es384(PAYLOAD, &signer, None).unwrap();
    let (alg, enc) = (KeyManagement::EcdhEsA256Kw, ContentEncryption::A256Gcm);
    let outer = jwe::encrypt(inner.as_bytes(), recipient.public_key(), alg, enc, Some("JOSE")).unwrap();
    let opened = jwe::decrypt(&outer, &recipient, &jwe::Policy::default()).unwrap();
    let verified = verify(&opened.plaintext, &published(&signer), &Policy::default()).unwrap();
    assert_eq!(*verified.payload, PAYLOAD);
}

#[test]
fn debug_shows_only_the_header() {
    let key = signer();
    let compact = sign_es384(PAYLOAD, &key, None).unwrap();
    let verified = verify(&compact, &published(&key), &Policy::default()).unwrap();
    let shown = format!("{verified:?}");
    assert!(shown.contains("signer-1") && !shown.contains("payload") && !shown.contains("314159"), "{shown}");
}

/// A buffer that grows would leave an unwiped copy in memory.
#[test]
fn signing_does_not_grow_the_buffer() {
    let key = signer();
    for payload in [PAYLOAD, &[7; 5000]] {
        let compact = sign_es384(payload, &key, Some("text/plain")).unwrap();
        assert_eq!(compact.capacity(), compact.len());
    }
}
