//! Fuzzes attestation objects, authenticator data, COSE keys and certificates.
#![no_main]

use std::sync::LazyLock;

use keyferry_webauthn::{AttestationObject, AuthenticatorData, PublicKey, TrustAnchors};
use libfuzzer_sys::fuzz_target;

static ANCHORS: LazyLock<TrustAnchors> = LazyLock::new(|| {
    TrustAnchors::from_pem(
        &[
            include_bytes!("../../trust-anchors/yubico-fido-ca-1.pem"),
            include_bytes!("../../trust-anchors/yubico-ca-1.pem"),
        ],
        &[include_bytes!("../../trust-anchors/yubico-intermediate.pem")],
    )
    .expect("the anchors")
});

fuzz_target!(|data: &[u8]| {
    let time = "2026-11-01T00:00:00Z".parse().expect("a time");
    if let Ok(object) = AttestationObject::parse(data)
        && let Ok(verified) = object.verify(&[7; 32], Some(&ANCHORS), time)
    {
        // No vendor key has signed this hash, so the attestation cannot be trusted.
        assert!(!verified.trusted);
    }
    if let Ok(read) = AuthenticatorData::parse(data) {
        let again = AuthenticatorData::parse(&read.to_bytes().expect("serialised")).expect("our own output");
        assert_eq!((again.attested, again.extensions), (read.attested, read.extensions));
    }
    if let Ok(key) = PublicKey::from_cose(data) {
        assert_eq!(PublicKey::from_cose(&key.to_cose()), Ok(key));
    }
    if let Ok(anchors) = TrustAnchors::from_der(vec![data.to_vec()], vec![data.to_vec()]) {
        assert!(anchors.roots().is_ok());
    }
    let _ = TrustAnchors::from_pem(&[data], &[]);
});
