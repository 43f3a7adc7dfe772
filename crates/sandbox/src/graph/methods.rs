//! Registered passkeys. Verification and policy are in `ceremony.rs` and `register.rs`; this is only their store.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

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
pub(crate) struct Methods(Mutex<Passkeys>);

/// Passkeys by user, oldest first, and all credential ids.
#[derive(Debug, Default)]
struct Passkeys {
    by_user: HashMap<Uuid, Vec<Method>>,
    credential_ids: HashSet<Vec<u8>>,
}

impl Methods {
    /// Returns the passkeys of a user, oldest first.
    pub(crate) fn of(&self, user: Uuid) -> Vec<Method> {
        self.lock().by_user.get(&user).cloned().unwrap_or_default()
    }

    /// Returns the number of passkeys of each user who has one.
    pub(crate) fn counts(&self) -> Vec<(Uuid, usize)> {
        self.lock().by_user.iter().map(|(user, methods)| (*user, methods.len())).collect()
    }

    /// Returns the user's passkey with this method id.
    pub(crate) fn find(&self, user: Uuid, id: &str) -> Option<Method> {
        self.lock().by_user.get(&user)?.iter().find(|method| method.id == id).cloned()
    }

    /// Returns the user's passkey with this credential id.
    pub(crate) fn find_credential(&self, user: Uuid, credential_id: &[u8]) -> Option<Method> {
        self.lock().by_user.get(&user)?.iter().find(|method| method.credential_id == credential_id).cloned()
    }

    /// Stores the signature counter of a sign-in, for the next comparison. Does nothing if the passkey was removed.
    pub(crate) fn set_sign_count(&self, user: Uuid, id: &str, sign_count: u32) {
        let mut all = self.lock();
        let own = all.by_user.get_mut(&user).into_iter().flatten();
        for method in own.filter(|method| method.id == id) {
            method.sign_count = sign_count;
        }
    }

    /// Removes a passkey. Returns `false` if there is no such passkey.
    pub(crate) fn remove(&self, user: Uuid, id: &str) -> bool {
        let mut all = self.lock();
        let Some(own) = all.by_user.get_mut(&user) else { return false };
        let Some(place) = own.iter().position(|method| method.id == id) else { return false };
        let removed = own.remove(place);
        if own.is_empty() {
            all.by_user.remove(&user);
        }
        all.credential_ids.remove(&removed.credential_id)
    }

    /// Removes all passkeys of a user.
    pub(crate) fn remove_all(&self, user: Uuid) {
        let mut all = self.lock();
        for method in all.by_user.remove(&user).unwrap_or_default() {
            all.credential_ids.remove(&method.credential_id);
        }
    }

    /// Removes all passkeys.
    pub(crate) fn clear(&self) {
        *self.lock() = Passkeys::default();
    }

    /// Stores a passkey. A credential id is unique in the tenant.
    ///
    /// # Errors
    /// Returns an error if the credential id exists, or if the user has `limit` passkeys.
    pub(super) fn add(&self, method: Method, limit: usize) -> Result<(), NotStored> {
        let mut all = self.lock();
        if all.credential_ids.contains(&method.credential_id) {
            return Err(NotStored::Duplicate);
        }
        if all.by_user.get(&method.user).map_or(0, Vec::len) >= limit {
            return Err(NotStored::TooMany);
        }
        all.credential_ids.insert(method.credential_id.clone());
        all.by_user.entry(method.user).or_default().push(method);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Passkeys> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
