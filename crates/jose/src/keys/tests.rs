use super::*;
use crate::PrivateKey;

fn key() -> PublicKey {
    let mut json = PrivateKey::generate().unwrap().public_key().to_json();
    json["use"] = Value::Null;
    PublicKey::from_json(&json).unwrap()
}

#[test]
fn key_use_determines_the_purpose() {
    let encryption = key().with_use(KeyUse::Encryption);
    let signature = key().with_use(KeyUse::Signature);
    assert!(EncryptionKey::try_from(encryption.clone()).is_ok());
    assert!(VerificationKey::try_from(signature.clone()).is_ok());
    assert!(EncryptionKey::try_from(key()).is_ok());
    assert!(VerificationKey::try_from(key()).is_ok());

    let error = VerificationKey::try_from(encryption).unwrap_err();
    assert!(matches!(error, Error::KeyPurpose { expected: "sig", .. }), "{error}");
    let error = EncryptionKey::try_from(signature).unwrap_err();
    assert!(matches!(error, Error::KeyPurpose { expected: "enc", .. }), "{error}");
    let other = key().with_use(KeyUse::Other("tls".into()));
    assert!(EncryptionKey::try_from(other.clone()).is_err());
    assert!(VerificationKey::try_from(other).is_err());
}

#[test]
fn alg_determines_the_purpose() {
    assert!(EncryptionKey::try_from(key().with_alg("ES384")).is_err());
    assert!(VerificationKey::try_from(key().with_alg("ECDH-ES+A256KW")).is_err());
    assert!(EncryptionKey::try_from(key().with_alg("ECDH-ES")).is_ok());
    assert!(VerificationKey::try_from(key().with_alg("ES384")).is_ok());
    assert!(VerificationKey::try_from(key().with_alg("vendor-1")).is_ok());
}

#[test]
fn requires_kid_and_p384() {
    let mut json = key().to_json();
    json["kid"] = Value::Null;
    let nameless = PublicKey::from_json(&json).unwrap();
    for nameless in [nameless, key().with_kid("")] {
        assert!(matches!(EncryptionKey::try_from(nameless), Err(Error::MissingMember { member: "kid", .. })));
    }
    let p256 = PublicKey::from_json(&serde_json::json!({
        "kty": "EC",
        "crv": "P-256",
        "kid": "small",
        "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
        "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck"
    }))
    .unwrap();
    assert!(matches!(EncryptionKey::try_from(p256), Err(Error::Curve { .. })));
}
