//! WebAuthn verification of a registration.

use keyferry_webauthn::attestation::AttestationKind;
use keyferry_webauthn::{
    AttestationPolicy, ClientData, Flags, PublicKey, RegistrationExpectations, RegistrationResponse, TrustAnchors,
    VerifiedCredential, verify_registration,
};
use uuid::Uuid;

use super::call::Call;
use super::error::GraphError;
use super::submission::Submission;

/// COSE algorithms in creation options: ES256 and RS256.
const ALGORITHMS: [i64; 2] = [-7, -257];

/// Verified credential.
#[derive(Debug)]
pub(super) struct Credential {
    pub(super) id: Vec<u8>,
    pub(super) public_key: PublicKey,
    pub(super) aaguid: Uuid,
    /// Whether a trusted certificate attests the model.
    pub(super) attested: bool,
    /// SHA-1 thumbprints in hex, of the attestation certificate first.
    pub(super) certificates: Vec<String>,
    pub(super) sign_count: u32,
    pub(super) backup_eligible: bool,
}

/// Returns the challenge in the client data.
pub(super) fn challenge(client_data: &[u8]) -> Result<String, GraphError> {
    ClientData::parse(client_data).map(|data| data.challenge).map_err(|error| refused(&error))
}

/// Verifies a credential (WebAuthn level 3 section 7.1).
///
/// Attestation is checked against the sandbox's test root. Without `attestation_enforced`, a credential whose
/// attestation is not trusted passes as well.
///
/// # Errors
/// Returns 400 if a check fails.
pub(super) fn verify(
    call: &Call,
    submission: &Submission,
    challenge: &str,
    attestation_enforced: bool,
) -> Result<Credential, GraphError> {
    let roots = TrustAnchors::from_der(vec![call.graph.factory.attestation_root_der()], Vec::new());
    let roots = roots.map_err(|error| refused(&error))?;
    let response = RegistrationResponse::new(
        &submission.credential_id,
        submission.client_data.clone(),
        submission.attestation_object.clone(),
    );
    let check = |attestation| {
        let rp_id = &call.graph.facts.rp_id;
        let expected = RegistrationExpectations {
            challenge: challenge.to_owned(),
            rp_id: rp_id.clone(),
            origins: vec![format!("https://{rp_id}")],
            require_user_verification: true,
            require_device_bound: false,
            algorithms: ALGORITHMS.to_vec(),
            excluded: Vec::new(),
            attestation,
            allowed_aaguids: None,
            time: call.ids.at,
        };
        verify_registration(&expected, &response)
    };
    let verified = match check(AttestationPolicy::RequireTrusted(&roots)) {
        Err(_) if !attestation_enforced => check(AttestationPolicy::SignatureOnly),
        verdict => verdict,
    };
    verified.map(Credential::from).map_err(|error| refused(&error))
}

impl From<VerifiedCredential> for Credential {
    fn from(verified: VerifiedCredential) -> Self {
        let attestation = verified.attestation;
        Self {
            id: verified.credential_id,
            public_key: verified.public_key,
            aaguid: Uuid::from_bytes(*verified.aaguid.as_bytes()),
            attested: attestation.trusted && attestation.kind == AttestationKind::Certificate,
            certificates: attestation.chain.into_iter().take(1).map(|certificate| certificate.sha1).collect(),
            sign_count: verified.sign_count,
            backup_eligible: verified.flags.contains(Flags::BE),
        }
    }
}

/// Maps a verification error. The texts are the sandbox's own, because Graph's are not public.
fn refused(error: &keyferry_webauthn::Error) -> GraphError {
    GraphError::bad_request(format!("The passkey could not be verified: {error}."))
}
