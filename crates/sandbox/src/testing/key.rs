//! Security key of a test: registers with Graph and signs in without an order.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_webauthn::builder::{Attestation, NewAssertion, NewCredential};
use keyferry_webauthn::{Aaguid, Extensions, Flags};
use serde_json::{Value, json};

use super::bench::Bench;
use crate::factory::authenticators::AUTHENTICATORS;
use crate::ground::random;

/// Security key with one credential.
pub(crate) struct TestKey {
    /// Credential id, 32 random bytes.
    pub(crate) id: Vec<u8>,
    pair: EcdsaKeyPair,
    /// User handle, which every assertion contains.
    handle: Vec<u8>,
    /// AAGUID in the authenticator data: that of the first model.
    pub(crate) aaguid: Aaguid,
}

/// Attestation of the credential.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Proof {
    /// Packed, signed with the factory's key for the first model.
    Factory,
    /// Packed self attestation, signed with the credential's own key.
    Own,
    /// Format `none`.
    Nothing,
}

impl TestKey {
    /// Creates a key of the first model for the user of these creation options, as Graph returns them.
    pub(crate) fn new(options: &Value) -> Self {
        let handle = options["publicKey"]["user"]["id"].as_str().unwrap();
        Self {
            id: random::bytes::<32>().to_vec(),
            pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            handle: URL_SAFE_NO_PAD.decode(handle).unwrap(),
            aaguid: Aaguid::from_bytes(*AUTHENTICATORS[0].aaguid.as_bytes()),
        }
    }

    /// Returns the id of the method in Graph. The digit is 1, because base64 of 32 bytes has one padding character.
    pub(crate) fn method_id(&self) -> String {
        format!("{}1", URL_SAFE_NO_PAD.encode(&self.id))
    }

    /// Returns the body of a valid registration: the right relying party, with presence and verification of the user.
    pub(crate) fn submission(&self, bench: &Bench, options: &Value, proof: Proof) -> Value {
        self.submission_for(bench, options, proof, "localhost", Flags::UP.with(Flags::UV))
    }

    /// Returns the body of a registration for this relying party, with these flags.
    pub(crate) fn submission_for(
        &self,
        bench: &Bench,
        options: &Value,
        proof: Proof,
        rp_id: &str,
        flags: Flags,
    ) -> Value {
        let factory = &bench.sandbox.world().factory;
        let signer = factory.attestation().signer(AUTHENTICATORS[0].aaguid).unwrap();
        let credential = NewCredential {
            rp_id,
            challenge: options["publicKey"]["challenge"].as_str().unwrap(),
            aaguid: self.aaguid,
            credential_id: &self.id,
            key: &self.pair,
            flags,
            sign_count: 0,
            extensions: Extensions::default().with_cred_protect(1),
            attestation: match proof {
                Proof::Factory => Attestation::Packed(signer),
                Proof::Own => Attestation::PackedSelf,
                Proof::Nothing => Attestation::None,
            },
        };
        let made = credential.make().unwrap();
        json!({"displayName": "Serial: 30000001", "publicKeyCredential": {
            "id": made.id,
            "response": {
                "clientDataJSON": made.response.client_data_json,
                "attestationObject": made.response.attestation_object,
            },
            "clientExtensionResults": {"credProtect": 1},
        }})
    }

    /// Returns an `AuthenticationResponseJSON` (WebAuthn level 3 section 5.1) for these request options. `origin`,
    /// `flags` and `sign_count` may be invalid, to test that the sandbox rejects them.
    pub(crate) fn assertion(&self, options: &Value, origin: &str, flags: Flags, sign_count: u32) -> Value {
        let assertion = NewAssertion {
            rp_id: "localhost",
            challenge: options["challenge"].as_str().unwrap(),
            origin,
            credential_id: &self.id,
            key: &self.pair,
            flags,
            sign_count,
            user_handle: Some(&self.handle),
        };
        json!(assertion.make().unwrap())
    }
}
