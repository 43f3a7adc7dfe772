//! Tests with messages from jwcrypto, an independent implementation. `vectors/jwcrypto.json` contains its version.

#![expect(clippy::unwrap_used, reason = "test helpers")]

use keyferry_jose::{JwkSet, PrivateKey, PublicKey, SigningKey, jwe, jws};
use serde_json::{Value, json};

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/jwcrypto.json")).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn recipient(vectors: &Value) -> PrivateKey {
    PrivateKey::from_secret_bytes(vectors["recipient"].to_string().as_bytes()).unwrap()
}

fn published(vectors: &Value) -> JwkSet {
    let set = json!({ "keys": [vectors["signer_public"]], "SkipUnresolvedJsonWebKeys": true });
    JwkSet::parse(set.to_string().as_bytes()).unwrap()
}

#[test]
fn decrypts_messages_of_jwcrypto() {
    let vectors = vectors();
    let key = recipient(&vectors);
    let messages = vectors["jwe"].as_array().unwrap();
    assert_eq!(messages.len(), 11);
    for message in messages {
        let opened = jwe::decrypt(text(&message["compact"]), &key, &jwe::Policy::default()).unwrap();
        assert_eq!(*opened.plaintext, text(&vectors["plaintext"]).as_bytes());
        assert_eq!(opened.header.alg.as_str(), message["alg"]);
        assert_eq!(opened.header.enc.as_str(), message["enc"]);
        assert_eq!(opened.header.cty.as_deref(), Some("text/plain"));
    }
}

#[test]
fn rejects_messages_outside_the_policy() {
    let vectors = vectors();
    let key = recipient(&vectors);
    let messages = vectors["jwe_refused"].as_array().unwrap();
    assert_eq!(messages.len(), 3);
    for message in messages {
        let error = jwe::decrypt(text(&message["compact"]), &key, &jwe::Policy::default()).unwrap_err();
        assert_ne!(error, keyferry_jose::Error::Decryption, "{}", message["why"]);
    }
}

#[test]
fn verifies_signature_of_jwcrypto() {
    let vectors = vectors();
    let keys = published(&vectors);
    let verified = jws::verify(text(&vectors["jws"]), &keys, &jws::Policy::default()).unwrap();
    assert_eq!(*verified.payload, text(&vectors["plaintext"]).as_bytes());
    assert_eq!(verified.header.cty.as_deref(), Some("text/plain"));

    let key = recipient(&vectors);
    let opened = jwe::decrypt(text(&vectors["jws_in_jwe"]), &key, &jwe::Policy::default()).unwrap();
    assert_eq!(opened.header.cty.as_deref(), Some("JOSE"));
    let verified = jws::verify(&opened.plaintext, &keys, &jws::Policy::default()).unwrap();
    assert_eq!(*verified.payload, text(&vectors["plaintext"]).as_bytes());
}

#[test]
fn parses_keys_of_jwcrypto() {
    use base64::Engine as _;
    let vectors = vectors();
    let mut public = vectors["recipient"].clone();
    public.as_object_mut().unwrap().remove("d");
    let key = PublicKey::from_json(&public).unwrap();
    assert_eq!(key.thumbprint(), vectors["recipient_thumbprint"]);
    assert_eq!(recipient(&vectors).public_key().to_json(), public);

    let pem: String = text(&vectors["signer_pkcs8_pem"]).lines().filter(|line| !line.starts_with('-')).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(pem).unwrap();
    let signer = SigningKey::from_pkcs8(&der, "signer-1").unwrap();
    assert_eq!(signer.public_key().to_json(), vectors["signer_public"]);
    let compact = jws::sign_es384(b"ours", &signer, None).unwrap();
    jws::verify(&compact, &published(&vectors), &jws::Policy::default()).unwrap();
}
