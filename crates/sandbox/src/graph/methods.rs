//! Registered passkeys. Verification and policy are in `ceremony.rs` and `register.rs`; this is only their store.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use keyferry_webauthn::PublicKey;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ground::clock::rfc3339;

/// `fido2AuthenticationMethod`, with members that Graph does not return.
#[derive(Clone, Debug)]
pub(crate) struct Method {
    /// Credential id in base64url, followed by the number of padding characters as a digit.
    pub(crate) id: String,
    /// Object id of the user.
    pub(crate) user: Uuid,
    pub(crate) display_name: String,
    pub(crate) created: DateTime<Utc>,
    pub(crate) aaguid: Uuid,
    /// Name of the authenticator model. `None` for an unknown AAGUID.
    pub(crate) model: Option<String>,
    /// SHA-1 thumbprints of the attestation certificates, in hex.
    pub(crate) certificates: Vec<String>,
    /// Whether the attestation has a certificate that chains to a trusted root.
    pub(crate) attested: bool,
    /// The credential id itself, which `id` encodes.
    pub(crate) credential_id: Vec<u8>,
    pub(crate) public_key: PublicKey,
    /// Signature counter of the last sign-in.
    pub(crate) sign_count: u32,
    /// Flag BE of the authenticator data. It must not change (WebAuthn level 3 section 6.1.3).
    pub(crate) backup_eligible: bool,
}

impl Method {
    /// Returns the method in Graph's JSON form.
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "displayName": self.display_name,
            "createdDateTime": rfc3339(self.created),
            "aaGuid": self.aaguid,
            "model": self.model,
            "attestationCertificates": self.certificates,
            "attestationLevel": if self.attested { "attested" } else { "notAttested" },
            // Constant, also for a passkey with the flag BE: the sandbox has no other type.
            "passkeyType": "deviceBound",
        })
    }
}

/// Reason why a passkey is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotStored {
    /// A passkey of any user has this credential id.
    Duplicate,
    /// The user has the maximum number of passkeys.
    TooMany,
}

/// Store of all passkeys of the tenant.
#[derive(Debug, Default)]
pub(crate) struct Methods(Mutex<Vec<Method>>);

impl Methods {
    /// Returns the passkeys of a user, oldest first.
    pub(crate) fn of(&self, user: Uuid) -> Vec<Method> {
        self.read(|all| all.iter().filter(|method| method.user == user).cloned().collect())
    }

    /// Returns the user's passkey with this method id.
    pub(crate) fn find(&self, user: Uuid, id: &str) -> Option<Method> {
        self.read(|all| all.iter().find(|method| method.user == user && method.id == id).cloned())
    }

    /// Returns the user's passkey with this credential id.
    pub(crate) fn find_credential(&self, user: Uuid, credential_id: &[u8]) -> Option<Method> {
        self.read(|all| all.iter().find(|method| method.user == user && method.credential_id == credential_id).cloned())
    }

    /// Stores the signature counter of a sign-in, for the next comparison. Does nothing if the passkey was removed.
    pub(crate) fn set_sign_count(&self, id: &str, sign_count: u32) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(method) = all.iter_mut().find(|method| method.id == id) {
            method.sign_count = sign_count;
        }
    }

    /// Removes a passkey. Returns `false` if there is no such passkey.
    pub(crate) fn remove(&self, user: Uuid, id: &str) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.len();
        all.retain(|method| method.user != user || method.id != id);
        all.len() != before
    }

    /// Removes all passkeys.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Stores a passkey. A credential id is unique in the tenant.
    ///
    /// # Errors
    /// Returns an error if the credential id exists, or if the user has `limit` passkeys.
    pub(super) fn add(&self, method: Method, limit: usize) -> Result<(), NotStored> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.iter().any(|other| other.credential_id == method.credential_id) {
            return Err(NotStored::Duplicate);
        }
        if all.iter().filter(|other| other.user == method.user).count() >= limit {
            return Err(NotStored::TooMany);
        }
        all.push(method);
        Ok(())
    }

    fn read<T>(&self, read: impl FnOnce(&[Method]) -> T) -> T {
        read(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
