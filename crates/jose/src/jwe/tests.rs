use aws_lc_rs::agreement::ECDH_P256;
use serde_json::{Value, json};

use super::*;

const PLAINTEXT: &[u8] = b"the PIN is 314159";

fn key() -> PrivateKey {
    PrivateKey::generate_with_kid("response-1").unwrap()
}

fn sealed(key: &PrivateKey) -> String {
    let (alg, enc) = (KeyManagement::EcdhEsA256Kw, ContentEncryption::A256Gcm);
    encrypt(PLAINTEXT, key.public_key(), alg, enc, Some("JOSE")).unwrap()
}

fn header_of(compact: &str) -> Value {
    let header = compact.split('.').next().unwrap();
    serde_json::from_slice(&base64url::decode("header", header).unwrap()).unwrap()
}

fn with_part(compact: &str, index: usize, part: &str) -> String {
    let mut parts: Vec<_> = compact.split('.').collect();
    parts[index] = part;
    parts.join(".")
}

fn with_header(compact: &str, json: &str) -> String {
    with_part(compact, 0, &base64url::encode(json))
}

/// Returns the message with one member of the header replaced, or removed if the value is null.
fn with_member(compact: &str, member: &str, value: Value) -> String {
    let mut header = header_of(compact);
    match value {
        Value::Null => drop(header.as_object_mut().unwrap().remove(member)),
        value => header[member] = value,
    }
    with_header(compact, &header.to_string())
}

fn refusal(compact: &str, key: &PrivateKey) -> Error {
    decrypt(compact, key, &Policy::default()).unwrap_err()
}

#[test]
fn round_trips_with_every_pair_of_algorithms() {
    let key = key();
    for alg in KeyManagement::ALL {
        for enc in ContentEncryption::ALL {
            for plaintext in [&b""[..], PLAINTEXT, &[7; 70_000]] {
                let compact = encrypt(plaintext, key.public_key(), alg, enc, Some("JOSE")).unwrap();
                let opened = decrypt(&compact, &key, &Policy::default()).unwrap();
                assert_eq!(*opened.plaintext, plaintext, "{alg} {enc}");
                let header = Header { alg, enc, kid: "response-1".into(), cty: Some("JOSE".into()) };
                assert_eq!(opened.header, header);
                assert_eq!(peek_header(&compact, &Policy::default()), Ok(header));
            }
        }
    }
}

#[test]
fn header_contains_exactly_the_documented_members() {
    let key = key();
    let header = header_of(&sealed(&key));
    assert_eq!(header["alg"], "ECDH-ES+A256KW");
    assert_eq!(header["enc"], "A256GCM");
    assert_eq!(header["kid"], "response-1");
    assert_eq!(header["cty"], "JOSE");
    assert_eq!(header["epk"]["crv"], "P-384");
    assert_eq!(header.as_object().unwrap().len(), 5);
    assert_eq!(header["epk"].as_object().unwrap().len(), 4);
}

#[test]
fn every_part_differs_between_messages() {
    let key = key();
    let (one, two) = (sealed(&key), sealed(&key));
    for (one, two) in one.split('.').zip(two.split('.')) {
        assert_ne!(one, two);
    }
}

#[test]
fn rejects_any_modification() {
    let key = key();
    let compact = sealed(&key);
    // Replaces the first character of each part. It has no unused bits, so the encoding stays canonical.
    for (index, part) in compact.split('.').enumerate().skip(1) {
        let first = if part.starts_with('A') { "B" } else { "A" };
        let altered = with_part(&compact, index, &format!("{first}{}", &part[1..]));
        assert_eq!(refusal(&altered, &key), Error::Decryption, "part {index}");
    }
    // The header is authenticated even where it has no influence on the keys.
    let altered = with_member(&compact, "cty", json!("JOSE+json"));
    assert_eq!(refusal(&altered, &key), Error::Decryption);
    let spaced = format!("{} ", header_of(&compact));
    assert_eq!(refusal(&with_header(&compact, &spaced), &key), Error::Decryption);
    // `apu`, `apv` and `epk` are authenticated, too.
    for member in ["apu", "apv"] {
        let altered = with_member(&compact, member, json!("QWxpY2U"));
        assert_eq!(refusal(&altered, &key), Error::Decryption);
    }
    let other = header_of(&sealed(&key))["epk"].clone();
    assert_eq!(refusal(&with_member(&compact, "epk", other), &key), Error::Decryption);
}

#[test]
fn rejects_another_key() {
    let compact = sealed(&key());
    // Another key with the same `kid`: only the decryption detects it.
    assert_eq!(refusal(&compact, &key()), Error::Decryption);
    let other = PrivateKey::generate_with_kid("response-2").unwrap();
    assert_eq!(
        refusal(&compact, &other),
        Error::WrongKid { expected: "\"response-2\"".into(), actual: "\"response-1\"".into() }
    );
}

#[test]
fn rejects_algorithms_outside_the_allow_list() {
    let key = key();
    let compact = sealed(&key);
    for alg in [
        "none",
        "dir",
        "A256KW",
        "RSA-OAEP",
        "RSA-OAEP-256",
        "RSA1_5",
        "ECDH-ES+A192KW",
        "PBES2-HS256+A128KW",
        "ecdh-es",
        "",
    ] {
        let error = refusal(&with_member(&compact, "alg", json!(alg)), &key);
        assert!(matches!(error, Error::Algorithm { member: "alg", .. }), "{alg}: {error}");
    }
    for enc in ["none", "A128CBC-HS256", "A256CBC-HS512", "a256gcm"] {
        let error = refusal(&with_member(&compact, "enc", json!(enc)), &key);
        assert!(matches!(error, Error::Algorithm { member: "enc", .. }), "{enc}: {error}");
    }
    // Supported, but not by this policy.
    let mut policy = Policy { algs: vec![KeyManagement::EcdhEs], ..Policy::default() };
    let error = decrypt(&compact, &key, &policy).unwrap_err();
    assert_eq!(error.to_string(), "`alg` \"ECDH-ES+A256KW\" is not accepted; accepted values: ECDH-ES");
    policy = Policy { encs: vec![ContentEncryption::A128Gcm], ..Policy::default() };
    assert!(decrypt(&compact, &key, &policy).is_err());
}

#[test]
fn rejects_zip_and_crit_with_any_value() {
    let key = key();
    let compact = sealed(&key);
    for (member, value) in
        [("zip", "\"DEF\""), ("zip", "null"), ("crit", "[\"exp\"]"), ("crit", "[]"), ("crit", "null")]
    {
        let header = header_of(&compact).to_string();
        let header = format!("{{\"{member}\":{value},{}", &header[1..]);
        let error = refusal(&with_header(&compact, &header), &key);
        assert_eq!(error, Error::ForbiddenMember { what: "JWE header", member });
    }
}

#[test]
fn header_members_are_required_and_typed() {
    let key = key();
    let compact = sealed(&key);
    for member in ["alg", "enc", "kid", "epk"] {
        assert_eq!(
            refusal(&with_member(&compact, member, Value::Null), &key),
            Error::MissingMember { what: "JWE header", member }
        );
    }
    for member in ["alg", "enc", "kid", "cty", "apu", "apv"] {
        let error = refusal(&with_member(&compact, member, json!(["x"])), &key);
        assert!(matches!(error, Error::MemberType { .. }), "{member}: {error}");
    }
    for apu in ["QQ==", "QR", "ö"] {
        let error = refusal(&with_member(&compact, "apu", json!(apu)), &key);
        assert!(matches!(error, Error::Base64 { .. }), "{apu}: {error}");
    }
}

#[test]
fn rejects_duplicate_header_members() {
    let key = key();
    let compact = sealed(&key);
    let header = header_of(&compact).to_string();
    let twice = format!("{{\"alg\":\"ECDH-ES\",{}", &header[1..]);
    let nested = header.replace("\"epk\":{", "\"epk\":{\"crv\":\"P-384\",");
    for bad in [twice, nested] {
        let error = refusal(&with_header(&compact, &bad), &key);
        let Error::In { part: "JWE header", fault } = error else { panic!("{error}") };
        assert!(matches!(*fault, Error::DuplicateMember { .. }));
    }
    for bad in ["[]", "", "{", "null"] {
        assert!(matches!(refusal(&with_header(&compact, bad), &key), Error::In { .. }));
    }
}

#[test]
fn rejects_invalid_ephemeral_key() {
    let key = key();
    let compact = sealed(&key);
    let epk = header_of(&compact)["epk"].clone();
    let zero = base64url::encode([0; 48]);
    let p256 = aws_lc_rs::agreement::PrivateKey::generate(&ECDH_P256).unwrap();
    let p256 = PublicKey::from_uncompressed(Curve::P256, p256.compute_public_key().unwrap().as_ref());
    let mut off_curve = epk.clone();
    off_curve["y"] = epk["x"].clone();
    let mut mislabelled = epk.clone();
    mislabelled["crv"] = json!("P-521");
    let mut short = epk.clone();
    short["x"] = json!(base64url::encode([1; 47]));
    let mut private = epk.clone();
    private["d"] = json!(zero);
    for (bad, what) in [
        (off_curve, "not a point of the curve P-384"),
        (json!({ "kty": "EC", "crv": "P-384", "x": zero, "y": zero }), "not a point of the curve"),
        (p256.unwrap().to_json(), "expected P-384"),
        (mislabelled, "expected P-384"),
        (short, "must be 48 bytes long"),
        (private, "private member"),
        (json!({ "kty": "OKP", "crv": "X25519", "x": zero }), "only EC"),
        (json!({ "kty": "EC", "crv": "P-384", "x": zero }), "no member `y`"),
        (json!("BA"), "must be an object"),
    ] {
        let error = refusal(&with_member(&compact, "epk", bad), &key).to_string();
        assert!(error.starts_with("`epk` of the JWE header") && error.contains(what), "{error}");
    }
}

#[test]
fn checks_size_before_decoding() {
    let key = key();
    let compact = sealed(&key);
    let exact = Policy { max_bytes: compact.len(), ..Policy::default() };
    decrypt(&compact, &key, &exact).unwrap();
    let tight = Policy { max_bytes: compact.len() - 1, ..exact };
    let error = decrypt(&compact, &key, &tight).unwrap_err();
    assert!(matches!(error, Error::TooLarge { what: "JWE", .. }));
    let rubbish = "!".repeat(128 * 1024 + 1);
    assert!(matches!(refusal(&rubbish, &key), Error::TooLarge { .. }));
}

#[test]
fn requires_five_parts() {
    let key = key();
    let compact = sealed(&key);
    let four = compact.rsplit_once('.').unwrap().0.to_owned();
    for (bad, actual) in [(four, 4), (format!("{compact}."), 6), (String::new(), 1), (".".repeat(9), 10)] {
        let error = refusal(&bad, &key);
        assert_eq!(error, Error::Parts { what: "JWE", expected: 5, actual });
    }
}

#[test]
fn rejects_truncated_message() {
    let key = key();
    let compact = sealed(&key);
    for length in 0..compact.len() {
        assert!(decrypt(&compact[..length], &key, &Policy::default()).is_err(), "{length}");
    }
}

#[test]
fn requires_canonical_base64url() {
    let key = key();
    let compact = sealed(&key);
    for (index, part) in compact.split('.').enumerate() {
        for bad in [format!("{part}="), format!("{part}\n"), format!(" {part}"), format!("+{}", &part[1..])] {
            let error = refusal(&with_part(&compact, index, &bad), &key);
            assert!(matches!(error, Error::Base64 { .. }), "part {index}: {error}");
        }
    }
    // 16 bytes leave 4 unused bits in the last of 22 characters.
    let tag = compact.rsplit('.').next().unwrap();
    let last = if tag.ends_with('A') { 'B' } else { char::from(tag.as_bytes()[21] + 1) };
    let error = refusal(&with_part(&compact, 4, &format!("{}{last}", &tag[..21])), &key);
    assert!(matches!(error, Error::Base64 { what: "JWE authentication tag" }), "{error}");
}

#[test]
fn requires_part_lengths_of_the_algorithm() {
    let key = key();
    let compact = sealed(&key);
    for (index, right) in [(1, 40), (2, 12), (4, 16)] {
        for wrong in [0, right - 1, right + 1, 2 * right] {
            let error = refusal(&with_part(&compact, index, &base64url::encode(vec![0; wrong])), &key);
            assert!(
                matches!(error, Error::Length { expected, actual, .. } if expected == right && actual == wrong),
                "part {index}: {error}"
            );
        }
    }
    // `ECDH-ES` without key wrap has no encrypted key.
    let direct = encrypt(PLAINTEXT, key.public_key(), KeyManagement::EcdhEs, ContentEncryption::A256Gcm, None).unwrap();
    assert_eq!(direct.split('.').nth(1), Some(""));
    let error = refusal(&with_part(&direct, 1, "AAAA"), &key);
    assert!(matches!(error, Error::Length { expected: 0, actual: 3, .. }));
}

#[test]
fn debug_shows_no_plaintext() {
    let key = key();
    let opened = decrypt(sealed(&key), &key, &Policy::default()).unwrap();
    let shown = format!("{opened:?}");
    assert!(shown.contains("response-1") && !shown.contains("314159") && !shown.contains("plaintext"));
}
