//! Credential of a simulated key: its registration, valid or with a defect, and its assertions.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyferry_webauthn::builder::{Attestation as Statement, NewAssertion, NewCredential, attestation_object};
use keyferry_webauthn::client_data::{self, Ceremony, default_origin};
use keyferry_webauthn::{Aaguid, Extensions, Flags, RegistrationResponse};
use serde_json::{Value, json};
use uuid::Uuid;

use super::attestation::Attestation;
use super::authenticators::{Authenticator, FOREIGN};
use super::creation_options::CreationOptions;
use super::tamper::Tamper;
use crate::ground::random;

/// Length of a credential id in bytes, like that of current keys.
const ID_LENGTH: usize = 48;
/// Relying party id of responses with a defect.
const OTHER_RP_ID: &str = "stranger.example";

/// Credential with its private key.
pub(crate) struct Credential {
    id: [u8; ID_LENGTH],
    key: EcdsaKeyPair,
    options: CreationOptions,
    user_handle: Vec<u8>,
    authenticator: Authenticator,
}

impl Credential {
    /// Creates a credential. The error is for the parcel's message.
    pub(crate) fn make(options: CreationOptions, authenticator: Authenticator) -> Result<Self, String> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(|_| "no key could be made")?;
        let user_handle = options.user_handle().ok_or("creation_options.user.id is not base64url")?;
        Ok(Self { id: random::bytes(), key, options, user_handle, authenticator })
    }

    /// Returns the credential id.
    pub(crate) fn id(&self) -> &[u8] {
        &self.id
    }

    /// Returns the relying party id.
    pub(crate) fn rp_id(&self) -> &str {
        &self.options.rp.id
    }

    /// Returns the user handle in base64url, unchanged from the creation options.
    pub(crate) fn user_id(&self) -> &str {
        &self.options.user.id
    }

    /// Returns the AAGUID of the key's model.
    pub(crate) fn aaguid(&self) -> Uuid {
        self.authenticator.aaguid
    }

    /// Returns the registration, a `RegistrationResponseJSON`, with the defect of `tamper` if that affects credentials.
    pub(crate) fn registration(&self, attestation: &Attestation, tamper: Option<&Tamper>) -> Result<Value, String> {
        self.register(attestation, tamper).map_err(|error| error.to_string())
    }

    fn register(&self, attestation: &Attestation, tamper: Option<&Tamper>) -> Result<Value, keyferry_webauthn::Error> {
        let tampered = |how: &Tamper| tamper == Some(how);
        let aaguid = if tampered(&Tamper::WrongAaguid) { FOREIGN.aaguid } else { self.authenticator.aaguid };
        let signer = match tampered(&Tamper::BadAttestation) {
            true => attestation.forger(aaguid),
            false => attestation.signer(aaguid),
        };
        let statement = signer.map_or(Statement::None, Statement::Packed);
        let mut extensions = Extensions::default();
        if let Ok(Some(level)) = self.options.protection() {
            extensions = extensions.with_cred_protect(level);
        }
        if self.options.hmac_secret() {
            extensions = extensions.with_hmac_secret(true);
        }
        let verified = if tampered(&Tamper::NoUserVerification) { Flags::UP } else { Flags::UP.with(Flags::UV) };
        let other_challenge = URL_SAFE_NO_PAD.encode(random::bytes::<32>());
        let new = NewCredential {
            rp_id: if tampered(&Tamper::WrongRp) { OTHER_RP_ID } else { self.rp_id() },
            challenge: if tampered(&Tamper::WrongChallenge) { &other_challenge } else { &self.options.challenge },
            aaguid: Aaguid::from_bytes(*aaguid.as_bytes()),
            credential_id: &self.id,
            key: &self.key,
            flags: verified,
            sign_count: 0,
            extensions,
            attestation: statement,
        };
        // From the real relying party id, also with `WrongRp`: a defect must not cause a second one.
        let origin = default_origin(if tampered(&Tamper::WrongOrigin) { OTHER_RP_ID } else { self.rp_id() });
        let client_data = client_data::build(Ceremony::Registration, new.challenge, &origin);
        let object = attestation_object(&new.auth_data()?.to_bytes()?, &client_data, &self.key, statement)?;
        let mut response = RegistrationResponse::new(&self.id, client_data, object);
        response.response.transports = self.authenticator.transports.iter().map(|way| (*way).to_owned()).collect();
        if self.options.hmac_secret() {
            response.client_extension_results.insert("hmacCreateSecret".to_owned(), json!(true));
        }
        if self.options.credential_properties() {
            response.client_extension_results.insert("credProps".to_owned(), json!({ "rk": true }));
        }
        Ok(json!(response))
    }

    /// Returns the credential with its private key, in the form of WebDriver's Add Credential (WebAuthn level 3 section
    /// 11, User Agent Automation): binary members in base64url, the key in PKCS#8.
    pub(crate) fn exported(&self, sign_count: u32) -> Result<Value, String> {
        let key = self.key.to_pkcs8v1().map_err(|_| "the private key could not be written")?;
        Ok(json!({
            "credentialId": URL_SAFE_NO_PAD.encode(self.id),
            "isResidentCredential": true,
            "rpId": self.rp_id(),
            "privateKey": URL_SAFE_NO_PAD.encode(key.as_ref()),
            "userHandle": URL_SAFE_NO_PAD.encode(&self.user_handle),
            "signCount": sign_count,
        }))
    }

    /// Returns an assertion, an `AuthenticationResponseJSON`. Its origin is `https://` and the relying party id.
    pub(crate) fn assertion(&self, challenge: &str, sign_count: u32) -> Result<Value, String> {
        let assertion = NewAssertion {
            rp_id: self.rp_id(),
            challenge,
            origin: &default_origin(self.rp_id()),
            credential_id: &self.id,
            key: &self.key,
            flags: Flags::UP.with(Flags::UV),
            sign_count,
            user_handle: Some(&self.user_handle),
        };
        assertion.make().map(|response| json!(response)).map_err(|error| error.to_string())
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Credential").field("rp_id", &self.rp_id()).finish_non_exhaustive()
    }
}
