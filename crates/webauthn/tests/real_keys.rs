//! Registrations and assertions made by real security keys verify, and none does after any byte that matters was altered.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use chrono::{DateTime, Utc};
use keyferry_webauthn::response::AssertionResponse;
use keyferry_webauthn::{
    AssertionExpectations, AttestationKind, AttestationObject, AttestationPolicy, AuthenticationResponse, Base64Url,
    ClientData, Error, Flags, RegistrationExpectations, RegistrationResponse, SignCount, StoredCredential,
    TrustAnchors, VerifiedAssertion, VerifiedCredential, verify_assertion, verify_registration,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    examples: Vec<Example>,
}

#[derive(Deserialize)]
struct Example {
    name: String,
    rp_id: String,
    client_data_json: String,
    attestation_object_b64url: String,
    assertion: Assertion,
}

#[derive(Deserialize)]
struct Assertion {
    credential_id_b64url: String,
    client_data_json: String,
    authenticator_data_b64url: String,
    signature_b64url: String,
}

fn examples() -> Vec<Example> {
    serde_json::from_str::<Vectors>(include_str!("data/real-security-keys.json")).unwrap().examples
}

fn anchors() -> TrustAnchors {
    TrustAnchors::from_pem(
        &[
            include_bytes!("../../../trust-anchors/yubico-fido-ca-1.pem"),
            include_bytes!("../../../trust-anchors/yubico-fido-ca-2.pem"),
            include_bytes!("../../../trust-anchors/yubico-ca-1.pem"),
        ],
        &[include_bytes!("../../../trust-anchors/yubico-intermediate.pem")],
    )
    .unwrap()
}

fn now() -> DateTime<Utc> {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn bytes(text: &str) -> Vec<u8> {
    Base64Url::decode("vector", text.trim_end_matches('=')).unwrap().0
}

impl Example {
    fn registration(&self) -> RegistrationResponse {
        let id = bytes(&self.assertion.credential_id_b64url);
        RegistrationResponse::new(&id, self.client_data_json.clone().into(), bytes(&self.attestation_object_b64url))
    }

    fn verify(&self, response: &RegistrationResponse, anchors: &TrustAnchors) -> Result<VerifiedCredential, Error> {
        let expected = RegistrationExpectations {
            challenge: ClientData::parse(self.client_data_json.as_bytes()).unwrap().challenge,
            rp_id: self.rp_id.clone(),
            origins: vec![format!("https://{}", self.rp_id)],
            require_user_verification: false,
            algorithms: vec![-7],
            excluded: vec![],
            attestation: AttestationPolicy::RequireTrusted(anchors),
            allowed_aaguids: None,
            time: now(),
        };
        verify_registration(&expected, response)
    }

    fn authentication(&self) -> AuthenticationResponse {
        let response = AssertionResponse {
            client_data_json: self.assertion.client_data_json.clone().into_bytes().into(),
            authenticator_data: bytes(&self.assertion.authenticator_data_b64url).into(),
            signature: bytes(&self.assertion.signature_b64url).into(),
            user_handle: None,
        };
        AuthenticationResponse::new(&bytes(&self.assertion.credential_id_b64url), response)
    }

    fn verify_assertion(
        &self,
        credential: &VerifiedCredential,
        response: &AuthenticationResponse,
    ) -> Result<VerifiedAssertion, Error> {
        let expected = AssertionExpectations {
            challenge: ClientData::parse(self.assertion.client_data_json.as_bytes()).unwrap().challenge,
            rp_id: self.rp_id.clone(),
            origins: vec![format!("https://{}", self.rp_id)],
            require_user_verification: false,
            require_user_handle: false,
        };
        let stored = StoredCredential {
            credential_id: credential.credential_id.clone(),
            public_key: credential.public_key.clone(),
            sign_count: credential.sign_count,
            user_handle: b"unknown".to_vec(),
            backup_eligible: credential.flags.contains(Flags::BE),
        };
        verify_assertion(&expected, &stored, response)
    }
}

#[test]
fn every_real_registration_leads_to_the_published_root() {
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
fn every_real_assertion_verifies_with_the_registered_key() {
    for example in examples() {
        let credential = example.verify(&example.registration(), &anchors()).unwrap();
        let verified = example.verify_assertion(&credential, &example.authentication()).unwrap();
        assert!(verified.flags.contains(Flags::UP), "{}", example.name);
        let stays_zero = credential.sign_count == 0 && verified.sign_count == 0;
        assert_eq!(verified.counter, if stays_zero { SignCount::Unused } else { SignCount::Advanced });
    }
}

#[test]
fn without_the_vendors_root_none_is_trusted() {
    let other = TrustAnchors::from_pem(&[include_bytes!("../../../trust-anchors/yubico-ca-1.pem")], &[]).unwrap();
    for example in examples() {
        let result = example.verify(&example.registration(), &other);
        assert!(matches!(result, Err(Error::Untrusted { .. })), "{result:?}");
    }
}

/// Flips every bit of the attestation object, one after the other: signature, certificate, authenticator data and all.
#[test]
fn no_registration_with_a_flipped_bit_verifies() {
    let anchors = anchors();
    for example in examples() {
        let good = example.registration();
        let object = good.response.attestation_object.as_bytes();
        let parsed = AttestationObject::parse(object).unwrap();
        let data = &parsed.auth_data_bytes;
        let data_at = object.windows(data.len()).position(|window| window == data.as_slice()).unwrap();
        let mut taken = Vec::new();
        for index in 0..object.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad.response.attestation_object.0[index] ^= 1 << bit;
                if example.verify(&bad, &anchors).is_ok() {
                    taken.push(index);
                }
            }
        }
        // A U2F signature covers neither the flags (other than those that are checked) nor the counter.
        let uncovered = data_at + 32..data_at + 37;
        let is_u2f = parsed.format == "fido-u2f";
        let unexplained: Vec<_> = taken.into_iter().filter(|index| !(is_u2f && uncovered.contains(index))).collect();
        assert_eq!(unexplained, [0usize; 0], "{}", example.name);
    }
}

#[test]
fn no_registration_with_altered_client_data_verifies() {
    for example in examples() {
        for index in 0..example.client_data_json.len() {
            let mut bad = example.registration();
            bad.response.client_data_json.0[index] ^= 0x01;
            assert!(example.verify(&bad, &anchors()).is_err(), "{} byte {index}", example.name);
        }
    }
}

#[test]
fn no_assertion_with_a_flipped_bit_verifies() {
    type Part = fn(&mut AuthenticationResponse) -> &mut Vec<u8>;
    let parts: [Part; 3] = [
        |response| &mut response.response.signature.0,
        |response| &mut response.response.authenticator_data.0,
        |response| &mut response.response.client_data_json.0,
    ];
    for example in examples() {
        let credential = example.verify(&example.registration(), &anchors()).unwrap();
        for part in parts {
            for index in 0..part(&mut example.authentication()).len() {
                let mut bad = example.authentication();
                part(&mut bad)[index] ^= 0x01;
                assert!(example.verify_assertion(&credential, &bad).is_err(), "{} byte {index}", example.name);
            }
        }
    }
}
