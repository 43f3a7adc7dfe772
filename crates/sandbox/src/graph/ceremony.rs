//! WebAuthn's part of a registration.

use keyferry_webauthn::attestation::AttestationKind;
use keyferry_webauthn::{
    AttestationPolicy, ClientData, Flags, PublicKey, RegistrationExpectations, RegistrationResponse, TrustAnchors,
    VerifiedCredential, verify_registration,
};
use uuid::Uuid;

use super::call::Call;
use super::error::GraphError;
use super::submission::Submission;

/// As offered in creation options: ES256 and RS256.
const ALGORITHMS: [i64; 2] = [-7, -257];

/// A credential that may be registered.
#[derive(Debug)]
pub(super) struct Credential {
    pub(super) id: Vec<u8>,
    pub(super) public_key: PublicKey,
    pub(super) aaguid: Uuid,
    /// Whether a trusted certificate vouches for the model.
    pub(super) attested: bool,
    /// SHA-1 thumbprints in hex, the attestation certificate's first.
    pub(super) certificates: Vec<String>,
    pub(super) sign_count: u32,
    pub(super) backup_eligible: bool,
}

/// The challenge that the client data answer.
pub(super) fn challenge(client_data: &[u8]) -> Result<String, GraphError> {
    ClientData::parse(client_data).map(|data| data.challenge).map_err(|error| refused(&error))
}

/// Verifies a credential (WebAuthn level 3 section 7.1) against the sandbox's own test root.
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

/// The sandbox's own texts: what the real service says about a bad attestation, origin or key is not public.
fn refused(error: &keyferry_webauthn::Error) -> GraphError {
    GraphError::bad_request(format!("The passkey could not be verified: {error}."))
}
