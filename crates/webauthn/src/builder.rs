//! Output of a simulated authenticator and its client: credentials with attestation, and assertions.
//!
//! The caller provides certificates. Keys are P-256 key pairs of aws-lc-rs with DER signatures
//! ([`ECDSA_P256_SHA256_ASN1_SIGNING`]). The library generates the randomness of signatures.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use ciborium::Value;

use crate::attestation::packed_statement;
use crate::client_data::{self, Ceremony, default_origin};
use crate::response::AssertionResponse;
use crate::{
    Aaguid, Algorithm, AttestedCredential, AuthenticationResponse, AuthenticatorData, Base64Url, Error, Extensions,
    Flags, PublicKey, RegistrationResponse, cbor, sha256,
};

/// Parses a P-256 key pair from PKCS #8 (DER).
///
/// # Errors
/// [`Error::SigningKey`], which names `what` and does not contain the key.
pub fn key_pair_from_pkcs8(what: &'static str, pkcs8: &[u8]) -> Result<EcdsaKeyPair, Error> {
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8)
        .map_err(|_| Error::SigningKey { what, reason: "expected a P-256 key in PKCS #8" })
}

/// Returns the public key of a credential's key pair.
///
/// # Errors
/// [`Error::PublicKey`] if the key is not on P-256.
pub fn public_key(key: &EcdsaKeyPair) -> Result<PublicKey, Error> {
    PublicKey::from_p256_point(key.public_key().as_ref())
}

/// Attestation key of a factory's batch, with its certificates.
#[derive(Debug)]
pub struct AttestationSigner {
    chain: Vec<Vec<u8>>,
    key: EcdsaKeyPair,
}

impl AttestationSigner {
    /// Creates a signer from certificates in DER and the key of the first one. The attestation certificate comes first,
    /// the root is not included.
    pub fn new(chain: Vec<Vec<u8>>, key: EcdsaKeyPair) -> Self {
        Self { chain, key }
    }
}

/// Attestation of a new credential.
#[derive(Clone, Copy, Debug)]
pub enum Attestation<'a> {
    /// `packed`, signed with a factory's key.
    Packed(&'a AttestationSigner),
    /// `packed`, signed with the credential's key.
    PackedSelf,
    /// `none`.
    None,
}

/// A credential to create.
#[derive(Debug)]
pub struct NewCredential<'a> {
    /// Relying party id. The origin in the client data is `https://{rp_id}`.
    pub rp_id: &'a str,
    /// Challenge, as the unchanged string.
    pub challenge: &'a str,
    /// The authenticator's model.
    pub aaguid: Aaguid,
    /// Credential id, 1 to 1023 bytes.
    pub credential_id: &'a [u8],
    /// Key pair of the credential.
    pub key: &'a EcdsaKeyPair,
    /// Flags, such as UP and UV. AT and ED are set according to the content.
    pub flags: Flags,
    /// Signature counter.
    pub sign_count: u32,
    /// Extension outputs.
    pub extensions: Extensions,
    /// Kind of attestation.
    pub attestation: Attestation<'a>,
}

impl NewCredential<'_> {
    /// Returns the authenticator data.
    ///
    /// # Errors
    /// [`Error::PublicKey`] if the key is not on P-256.
    pub fn auth_data(&self) -> Result<AuthenticatorData, Error> {
        Ok(AuthenticatorData {
            rp_id_hash: sha256(self.rp_id.as_bytes()),
            flags: self.flags,
            sign_count: self.sign_count,
            attested: Some(AttestedCredential {
                aaguid: self.aaguid,
                credential_id: self.credential_id.to_vec(),
                public_key: public_key(self.key)?,
            }),
            extensions: self.extensions.clone(),
        })
    }

    /// Returns the complete response, including the client data.
    ///
    /// # Errors
    /// Fails for a credential id of invalid length and for keys that cannot sign.
    pub fn make(&self) -> Result<RegistrationResponse, Error> {
        let client_data = client_data::build(Ceremony::Registration, self.challenge, &default_origin(self.rp_id));
        let auth_data = self.auth_data()?.to_bytes()?;
        let object = attestation_object(&auth_data, &client_data, self.key, self.attestation)?;
        Ok(RegistrationResponse::new(self.credential_id, client_data, object))
    }
}

/// Returns the attestation object for serialised authenticator data and client data. `key` is the credential's key.
///
/// # Errors
/// [`Error::SigningKey`] if the key cannot sign.
pub fn attestation_object(
    auth_data: &[u8],
    client_data_json: &[u8],
    key: &EcdsaKeyPair,
    attestation: Attestation<'_>,
) -> Result<Vec<u8>, Error> {
    let message = signed_message(auth_data, client_data_json);
    let (format, statement) = match attestation {
        Attestation::Packed(signer) => {
            let signature = sign("the attestation key", &signer.key, &message)?;
            ("packed", packed_statement(Algorithm::Es256, signature, Some(signer.chain.clone())))
        }
        Attestation::PackedSelf => {
            let signature = sign("the credential's key", key, &message)?;
            ("packed", packed_statement(Algorithm::Es256, signature, None))
        }
        Attestation::None => ("none", Value::Map(Vec::new())),
    };
    Ok(cbor::canonical(&cbor::text_map([
        ("fmt", Value::Text(format.to_owned())),
        ("attStmt", statement),
        ("authData", Value::Bytes(auth_data.to_vec())),
    ])))
}

/// An assertion to create.
#[derive(Debug)]
pub struct NewAssertion<'a> {
    /// Relying party id.
    pub rp_id: &'a str,
    /// Challenge, as the unchanged string.
    pub challenge: &'a str,
    /// Origin of the page, for example `http://localhost:8090`.
    pub origin: &'a str,
    /// Credential id.
    pub credential_id: &'a [u8],
    /// Key pair of the credential.
    pub key: &'a EcdsaKeyPair,
    /// Flags, such as UP and UV.
    pub flags: Flags,
    /// Signature counter.
    pub sign_count: u32,
    /// User handle, returned by discoverable credentials.
    pub user_handle: Option<&'a [u8]>,
}

impl NewAssertion<'_> {
    /// Returns the complete response.
    ///
    /// # Errors
    /// [`Error::SigningKey`] if the key cannot sign.
    pub fn make(&self) -> Result<AuthenticationResponse, Error> {
        let client_data = client_data::build(Ceremony::Authentication, self.challenge, self.origin);
        let auth_data = AuthenticatorData {
            rp_id_hash: sha256(self.rp_id.as_bytes()),
            flags: self.flags,
            sign_count: self.sign_count,
            attested: None,
            extensions: Extensions::default(),
        };
        let auth_data = auth_data.to_bytes()?;
        let signature = sign("the credential's key", self.key, &signed_message(&auth_data, &client_data))?;
        let response = AssertionResponse {
            client_data_json: client_data.into(),
            authenticator_data: auth_data.into(),
            signature: signature.into(),
            user_handle: self.user_handle.map(Base64Url::from),
        };
        Ok(AuthenticationResponse::new(self.credential_id, response))
    }
}

/// Returns the message that is signed: authenticator data and the hash of the client data.
fn signed_message(auth_data: &[u8], client_data_json: &[u8]) -> Vec<u8> {
    [auth_data, &sha256(client_data_json)].concat()
}

fn sign(what: &'static str, key: &EcdsaKeyPair, message: &[u8]) -> Result<Vec<u8>, Error> {
    if key.algorithm() != &ECDSA_P256_SHA256_ASN1_SIGNING {
        return Err(Error::SigningKey { what, reason: "expected a P-256 key pair for ECDSA_P256_SHA256_ASN1_SIGNING" });
    }
    let signature = key.sign(&SystemRandom::new(), message);
    let signature = signature.map_err(|_| Error::SigningKey { what, reason: "the library could not sign with it" })?;
    Ok(signature.as_ref().to_vec())
}
