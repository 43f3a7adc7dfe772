use rcgen::{
    BasicConstraints, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256, PKCS_RSA_SHA384,
    PKCS_RSA_SHA512, SigningKey as _,
};
use x509_parser::pem::Pem;

use super::*;
use crate::testing::{ca_params, leaf_params};

fn check(root: &[u8], leaf: &[u8]) -> Result<(), CertificateFault> {
    check_issued(&Certificate::parse(leaf).unwrap(), &Certificate::parse(root).unwrap())
}

#[test]
fn accepts_ecdsa_issuers_with_any_sha_2_hash() {
    let pem = include_bytes!("../../../tests/data/issued-by-openssl.pem");
    let certificates: Vec<_> = Pem::iter_from_buffer(pem).map(|block| block.unwrap().contents).collect();
    let [of_p256, of_p384] = certificates.chunks(4).collect::<Vec<_>>()[..] else { panic!("two curves") };
    for (family, stranger) in [(of_p256, &of_p384[0]), (of_p384, &of_p256[0])] {
        let [root, leaves @ ..] = family else { panic!("a root") };
        assert_eq!(leaves.len(), 3);
        for leaf in leaves {
            assert_eq!(check(root, leaf), Ok(()));
            assert!(matches!(check(stranger, leaf), Err(CertificateFault::Signature { .. })));
        }
    }
}

#[test]
fn accepts_rsa_issuers_with_any_sha_2_hash() {
    for algorithm in [&PKCS_RSA_SHA256, &PKCS_RSA_SHA384, &PKCS_RSA_SHA512] {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let params = ca_params("Root", BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap();
        let leaf_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let leaf = leaf_params().signed_by(&leaf_key, &Issuer::new(params, key)).unwrap();
        assert_eq!(check(root.der(), leaf.der()), Ok(()), "{algorithm:?}");
    }
}

#[test]
fn eddsa_attestation_requires_ed25519_key() {
    for (algorithm, fits) in [(&PKCS_ED25519, true), (&PKCS_ECDSA_P256_SHA256, false)] {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let root = ca_params("Root", BasicConstraints::Unconstrained).self_signed(&key).unwrap();
        let certificate = Certificate::parse(root.der()).unwrap();
        let signature = key.sign(b"message").unwrap();
        let verified = verify_with(&certificate, Algorithm::EdDsa, "packed", b"message", &signature);
        assert_eq!(verified.is_ok(), fits, "{verified:?}");
        assert!(verify_with(&certificate, Algorithm::EdDsa, "packed", b"massage", &signature).is_err());
    }
}
