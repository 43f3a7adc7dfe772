//! Interoperability tests with independent implementations: npm jose, jwcrypto and joserfc, with every pair of
//! algorithms.
//!
//! The tests exchange many messages, because one number in 256 has a leading zero byte: a coordinate of an `epk`, half
//! of a signature, the agreed secret. An implementation that drops the byte fails only for that number.

#![expect(clippy::unwrap_used, reason = "test helpers")]

use std::process::Command;

use keyferry_jose::{ContentEncryption, JwkSet, KeyManagement, PrivateKey, SigningKey, jwe, jws};
use serde_json::{Value, json};

/// Number of messages in each direction. With 300, one run in a hundred contains no coordinate with a leading zero
/// byte, and one run in ten no agreed secret with one.
const MESSAGES: usize = 300;

fn pair(index: usize) -> (KeyManagement, ContentEncryption) {
    (KeyManagement::ALL[index % 3], ContentEncryption::ALL[index / 3 % 3])
}

fn text(index: usize) -> String {
    format!("message {index}, grüße")
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

fn exchange_messages(outsider: impl Fn() -> Option<Command>) {
    let Some(command) = outsider() else { return };
    let (recipient, signer) = (PrivateKey::generate().unwrap(), SigningKey::generate("our-signer").unwrap());
    let sealed: Vec<_> = (0..MESSAGES)
        .map(|index| {
            let (alg, enc) = pair(index);
            jwe::encrypt(text(index).as_bytes(), recipient.public_key(), alg, enc, None).unwrap()
        })
        .collect();
    let signed: Vec<_> = (0..MESSAGES)
        .map(|index| jws::sign_es384(text(index).as_bytes(), &signer, None).unwrap().to_string())
        .collect();
    let to_seal: Vec<_> = (0..MESSAGES)
        .map(|index| {
            let (alg, enc) = pair(index);
            let header = json!({ "alg": alg.as_str(), "enc": enc.as_str(), "kid": recipient.kid() });
            json!({ "text": text(index), "header": header })
        })
        .collect();
    let texts: Vec<_> = (0..MESSAGES).map(text).collect();
    let secret: Value = serde_json::from_slice(&recipient.to_secret_bytes().unwrap()).unwrap();
    let answer = keyferry_outsiders::ask(
        command,
        &json!({
            "do": "messages",
            "private_key": secret, "sealed": sealed,
            "verification_key": signer.public_key().to_json(), "signed": signed,
            "public_key": recipient.public_key().to_json(), "to_seal": to_seal,
            "to_sign": texts,
        }),
    );

    assert_eq!(strings(&answer["opened"]), texts);
    assert_eq!(strings(&answer["verified"]), texts);
    let keys = JwkSet::parse(json!({ "keys": [answer["signing_key"]] }).to_string().as_bytes()).unwrap();
    let (sealed, signed) = (strings(&answer["sealed"]), strings(&answer["signed"]));
    assert_eq!((sealed.len(), signed.len()), (MESSAGES, MESSAGES));
    for (index, text) in texts.iter().enumerate() {
        let opened = jwe::decrypt(sealed[index], &recipient, &jwe::Policy::default()).unwrap();
        assert_eq!((opened.header.alg, opened.header.enc), pair(index));
        assert_eq!(*opened.plaintext, text.as_bytes());
        let verified = jws::verify(signed[index], &keys, &jws::Policy::default()).unwrap();
        assert_eq!(*verified.payload, text.as_bytes());
    }
}

#[test]
fn exchanges_messages_with_npm_jose() {
    exchange_messages(|| keyferry_outsiders::node("jose/with_npm_jose.mjs"));
}

#[test]
fn exchanges_messages_with_jwcrypto() {
    exchange_messages(|| keyferry_outsiders::python("jose/with_jwcrypto.py"));
}

#[test]
fn exchanges_messages_with_joserfc() {
    exchange_messages(|| keyferry_outsiders::python("jose/with_joserfc.py"));
}
