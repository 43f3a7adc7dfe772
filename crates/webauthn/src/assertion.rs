//! Verification of assertions (section 7.2), which are sign-ins with a registered credential.

use crate::client_data::{Ceremony, ClientData};
use crate::response::check_envelope;
use crate::{AuthenticationResponse, AuthenticatorData, Error, Extensions, Flags, PublicKey, sha256};

/// A registered credential, as stored by the relying party.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredCredential {
    /// Credential id, in bytes.
    pub credential_id: Vec<u8>,
    /// Public key of the credential.
    pub public_key: PublicKey,
    /// Signature counter of the last assertion.
    pub sign_count: u32,
    /// User handle of the owner, in bytes.
    pub user_handle: Vec<u8>,
    /// Flag BE at registration: whether the credential can be synced.
    pub backup_eligible: bool,
}

/// Expected properties of an assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionExpectations {
    /// The issued challenge, as the unchanged string.
    pub challenge: String,
    /// Relying party id.
    pub rp_id: String,
    /// Accepted origins.
    pub origins: Vec<String>,
    /// Whether user verification is required.
    pub require_user_verification: bool,
    /// Whether the response must contain the user handle, because only the handle identifies the user (step 6).
    pub require_user_handle: bool,
}

/// Result of comparing the signature counters (7.2 step 22). The caller decides whether to reject a regression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignCount {
    /// Both counters are 0: the authenticator has no counter.
    Unused,
    /// The counter increased, as expected.
    Advanced,
    /// The counter did not increase. The credential may have been cloned.
    Regressed {
        /// Stored value.
        stored: u32,
        /// Value in the assertion.
        received: u32,
    },
}

/// A verified assertion.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedAssertion {
    /// Flags of the authenticator data.
    pub flags: Flags,
    /// Signature counter to store.
    pub sign_count: u32,
    /// Comparison with the stored counter.
    pub counter: SignCount,
    /// Authenticator extension outputs.
    pub extensions: Extensions,
}

/// Verifies an assertion according to section 7.2. `stored` is the credential that the caller found by the response's
/// `id` (step 5).
///
/// # Errors
/// Returns the error of the first violated rule.
pub fn verify_assertion(
    expected: &AssertionExpectations,
    stored: &StoredCredential,
    response: &AuthenticationResponse,
) -> Result<VerifiedAssertion, Error> {
    check_envelope(&response.id, &response.raw_id, &response.kind)?;
    if response.id.as_bytes() != stored.credential_id {
        return Err(Error::CredentialId { what: "id and the id of the registered credential differ" });
    }
    match &response.response.user_handle {
        Some(handle) if handle.as_bytes() != stored.user_handle => return Err(Error::UserHandle),
        None if expected.require_user_handle => return Err(Error::UserHandle),
        _ => {}
    }
    let client_data_json = response.response.client_data_json.as_bytes();
    ClientData::parse(client_data_json)?.verify(Ceremony::Authentication, &expected.challenge, &expected.origins)?;

    let auth_data_bytes = response.response.authenticator_data.as_bytes();
    let auth_data = AuthenticatorData::parse(auth_data_bytes)?;
    auth_data.check(&expected.rp_id, expected.require_user_verification)?;
    let backup_eligible = auth_data.flags.contains(Flags::BE);
    if backup_eligible != stored.backup_eligible {
        return Err(Error::BackupEligibility { stored: stored.backup_eligible, found: backup_eligible });
    }
    let message = [auth_data_bytes, &sha256(client_data_json)].concat();
    if !stored.public_key.verifies(&message, response.response.signature.as_bytes()) {
        return Err(Error::AssertionSignature);
    }
    let received = auth_data.sign_count;
    let counter = match (stored.sign_count, received) {
        (0, 0) => SignCount::Unused,
        (stored, received) if received > stored => SignCount::Advanced,
        (stored, received) => SignCount::Regressed { stored, received },
    };
    Ok(VerifiedAssertion { flags: auth_data.flags, sign_count: received, counter, extensions: auth_data.extensions })
}

#[cfg(test)]
mod tests;
