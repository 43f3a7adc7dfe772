//! Verification of a registration (section 7.1).

use chrono::{DateTime, Utc};

use crate::attestation::{AttestationKind, AttestationObject, TrustAnchors, VerifiedAttestation};
use crate::client_data::{Ceremony, ClientData, default_origin};
use crate::response::check_envelope;
use crate::{Aaguid, CreationOptions, Error, Extensions, Flags, PublicKey, RegistrationResponse, sha256};

/// How much proof of a model is demanded.
#[derive(Clone, Copy, Debug)]
pub enum AttestationPolicy<'a> {
    /// A certificate that leads to one of the anchors.
    RequireTrusted(&'a TrustAnchors),
    /// A certificate must lead to one of the anchors; credentials without one (`none`, self attestation) are taken and reported.
    TrustedIfCertified(&'a TrustAnchors),
    /// Signatures are verified, trust is not. [`VerifiedAttestation`] reports what there was.
    SignatureOnly,
}

/// What a registration must be.
#[derive(Clone, Debug)]
pub struct RegistrationExpectations<'a> {
    /// The challenge that was issued, the very string.
    pub challenge: String,
    /// Relying party id.
    pub rp_id: String,
    /// Origins that are taken, such as `https://login.microsoft.com`.
    pub origins: Vec<String>,
    /// Whether the user must have been verified.
    pub require_user_verification: bool,
    /// COSE identifiers of the algorithms that were asked for.
    pub algorithms: Vec<i64>,
    /// Ids of credentials, in bytes, that must not come again.
    pub excluded: Vec<Vec<u8>>,
    /// How much proof of the model is demanded.
    pub attestation: AttestationPolicy<'a>,
    /// Models that are taken; `None` for all. A model is proven only by a trusted certificate.
    pub allowed_aaguids: Option<Vec<Aaguid>>,
    /// The time at which certificates must be valid.
    pub time: DateTime<Utc>,
}

impl<'a> RegistrationExpectations<'a> {
    /// What these options ask for, made at `https://` and the relying party id, of any model.
    pub fn from_options(options: &CreationOptions, attestation: AttestationPolicy<'a>, time: DateTime<Utc>) -> Self {
        Self {
            challenge: options.challenge.clone(),
            rp_id: options.rp.id.clone(),
            origins: vec![default_origin(&options.rp.id)],
            require_user_verification: options.requires_user_verification(),
            algorithms: options.algorithms(),
            excluded: options.exclude_credentials.iter().map(|entry| entry.id.0.clone()).collect(),
            attestation,
            allowed_aaguids: None,
            time,
        }
    }
}

/// A credential that is what was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedCredential {
    /// The credential id, in bytes.
    pub credential_id: Vec<u8>,
    /// The authenticator's model; see [`VerifiedCredential::attestation`] for what vouches for it.
    pub aaguid: Aaguid,
    /// The credential's public key.
    pub public_key: PublicKey,
    /// Signature counter at registration.
    pub sign_count: u32,
    /// The flags; [`Flags::UV`] tells whether the user was verified, [`Flags::BE`] whether the credential can be synced.
    pub flags: Flags,
    /// What vouches for the credential.
    pub attestation: VerifiedAttestation,
    /// Authenticator extension outputs, such as `credProtect`.
    pub extensions: Extensions,
}

/// Verifies a registration by section 7.1 and stops at the first rule that is broken. The order is the section's, but
/// for the cheap checks of the credential id (steps 25 and 26), which come before the signatures.
pub fn verify_registration(
    expected: &RegistrationExpectations<'_>,
    response: &RegistrationResponse,
) -> Result<VerifiedCredential, Error> {
    check_envelope(&response.id, &response.raw_id, &response.kind)?;
    let client_data_json = response.response.client_data_json.as_bytes();
    ClientData::parse(client_data_json)?.verify(Ceremony::Registration, &expected.challenge, &expected.origins)?;
    let client_data_hash = sha256(client_data_json);

    let object = AttestationObject::parse(response.response.attestation_object.as_bytes())?;
    let auth_data = &object.auth_data;
    auth_data.check(&expected.rp_id, expected.require_user_verification)?;
    let credential = auth_data.attested.as_ref().ok_or(Error::NoCredential)?;
    let algorithm = credential.public_key.algorithm();
    if !expected.algorithms.contains(&algorithm.id()) {
        return Err(Error::AlgorithmNotRequested { found: algorithm, requested: expected.algorithms.clone() });
    }
    if credential.credential_id != response.id.as_bytes() {
        return Err(Error::CredentialId { what: "id and the credential id in the authenticator data differ" });
    }
    if expected.excluded.contains(&credential.credential_id) {
        return Err(Error::CredentialExcluded);
    }

    let (anchors, required) = match expected.attestation {
        AttestationPolicy::RequireTrusted(anchors) => (Some(anchors), true),
        AttestationPolicy::TrustedIfCertified(anchors) => (Some(anchors), false),
        AttestationPolicy::SignatureOnly => (None, false),
    };
    let attestation = object.verify(&client_data_hash, anchors, expected.time)?;
    match attestation.kind {
        AttestationKind::SelfSigned if required => return Err(Error::Unattested { found: "self attestation" }),
        AttestationKind::None if required => return Err(Error::Unattested { found: "no attestation" }),
        _ => {}
    }
    if let Some(allowed) = &expected.allowed_aaguids
        && !allowed.contains(&credential.aaguid)
    {
        return Err(Error::AaguidNotAllowed { found: credential.aaguid, allowed: allowed.len() });
    }
    Ok(VerifiedCredential {
        credential_id: credential.credential_id.clone(),
        aaguid: credential.aaguid,
        public_key: credential.public_key.clone(),
        sign_count: auth_data.sign_count,
        flags: auth_data.flags,
        attestation,
        extensions: auth_data.extensions.clone(),
    })
}

#[cfg(test)]
mod tests;
