//! Verification of signatures with the keys of certificates.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1,
    ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use super::certificate::Certificate;
use crate::{Algorithm, CertificateFault, Error};

/// Supported kinds of public keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

/// Returns the kind of a public key (RFC 3279 section 2.3.1, RFC 5480 section 2.1.1, RFC 8410 section 3).
fn key_kind(info: &SubjectPublicKeyInfo<'_>) -> Option<KeyKind> {
    match info.algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.1" => Some(KeyKind::Rsa),
        "1.2.840.10045.2.1" => match info.algorithm.parameters.as_ref()?.as_oid().ok()?.to_id_string().as_str() {
            "1.2.840.10045.3.1.7" => Some(KeyKind::P256),
            "1.3.132.0.34" => Some(KeyKind::P384),
            _ => None,
        },
        "1.3.101.112" => Some(KeyKind::Ed25519),
        _ => None,
    }
}

/// Returns the verification algorithm for a certificate signature (RFC 4055 section 5, RFC 5758 section 3.2).
fn issued_by(kind: Option<KeyKind>, signature: &AlgorithmIdentifier<'_>) -> Option<&'static dyn VerificationAlgorithm> {
    let oid = signature.algorithm.to_id_string();
    match (oid.as_str(), kind?) {
        ("1.2.840.113549.1.1.11", KeyKind::Rsa) => Some(&RSA_PKCS1_2048_8192_SHA256),
        ("1.2.840.113549.1.1.12", KeyKind::Rsa) => Some(&RSA_PKCS1_2048_8192_SHA384),
        ("1.2.840.113549.1.1.13", KeyKind::Rsa) => Some(&RSA_PKCS1_2048_8192_SHA512),
        ("1.2.840.10045.4.3.2", KeyKind::P256) => Some(&ECDSA_P256_SHA256_ASN1),
        ("1.2.840.10045.4.3.3", KeyKind::P256) => Some(&ECDSA_P256_SHA384_ASN1),
        ("1.2.840.10045.4.3.4", KeyKind::P256) => Some(&ECDSA_P256_SHA512_ASN1),
        ("1.2.840.10045.4.3.2", KeyKind::P384) => Some(&ECDSA_P384_SHA256_ASN1),
        ("1.2.840.10045.4.3.3", KeyKind::P384) => Some(&ECDSA_P384_SHA384_ASN1),
        ("1.2.840.10045.4.3.4", KeyKind::P384) => Some(&ECDSA_P384_SHA512_ASN1),
        _ => None,
    }
}

/// Checks that `issuer`'s key signed `child`. Does not compare names. [`Certificate::parse`] has checked that both
/// signature algorithms of `child` are equal.
pub(super) fn check_issued(child: &Certificate<'_>, issuer: &Certificate<'_>) -> Result<(), CertificateFault> {
    let (child, issuer_x509) = (child.x509(), issuer.x509());
    let inner = &child.tbs_certificate.signature;
    let info = issuer_x509.public_key();
    let algorithm = issued_by(key_kind(info), inner)
        .ok_or_else(|| CertificateFault::SignatureAlgorithm { oid: inner.algorithm.to_id_string() })?;
    UnparsedPublicKey::new(algorithm, &info.subject_public_key.data)
        .verify(child.tbs_certificate.as_ref(), &child.signature_value.data)
        .map_err(|_| CertificateFault::Signature { issuer: issuer.subject() })
}

/// Verifies an attestation signature with the key of the attestation certificate.
pub(super) fn verify_with(
    certificate: &Certificate<'_>,
    algorithm: Algorithm,
    format: &'static str,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Error> {
    let (kind, verifier, expected): (_, &'static dyn VerificationAlgorithm, _) = match algorithm {
        Algorithm::Es256 => (KeyKind::P256, &ECDSA_P256_SHA256_ASN1, "an EC key on P-256 for ES256"),
        Algorithm::Es384 => (KeyKind::P384, &ECDSA_P384_SHA384_ASN1, "an EC key on P-384 for ES384"),
        Algorithm::EdDsa => (KeyKind::Ed25519, &ED25519, "an Ed25519 key for EdDSA"),
        Algorithm::Rs256 => (KeyKind::Rsa, &RSA_PKCS1_2048_8192_SHA256, "an RSA key for RS256"),
    };
    let info = certificate.x509().public_key();
    if key_kind(info) != Some(kind) {
        return Err(certificate.fault(CertificateFault::PublicKey { expected }));
    }
    UnparsedPublicKey::new(verifier, &info.subject_public_key.data)
        .verify(message, signature)
        .map_err(|_| Error::AttestationSignature { format })
}

/// Returns whether `signature` is a JWS signature (RFC 7518 section 3.1) of `message` by the certificate's key. `None`
/// if the algorithm is not supported or does not fit the key.
pub(super) fn verifies_jws(
    certificate: &Certificate<'_>,
    algorithm: &str,
    message: &[u8],
    signature: &[u8],
) -> Option<bool> {
    let info = certificate.x509().public_key();
    let verifier: &'static dyn VerificationAlgorithm = match (algorithm, key_kind(info)?) {
        ("RS256", KeyKind::Rsa) => &RSA_PKCS1_2048_8192_SHA256,
        ("ES256", KeyKind::P256) => &ECDSA_P256_SHA256_FIXED,
        _ => return None,
    };
    Some(UnparsedPublicKey::new(verifier, &info.subject_public_key.data).verify(message, signature).is_ok())
}

#[cfg(test)]
mod tests;
