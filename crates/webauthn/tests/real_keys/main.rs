//! Tests with registrations and sign-ins of real security keys. They must verify, and must not verify after a
//! modification.

#![allow(clippy::unwrap_used, reason = "a panic fails the test")]
#![allow(missing_docs, unreachable_pub, reason = "tests")]

mod examples;
mod flips;

use keyferry_webauthn::{AttestationKind, Error, Flags, SignCount, TrustAnchors};

use examples::{anchors, examples};

#[test]
fn real_registrations_chain_to_the_published_root() {
    let expected = [
        ("YubiKey4", "fido-u2f", "00000000-0000-0000-0000-000000000000"),
        ("YubiKey5Nfc", "packed", "fa2b99dc-9e39-4257-8f92-4a30d23c4118"),
        ("YubiKey5cNfc", "fido-u2f", "00000000-0000-0000-0000-000000000000"),
    ];
    let examples = examples();
    assert_eq!(examples.len(), expected.len());
    for (example, (name, format, aaguid)) in examples.iter().zip(expected) {
        let verified = example.verify(&example.registration(), &anchors()).unwrap();
        assert_eq!(example.name, name);
        assert_eq!(verified.aaguid.to_string(), aaguid, "{name}");
        let attestation = verified.attestation;
        assert_eq!(
            (attestation.format, attestation.kind, attestation.trusted),
            (format, AttestationKind::Certificate, true),
            "{name}"
        );
        let subjects: Vec<_> = attestation.chain.iter().map(|member| member.subject.as_str()).collect();
        assert!(subjects[0].contains("Yubico U2F EE Serial"), "{subjects:?}");
        assert_eq!(subjects[1..], ["CN=Yubico U2F Root CA Serial 457200631"]);
    }
}

#[test]
fn real_sign_ins_verify_with_the_registered_key() {
    for example in examples() {
        let credential = example.verify(&example.registration(), &anchors()).unwrap();
        let verified = example.verify_sign_in(&credential, &example.sign_in()).unwrap();
        assert!(verified.flags.contains(Flags::UP), "{}", example.name);
        let stays_zero = credential.sign_count == 0 && verified.sign_count == 0;
        assert_eq!(verified.counter, if stays_zero { SignCount::Unused } else { SignCount::Advanced });
    }
}

#[test]
fn sign_ins_do_not_verify_with_another_key() {
    let examples = examples();
    for (example, other) in examples.iter().zip(examples.iter().cycle().skip(1)) {
        let mut credential = example.verify(&example.registration(), &anchors()).unwrap();
        credential.public_key = other.verify(&other.registration(), &anchors()).unwrap().public_key;
        let result = example.verify_sign_in(&credential, &example.sign_in());
        assert_eq!(result, Err(Error::AssertionSignature), "{}", example.name);
    }
}

#[test]
fn registrations_are_not_trusted_without_the_vendors_root() {
    let other = TrustAnchors::from_pem(&[include_bytes!("../../../../trust-anchors/yubico-ca-1.pem")], &[]).unwrap();
    for example in examples() {
        let result = example.verify(&example.registration(), &other);
        assert!(matches!(result, Err(Error::Untrusted { .. })), "{result:?}");
    }
}
