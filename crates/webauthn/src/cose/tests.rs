use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    RSA_PKCS1_SHA256,
};

use x509_parser::prelude::FromDer as _;

use super::*;

fn map(entries: &[(i64, Value)]) -> Vec<u8> {
    cbor::canonical(&Value::Map(entries.iter().map(|(key, value)| (Value::from(*key), value.clone())).collect()))
}

fn ec(algorithm: i64, curve: i64, point: &[u8]) -> Vec<(i64, Value)> {
    let (x, y) = point[1..].split_at(point.len() / 2);
    vec![
        (1, Value::from(2)),
        (3, Value::from(algorithm)),
        (-1, Value::from(curve)),
        (-2, Value::Bytes(x.to_vec())),
        (-3, Value::Bytes(y.to_vec())),
    ]
}

fn p256() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap()
}

fn check(cose: &[u8], algorithm: Algorithm, signature: &[u8]) {
    let key = PublicKey::from_cose(cose).unwrap();
    assert_eq!(key.algorithm(), algorithm);
    assert_eq!(key.to_cose(), cose);
    assert!(key.verifies(b"message", signature));
    assert!(!key.verifies(b"massage", signature));
}

#[test]
fn all_algorithms_verify_and_round_trip() {
    let rng = SystemRandom::new();
    let key = p256();
    let signature = key.sign(&rng, b"message").unwrap();
    check(&map(&ec(-7, 1, key.public_key().as_ref())), Algorithm::Es256, signature.as_ref());

    let key = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).unwrap();
    let signature = key.sign(&rng, b"message").unwrap();
    check(&map(&ec(-35, 2, key.public_key().as_ref())), Algorithm::Es384, signature.as_ref());

    let key = Ed25519KeyPair::generate().unwrap();
    let x = Value::Bytes(key.public_key().as_ref().to_vec());
    let cose = map(&[(1, Value::from(1)), (3, Value::from(-8)), (-1, Value::from(6)), (-2, x)]);
    check(&cose, Algorithm::EdDsa, key.sign(b"message").as_ref());

    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &rng, b"message", &mut signature).unwrap();
    let der = key.public_key().as_ref();
    let (_, public) = x509_parser::public_key::RSAPublicKey::from_der(der).unwrap();
    let unsigned = |number: &[u8]| Value::Bytes(number.strip_prefix(&[0]).unwrap_or(number).to_vec());
    let (n, e) = (unsigned(public.modulus), unsigned(public.exponent));
    let cose = map(&[(1, Value::from(3)), (3, Value::from(-257)), (-1, n), (-2, e)]);
    check(&cose, Algorithm::Rs256, &signature);
}

#[test]
fn rejects_point_off_the_curve() {
    let mut point = p256().public_key().as_ref().to_vec();
    point[64] ^= 1;
    let result = PublicKey::from_cose(&map(&ec(-7, 1, &point)));
    assert!(matches!(result, Err(Error::PublicKey { reason, .. }) if reason.contains("curve")), "{result:?}");
    assert!(PublicKey::from_p256_point(&point).is_err());
    assert!(PublicKey::from_p256_point(&[]).is_err());
}

#[test]
fn rejects_keys_that_violate_webauthn() {
    let pair = p256();
    let good = ec(-7, 1, pair.public_key().as_ref());
    let with = |index: usize, value: Value| {
        let mut entries = good.clone();
        entries[index].1 = value;
        map(&entries)
    };
    assert!(PublicKey::from_cose(&map(&good)).is_ok());
    // Wrong key type, wrong curve, short coordinate, compressed point.
    for bad in [
        with(0, Value::from(1)),
        with(2, Value::from(2)),
        with(3, Value::Bytes(vec![1; 31])),
        with(4, Value::Bool(true)),
    ] {
        assert!(matches!(PublicKey::from_cose(&bad), Err(Error::PublicKey { .. })));
    }
    let mut optional = good.clone();
    optional.push((2, Value::Bytes(vec![1])));
    assert!(matches!(PublicKey::from_cose(&map(&optional)), Err(Error::PublicKey { .. })));
    assert_eq!(
        PublicKey::from_cose(&with(1, Value::from(-47))),
        Err(Error::AlgorithmUnsupported { what: "the credential", algorithm: -47 })
    );
    assert!(PublicKey::from_cose(&map(&good[..1])).is_err());
    assert!(PublicKey::from_cose(&[0x80]).is_err());
}

#[test]
fn algorithm_is_shown_with_name_and_number() {
    let shown = [-7, -35, -8, -257].map(|id| Algorithm::from_id(id).unwrap().to_string());
    assert_eq!(shown, ["ES256 (-7)", "ES384 (-35)", "EdDSA (-8)", "RS256 (-257)"]);
}

#[test]
fn limits_size_of_rsa_keys() {
    let out_of_bounds = |modulus: usize, exponent: usize| {
        let number = |length: usize| Value::Bytes(vec![0xff; length]);
        let entries = [(1, 3), (3, -257)].map(|(label, value)| (label, Value::from(value)));
        let cose = map(&[entries.as_slice(), &[(-1, number(modulus)), (-2, number(exponent))]].concat());
        match PublicKey::from_cose(&cose) {
            Err(Error::PublicKey { reason, .. }) => reason.contains("2048 to 8192 bits"),
            _ => false,
        }
    };
    for (modulus, exponent, expected) in
        [(255, 3, true), (256, 3, false), (1024, 3, false), (1025, 3, true), (256, 8, false), (256, 9, true)]
    {
        assert_eq!(out_of_bounds(modulus, exponent), expected, "{modulus} {exponent}");
    }
}
