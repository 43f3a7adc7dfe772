//! Verification of an assertion (section 7.2): somebody signs in with a registered credential.

use crate::client_data::{Ceremony, ClientData};
use crate::response::check_envelope;
use crate::{AuthenticationResponse, AuthenticatorData, Error, Extensions, Flags, PublicKey, sha256};

/// A credential as the relying party holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredCredential {
    /// The credential id, in bytes.
    pub credential_id: Vec<u8>,
    /// Its public key.
    pub public_key: PublicKey,
    /// The signature counter last seen.
    pub sign_count: u32,
    /// The owner's user handle, in bytes.
    pub user_handle: Vec<u8>,
    /// Flag BE at registration.
    pub backup_eligible: bool,
}

/// What an assertion must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionExpectations {
    /// The challenge that was issued, the very string.
    pub challenge: String,
    /// Relying party id.
    pub rp_id: String,
    /// Origins that are taken.
    pub origins: Vec<String>,
    /// Whether the user must have been verified.
    pub require_user_verification: bool,
    /// Whether the user is known only by the user handle in the response, which must then be there (step 6).
    pub require_user_handle: bool,
}

/// What the signature counter tells (7.2 step 22). Whether a regression is a refusal is the caller's question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignCount {
    /// The authenticator does not count.
    Unused,
    /// It grew, as it should.
    Advanced,
    /// It did not grow: the credential may have been cloned.
    Regressed {
        /// Last seen before.
        stored: u32,
        /// In this assertion.
        received: u32,
    },
}

/// An assertion that was verified.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedAssertion {
    /// The flags.
    pub flags: Flags,
    /// The counter to store.
    pub sign_count: u32,
    /// How it stands to the stored one.
    pub counter: SignCount,
    /// Authenticator extension outputs.
    pub extensions: Extensions,
}

/// Verifies an assertion with `stored`, the credential that the caller found by the response's `id` (7.2 step 5).
pub fn verify_assertion(
    expected: &AssertionExpectations,
    stored: &StoredCredential,
    response: &AuthenticationResponse,
) -> Result<VerifiedAssertion, Error> {
    check_envelope(&response.id, &response.raw_id, &response.kind)?;
    if response.id.as_bytes() != stored.credential_id {
        return Err(Error::CredentialId { what: "id and the registered credential's id differ" });
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
