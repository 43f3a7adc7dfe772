//! Property tests of the parsers: no input makes them panic, and they reject all input that breaks their rules.
#![expect(clippy::unwrap_used, reason = "test helpers")]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_jose::{
    ContentEncryption, Error, JwkSet, KeyManagement, PrivateKey, PublicKey, SigningKey, jwe, jws, strict_json,
};
use keyferry_testkit::mutation::{any_bytes, any_json, any_text, changed, changes, config, edited, edits};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

struct Samples {
    key: PrivateKey,
    set: Value,
    jws: String,
    jwes: Vec<String>,
}

/// Created once: two keys, one signed message, and one encrypted message for each pair of algorithms.
static SAMPLES: LazyLock<Samples> = LazyLock::new(|| {
    let key = PrivateKey::generate_with_kid("response").unwrap();
    let signer = SigningKey::generate("factory").unwrap();
    let set = json!({ "keys": [signer.public_key().to_json(), key.public_key().to_json()] });
    let jws = jws::sign_es384(b"payload", &signer, Some("text")).unwrap().to_string();
    let mut jwes = Vec::new();
    for alg in KeyManagement::ALL {
        for enc in ContentEncryption::ALL {
            jwes.push(jwe::encrypt(b"plaintext", key.public_key(), alg, enc, Some("text")).unwrap());
        }
    }
    Samples { key, set, jws, jwes }
});

fn keys() -> JwkSet {
    JwkSet::parse(SAMPLES.set.to_string().as_bytes()).unwrap()
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// Generates JSON text in which an object contains a name twice, possibly with escapes.
fn doubled() -> impl Strategy<Value = String> {
    let pair = (any_text(), any_json(), any_json(), any::<bool>()).prop_map(|(name, one, other, escape)| {
        let plain = Value::from(name.as_str()).to_string();
        let escaped: String = name.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        let second = if escape { format!("\"{escaped}\"") } else { plain.clone() };
        format!("{{{plain}:{one},{second}:{other}}}")
    });
    pair.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|text| format!("{{\"a\":1,\"b\":{text}}}")),
            inner.prop_map(|text| format!("{{\"a\":[0,{text}]}}")),
        ]
    })
}

proptest! {
    #![proptest_config(config(256))]

    /// `strict_json` accepts a subset of what `serde_json` accepts, with the same result.
    #[test]
    fn strict_json_accepts_only_json(bytes in any_bytes(64), text in any_text(), edits in edits()) {
        let valid = br#"{"a":[1,-2.5e3,"x\u00e9\n"],"b":{"c":null,"d":true}}"#;
        for bytes in [bytes, text.into_bytes(), edited(valid, &edits)] {
            if let Ok(object) = strict_json::parse_object(&bytes, 8) {
                prop_assert_eq!(serde_json::from_slice::<Value>(&bytes).ok(), Some(Value::Object(object)));
            }
        }
    }

    #[test]
    fn strict_json_accepts_every_object_up_to_the_depth_limit(
        members in prop::collection::btree_map(any_text(), any_json(), 0..4),
        limit in 1..8usize,
    ) {
        let object: Map<String, Value> = members.into_iter().collect();
        let value = Value::Object(object.clone());
        let read = strict_json::parse_object(value.to_string().as_bytes(), limit);
        if depth(&value) <= limit {
            // The expected value makes a round trip through text, because not every number survives it unchanged.
            let again: Value = serde_json::from_str(&value.to_string()).unwrap();
            prop_assert_eq!(read.map(Value::Object), Ok(again));
        } else {
            prop_assert!(matches!(read, Err(Error::TooDeep { .. })), "{:?}", read);
        }
    }

    #[test]
    fn strict_json_rejects_duplicate_names(text in doubled()) {
        prop_assert!(serde_json::from_str::<Value>(&text).is_ok(), "the generated text is not JSON: {}", text);
        let read = strict_json::parse_object(text.as_bytes(), 64);
        prop_assert!(matches!(read, Err(Error::DuplicateMember { .. })), "{:?} of {}", read, text);
        let read = strict_json::from_slice::<Value>(text.as_bytes(), 64);
        prop_assert!(matches!(read, Err(Error::DuplicateMember { .. })), "{:?} of {}", read, text);
    }

    /// A parsed key is complete: it survives a round trip and has no private member.
    #[test]
    fn accepted_key_is_valid(changes in changes(), any in any_json()) {
        let valid = SAMPLES.key.public_key().to_json();
        for jwk in [changed(&valid, &changes), any] {
            if let Ok(key) = PublicKey::from_json(&jwk) {
                prop_assert_eq!(PublicKey::from_json(&key.to_json()), Ok(key.clone()));
                prop_assert!(jwk.get("d").is_none());
                let json = key.to_json();
                prop_assert!(["kty", "crv", "x", "y"].iter().all(|member| jwk[member] == json[member]), "{}", jwk);
            }
        }
    }

    #[test]
    fn key_set_returns_only_its_own_keys(changes in changes(), edits in edits(), any in any_bytes(64)) {
        let valid = &SAMPLES.set;
        let texts =
            [changed(valid, &changes).to_string().into_bytes(), edited(valid.to_string().as_bytes(), &edits), any];
        for text in texts {
            let Ok(set) = JwkSet::parse(&text) else { continue };
            let json: Value = serde_json::from_slice(&text).unwrap();
            let listed = json["keys"].as_array().unwrap();
            let used: Vec<&str> = set
                .verification_keys()
                .iter()
                .map(|key| key.kid())
                .chain(set.encryption_keys().iter().map(|key| key.kid()))
                .collect();
            for kid in &used {
                prop_assert!(!kid.is_empty());
                prop_assert_eq!(listed.iter().filter(|jwk| jwk["kid"] == *kid && jwk["crv"] == "P-384").count(), 1);
            }
            for skipped in set.skipped() {
                prop_assert!(skipped.index < listed.len());
            }
        }
    }

    /// A modified private key is rejected or parsed as written, and errors do not contain it.
    #[test]
    fn accepts_only_complete_private_key(edits in edits(), changes in changes()) {
        let valid = SAMPLES.key.to_secret_bytes().unwrap();
        let json: Value = serde_json::from_slice(&valid).unwrap();
        for text in [edited(&valid, &edits), changed(&json, &changes).to_string().into_bytes()] {
            match PrivateKey::from_secret_bytes(&text) {
                Ok(key) => {
                    let jwk: Value = serde_json::from_slice(&text).unwrap();
                    prop_assert_eq!(key.kid(), jwk["kid"].as_str().unwrap());
                    prop_assert_eq!(&key.public_key().to_json()["x"], &jwk["x"]);
                }
                Err(error) => {
                    let shown = format!("{error} {error:?}");
                    prop_assert!(!shown.contains(json["d"].as_str().unwrap()), "{}", shown);
                }
            }
        }
    }

    /// Every change to a signed message is detected, because a message has only one encoding.
    #[test]
    fn rejects_changed_signed_message(edits in edits(), arbitrary in any_text()) {
        let valid = SAMPLES.jws.as_bytes();
        let changed = edited(valid, &edits);
        let read = jws::verify(&changed, &keys(), &jws::Policy::default());
        prop_assert_eq!(read.is_ok(), changed == valid, "{:?}", String::from_utf8_lossy(&changed));
        prop_assert!(jws::verify(&arbitrary, &keys(), &jws::Policy::default()).is_err());
    }

    /// Every change to an encrypted message is detected.
    #[test]
    fn rejects_changed_encrypted_message(
        edits in edits(),
        which in any::<prop::sample::Index>(),
        arbitrary in any_text(),
    ) {
        let valid = which.get(&SAMPLES.jwes).as_bytes();
        let changed = edited(valid, &edits);
        let read = jwe::decrypt(&changed, &SAMPLES.key, &jwe::Policy::default());
        prop_assert_eq!(read.is_ok(), changed == valid, "{:?}", String::from_utf8_lossy(&changed));
        prop_assert!(jwe::decrypt(&arbitrary, &SAMPLES.key, &jwe::Policy::default()).is_err());
    }

    /// A header that is valid JSON but differs from the signed or encrypted one.
    #[test]
    fn rejects_changed_header(changes in changes(), which in any::<prop::sample::Index>()) {
        for (valid, signed) in [(&SAMPLES.jws, true), (which.get(&SAMPLES.jwes), false)] {
            let (header, rest) = valid.split_once('.').unwrap();
            let json: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
            let other = changed(&json, &changes);
            if other == json {
                continue;
            }
            let message = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(other.to_string()));
            let accepted = if signed {
                jws::verify(&message, &keys(), &jws::Policy::default()).is_ok()
            } else {
                jwe::decrypt(&message, &SAMPLES.key, &jwe::Policy::default()).is_ok()
            };
            prop_assert!(!accepted, "{}", other);
        }
    }

    #[test]
    fn encrypted_message_is_decrypted(plaintext in any_bytes(200), cty in prop::option::of(any_text())) {
        let key = &SAMPLES.key;
        for (alg, enc) in KeyManagement::ALL.into_iter().zip(ContentEncryption::ALL.into_iter().cycle()) {
            let sealed = jwe::encrypt(&plaintext, key.public_key(), alg, enc, cty.as_deref()).unwrap();
            let opened = jwe::decrypt(&sealed, key, &jwe::Policy::default()).unwrap();
            prop_assert_eq!(&*opened.plaintext, &plaintext);
            prop_assert_eq!(opened.header.cty.as_deref(), cty.as_deref());
        }
    }
}
