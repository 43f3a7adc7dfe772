use aws_lc_rs::signature::{ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use ciborium::Value;
use rcgen::{PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384};

use super::*;
use crate::builder::public_key;
use crate::testing::{Authority, World, key_pair, leaf_params, now};
use crate::{Flags, PublicKey, cbor, sha256};

const CLIENT_DATA: &[u8] = b"{}";

/// A valid U2F attestation, built according to section 8.6. Tests change single parts to make it invalid.
struct Made {
    object: AttestationObject,
    signer: Authority,
}

impl Made {
    fn new() -> Self {
        Self::by(Authority::root_with(leaf_params(), &PKCS_ECDSA_P256_SHA256), public_key(&key_pair()).unwrap())
    }

    fn by(signer: Authority, key: PublicKey) -> Self {
        let mut auth_data = World::new().credential().auth_data().unwrap();
        auth_data.flags = Flags::UP;
        let credential = auth_data.attested.as_mut().unwrap();
        (credential.aaguid, credential.public_key) = (Aaguid::ZERO, key);
        let auth_data_bytes = auth_data.to_bytes().unwrap();
        let mut made = Self {
            object: AttestationObject { format: "fido-u2f".to_owned(), auth_data, auth_data_bytes, statement: vec![] },
            signer,
        };
        made.sign();
        made
    }

    /// Signs the current data.
    fn sign(&mut self) {
        let data = &self.object.auth_data;
        let credential = data.attested.as_ref().unwrap();
        // The uncompressed point, for any curve.
        let point = uncompressed(&credential.public_key);
        let hash = sha256(CLIENT_DATA);
        let message = [&[0], &data.rp_id_hash[..], &hash, &credential.credential_id, &point].concat();
        self.set("sig", Value::Bytes(self.signer.sign(&message)));
        self.set("x5c", Value::Array(vec![Value::Bytes(self.signer.der.clone())]));
    }

    fn set(&mut self, member: &str, value: Value) {
        self.object.statement.retain(|(key, _)| key.as_text() != Some(member));
        self.object.statement.push((Value::Text(member.to_owned()), value));
    }

    fn verify(&self) -> Result<Statement, Error> {
        verify(&self.object, &sha256(CLIENT_DATA))
    }

    fn refusal(&self) -> Error {
        self.verify().err().expect("a rejected attestation")
    }
}

fn uncompressed(key: &PublicKey) -> Vec<u8> {
    let value = cbor::read_all("key", &key.to_cose()).unwrap();
    let map = value.as_map().unwrap();
    let coordinate = |label: i64| {
        let (_, value) = map.iter().find(|(key, _)| cbor::as_i64(key) == Some(label)).unwrap();
        value.as_bytes().unwrap().clone()
    };
    [vec![0x04], coordinate(-2), coordinate(-3)].concat()
}

fn is_format(error: &Error, words: &str) -> bool {
    matches!(error, Error::Format { reason, .. } if reason.contains(words))
}

#[test]
fn accepts_attestation_of_section_8_6() {
    let made = Made::new();
    let statement = made.verify().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((statement.format, statement.kind), ("fido-u2f", AttestationKind::Certificate));
    assert_eq!(statement.certificates, std::slice::from_ref(&made.signer.der));
    let verified = made.object.verify(&sha256(CLIENT_DATA), None, now()).unwrap();
    assert_eq!(verified.format, "fido-u2f");
}

#[test]
fn statement_has_exactly_signature_and_certificates() {
    for missing in ["sig", "x5c"] {
        let mut made = Made::new();
        made.object.statement.retain(|(key, _)| key.as_text() != Some(missing));
        assert!(is_format(&made.refusal(), missing), "{missing}");
    }
    let mut made = Made::new();
    made.set("alg", Value::from(-7));
    assert!(is_format(&made.refusal(), "other members"));
}

#[test]
fn requires_exactly_one_certificate() {
    let mut made = Made::new();
    let certificate = Value::Bytes(made.signer.der.clone());
    made.set("x5c", Value::Array(vec![certificate.clone(), certificate]));
    assert!(is_format(&made.refusal(), "exactly one certificate"));
}

#[test]
fn requires_certificate_key_on_p_256() {
    let signer = Authority::root_with(leaf_params(), &PKCS_ECDSA_P384_SHA384);
    let made = Made::by(signer, public_key(&key_pair()).unwrap());
    let error = made.refusal();
    assert!(matches!(error, Error::Certificate { fault: crate::CertificateFault::PublicKey { .. }, .. }), "{error}");
}

#[test]
fn requires_credential_key_on_p_256() {
    let key = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).unwrap();
    let (x, y) = key.public_key().as_ref()[1..].split_at(48);
    let bytes = |part: &[u8]| Value::Bytes(part.to_vec());
    let entries = [(1, Value::from(2)), (3, Value::from(-35)), (-1, Value::from(2)), (-2, bytes(x)), (-3, bytes(y))];
    let map = entries.into_iter().map(|(label, value)| (Value::from(label), value)).collect();
    let key = PublicKey::from_cose(&cbor::canonical(&Value::Map(map))).unwrap();
    let signer = Authority::root_with(leaf_params(), &PKCS_ECDSA_P256_SHA256);
    assert!(is_format(&Made::by(signer, key).refusal(), "ES256 credential"));
}

#[test]
fn requires_aaguid_of_zeros() {
    let mut made = Made::new();
    made.object.auth_data.attested.as_mut().unwrap().aaguid = crate::testing::AAGUID;
    made.sign();
    assert!(is_format(&made.refusal(), "AAGUID of zeros"));
}

#[test]
fn signature_covers_rp_client_data_credential_id_and_key() {
    let changes: [fn(&mut AttestationObject); 3] = [
        |object| object.auth_data.rp_id_hash[0] ^= 1,
        |object| object.auth_data.attested.as_mut().unwrap().credential_id[0] ^= 1,
        |object| object.auth_data.attested.as_mut().unwrap().public_key = public_key(&key_pair()).unwrap(),
    ];
    let refused = Error::AttestationSignature { format: "fido-u2f" };
    for change in changes {
        let mut made = Made::new();
        change(&mut made.object);
        assert_eq!(made.refusal(), refused);
    }
    let made = Made::new();
    assert_eq!(verify(&made.object, &sha256(b"{ }")).err(), Some(refused.clone()));
    let mut stranger = Made::new();
    stranger.set("x5c", Value::Array(vec![Value::Bytes(Made::new().signer.der)]));
    assert_eq!(stranger.refusal(), refused);
}
