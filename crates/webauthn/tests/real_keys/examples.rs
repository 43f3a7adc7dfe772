//! The recorded registrations and sign-ins.

use chrono::{DateTime, Utc};
use keyferry_webauthn::response::AssertionResponse;
use keyferry_webauthn::{
    AssertionExpectations, AttestationPolicy, AuthenticationResponse, Base64Url, ClientData, Error, Flags,
    RegistrationExpectations, RegistrationResponse, StoredCredential, TrustAnchors, VerifiedAssertion,
    VerifiedCredential, verify_assertion, verify_registration,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    examples: Vec<Example>,
}

#[derive(Deserialize)]
pub struct Example {
    pub name: String,
    pub rp_id: String,
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

pub fn examples() -> Vec<Example> {
    serde_json::from_str::<Vectors>(include_str!("../data/real-security-keys.json")).unwrap().examples
}

/// Returns the trust anchors that ship with Keyferry.
pub fn anchors() -> TrustAnchors {
    TrustAnchors::from_pem(
        &[
            include_bytes!("../../../../trust-anchors/yubico-fido-ca-1.pem"),
            include_bytes!("../../../../trust-anchors/yubico-fido-ca-2.pem"),
            include_bytes!("../../../../trust-anchors/yubico-ca-1.pem"),
        ],
        &[include_bytes!("../../../../trust-anchors/yubico-intermediate.pem")],
    )
    .unwrap()
}

fn now() -> DateTime<Utc> {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn bytes(text: &str) -> Vec<u8> {
    Base64Url::decode("vector", text.trim_end_matches('=')).unwrap().0
}

fn challenge(client_data_json: &str) -> String {
    ClientData::parse(client_data_json.as_bytes()).unwrap().challenge
}

impl Example {
    pub fn registration(&self) -> RegistrationResponse {
        let id = bytes(&self.assertion.credential_id_b64url);
        RegistrationResponse::new(&id, self.client_data_json.clone().into(), bytes(&self.attestation_object_b64url))
    }

    pub fn verify(&self, response: &RegistrationResponse, anchors: &TrustAnchors) -> Result<VerifiedCredential, Error> {
        let expected = RegistrationExpectations {
            challenge: challenge(&self.client_data_json),
            rp_id: self.rp_id.clone(),
            origins: vec![format!("https://{}", self.rp_id)],
            require_user_verification: false,
            require_device_bound: true,
            algorithms: vec![-7],
            excluded: vec![],
            attestation: AttestationPolicy::RequireTrusted(anchors),
            allowed_aaguids: None,
            time: now(),
        };
        verify_registration(&expected, response)
    }

    pub fn sign_in(&self) -> AuthenticationResponse {
        let response = AssertionResponse {
            client_data_json: self.assertion.client_data_json.clone().into_bytes().into(),
            authenticator_data: bytes(&self.assertion.authenticator_data_b64url).into(),
            signature: bytes(&self.assertion.signature_b64url).into(),
            user_handle: None,
        };
        AuthenticationResponse::new(&bytes(&self.assertion.credential_id_b64url), response)
    }

    pub fn verify_sign_in(
        &self,
        credential: &VerifiedCredential,
        response: &AuthenticationResponse,
    ) -> Result<VerifiedAssertion, Error> {
        let expected = AssertionExpectations {
            challenge: challenge(&self.assertion.client_data_json),
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
