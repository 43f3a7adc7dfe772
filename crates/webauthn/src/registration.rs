//! Verification of registrations (section 7.1).

use chrono::{DateTime, Utc};

use crate::attestation::{AttestationKind, AttestationObject, TrustAnchors, VerifiedAttestation};
use crate::client_data::{Ceremony, ClientData, default_origin};
use crate::response::check_envelope;
use crate::{Aaguid, CreationOptions, Error, Extensions, Flags, PublicKey, RegistrationResponse, sha256};

/// Required proof of the authenticator's model.
#[derive(Clone, Copy, Debug)]
pub enum AttestationPolicy<'a> {
    /// Requires a certificate that chains to one of the anchors.
    RequireTrusted(&'a TrustAnchors),
    /// Requires that a certificate, if there is one, chains to one of the anchors. Accepts and reports credentials
    /// without a certificate (`none`, self attestation).
    TrustedIfCertified(&'a TrustAnchors),
    /// Verifies signatures but not trust. [`VerifiedAttestation`] reports the kind of attestation.
    SignatureOnly,
}

/// Expected properties of a registration.
#[derive(Clone, Debug)]
pub struct RegistrationExpectations<'a> {
    /// The issued challenge, as the unchanged string.
    pub challenge: String,
    /// Relying party id.
    pub rp_id: String,
    /// Accepted origins, for example `https://login.microsoft.com`.
    pub origins: Vec<String>,
    /// Whether user verification is required.
    pub require_user_verification: bool,
    /// Whether the credential must be bound to its device: not eligible for backup (flag BE, section 6.1.3).
    pub require_device_bound: bool,
    /// COSE identifiers of the requested algorithms.
    pub algorithms: Vec<i64>,
    /// Ids, in bytes, of existing credentials, which are rejected.
    pub excluded: Vec<Vec<u8>>,
    /// Required proof of the authenticator's model.
    pub attestation: AttestationPolicy<'a>,
    /// Accepted models; `None` accepts all. Only a trusted certificate proves a model.
    pub allowed_aaguids: Option<Vec<Aaguid>>,
    /// Time at which certificates must be valid.
    pub time: DateTime<Utc>,
}

impl<'a> RegistrationExpectations<'a> {
    /// Returns the expectations for these options: origin `https://{rp.id}`, any model, backup permitted.
    pub fn from_options(options: &CreationOptions, attestation: AttestationPolicy<'a>, time: DateTime<Utc>) -> Self {
        Self {
            challenge: options.challenge.clone(),
            rp_id: options.rp.id.clone(),
            origins: vec![default_origin(&options.rp.id)],
            require_user_verification: options.requires_user_verification(),
            require_device_bound: false,
            algorithms: options.algorithms(),
            excluded: options.exclude_credentials.iter().map(|entry| entry.id.0.clone()).collect(),
            attestation,
            allowed_aaguids: None,
            time,
        }
    }
}

/// A verified credential.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedCredential {
    /// Credential id, in bytes.
    pub credential_id: Vec<u8>,
    /// The authenticator's model. [`VerifiedCredential::attestation`] states whether it is proven.
    pub aaguid: Aaguid,
    /// The credential's public key.
    pub public_key: PublicKey,
    /// Signature counter at registration.
    pub sign_count: u32,
    /// Flags. [`Flags::UV`]: the user was verified. [`Flags::BE`]: the credential can be synced.
    pub flags: Flags,
    /// Kind and trust of the attestation.
    pub attestation: VerifiedAttestation,
    /// Authenticator extension outputs, for example `credProtect`.
    pub extensions: Extensions,
}

/// Verifies a registration according to section 7.1.
///
/// The order of the checks is that of the section, except for the cheap checks of the credential id (steps 25 and 26),
/// which precede the signatures.
///
/// # Errors
/// Returns the error of the first violated rule.
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
    if expected.require_device_bound && auth_data.flags.contains(Flags::BE) {
        return Err(Error::NotDeviceBound);
    }
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
