//! What an authenticator and its client make, for a simulated one: credentials with attestation, and assertions.
//!
//! Certificates are made elsewhere. Keys are P-256 key pairs of aws-lc-rs that sign in DER
//! ([`ECDSA_P256_SHA256_ASN1_SIGNING`]); the library draws the randomness for the signatures itself.

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

/// Reads a P-256 key pair from PKCS #8 (DER); the error names `what`, never the key.
pub fn key_pair_from_pkcs8(what: &'static str, pkcs8: &[u8]) -> Result<EcdsaKeyPair, Error> {
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8)
        .map_err(|_| Error::SigningKey { what, reason: "expected PKCS #8 of a P-256 key" })
}

/// The public half of a credential's key pair.
pub fn public_key(key: &EcdsaKeyPair) -> Result<PublicKey, Error> {
    PublicKey::from_p256_point(key.public_key().as_ref())
}

/// What signs attestations in a factory: a batch's key and its certificates.
#[derive(Debug)]
pub struct AttestationSigner {
    chain: Vec<Vec<u8>>,
    key: EcdsaKeyPair,
}

impl AttestationSigner {
    /// From certificates in DER, the attestation certificate first and without the root, and the first one's key.
    pub fn new(chain: Vec<Vec<u8>>, key: EcdsaKeyPair) -> Self {
        Self { chain, key }
    }
}

/// How a new credential is attested.
#[derive(Clone, Copy, Debug)]
pub enum Attestation<'a> {
    /// `packed`, signed by a factory's key.
    Packed(&'a AttestationSigner),
    /// `packed`, signed by the credential itself.
    PackedSelf,
    /// `none`
    None,
}

/// A credential to be made.
#[derive(Debug)]
pub struct NewCredential<'a> {
    /// Relying party id. The origin in the client data is `https://` and this.
    pub rp_id: &'a str,
    /// The challenge, the very string that came.
    pub challenge: &'a str,
    /// The authenticator's model.
    pub aaguid: Aaguid,
    /// 1 to 1023 bytes.
    pub credential_id: &'a [u8],
    /// The credential's key pair.
    pub key: &'a EcdsaKeyPair,
    /// UP and UV as they were; AT and ED are set by what there is.
    pub flags: Flags,
    /// Signature counter.
    pub sign_count: u32,
    /// Extension outputs.
    pub extensions: Extensions,
    /// How it is attested.
    pub attestation: Attestation<'a>,
}

impl NewCredential<'_> {
    /// The authenticator data.
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

    /// The whole response, client data and all.
    pub fn make(&self) -> Result<RegistrationResponse, Error> {
        let client_data = client_data::build(Ceremony::Registration, self.challenge, &default_origin(self.rp_id));
        let auth_data = self.auth_data()?.to_bytes()?;
        let object = attestation_object(&auth_data, &client_data, self.key, self.attestation)?;
        Ok(RegistrationResponse::new(self.credential_id, client_data, object))
    }
}

/// An attestation object over authenticator data and client data, both in bytes. `key` is the credential's.
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

/// An assertion to be made.
#[derive(Debug)]
pub struct NewAssertion<'a> {
    /// Relying party id.
    pub rp_id: &'a str,
    /// The challenge, the very string that came.
    pub challenge: &'a str,
    /// The page's origin, such as `http://localhost:8090`.
    pub origin: &'a str,
    /// The credential id.
    pub credential_id: &'a [u8],
    /// The credential's key pair.
    pub key: &'a EcdsaKeyPair,
    /// UP and UV as they were.
    pub flags: Flags,
    /// Signature counter.
    pub sign_count: u32,
    /// The user handle, which a discoverable credential returns.
    pub user_handle: Option<&'a [u8]>,
}

impl NewAssertion<'_> {
    /// The whole response.
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

/// What both kinds of signature go over: authenticator data and the hash of the client data.
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
