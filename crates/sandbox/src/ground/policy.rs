//! The tenant's FIDO2 policy, in Graph's JSON form.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `fido2AuthenticationMethodConfiguration`: the members that the sandbox uses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Policy {
    pub(crate) state: PolicyState,
    pub(crate) is_self_service_registration_allowed: bool,
    pub(crate) is_attestation_enforced: bool,
    pub(crate) key_restrictions: KeyRestrictions,
    pub(crate) include_targets: Vec<Target>,
    pub(crate) exclude_targets: Vec<Target>,
    /// Passkey profiles. If there are any, a key must match a profile of a target.
    /// `is_attestation_enforced` and `key_restrictions` are then ignored.
    pub(crate) passkey_profiles: Vec<Profile>,
}

/// Target group of the method. In the sandbox, every group contains all users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Target {
    pub(crate) target_type: String,
    pub(crate) id: String,
    pub(crate) is_registration_required: bool,
    pub(crate) allowed_passkey_profiles: Vec<String>,
}

impl Default for Target {
    fn default() -> Self {
        Self {
            target_type: "group".to_owned(),
            id: "all_users".to_owned(),
            is_registration_required: false,
            allowed_passkey_profiles: Vec::new(),
        }
    }
}

/// Passkey profile: the passkeys that a target allows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Profile {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `deviceBound`, `synced`, or both, separated by a comma.
    pub(crate) passkey_types: String,
    pub(crate) attestation_enforcement: AttestationEnforcement,
    pub(crate) key_restrictions: KeyRestrictions,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum AttestationEnforcement {
    #[default]
    Disabled,
    RegistrationOnly,
}

impl Policy {
    /// Returns whether the policy allows security keys of this model.
    pub(crate) fn allow(&self, aaguid: Uuid) -> bool {
        if self.passkey_profiles.is_empty() {
            return self.key_restrictions.allow(aaguid);
        }
        self.scoped().any(|profile| profile.key_restrictions.allow(aaguid))
    }

    /// Returns whether a key must be attested. It need not be if a profile of a target does not require attestation.
    pub(crate) fn enforces_attestation(&self) -> bool {
        if self.passkey_profiles.is_empty() {
            return self.is_attestation_enforced;
        }
        self.scoped().all(|profile| profile.attestation_enforcement == AttestationEnforcement::RegistrationOnly)
    }

    /// Returns the device-bound profiles that a target allows.
    fn scoped(&self) -> impl Iterator<Item = &Profile> {
        self.passkey_profiles.iter().filter(|profile| {
            let has = |target: &Target| target.allowed_passkey_profiles.contains(&profile.id);
            profile.passkey_types.contains("deviceBound") && self.include_targets.iter().any(has)
        })
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            state: PolicyState::Enabled,
            is_self_service_registration_allowed: true,
            is_attestation_enforced: true,
            key_restrictions: KeyRestrictions::default(),
            include_targets: vec![Target::default()],
            exclude_targets: Vec::new(),
            passkey_profiles: Vec::new(),
        }
    }
}

/// State of the method: whether users can use passkeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum PolicyState {
    Enabled,
    Disabled,
}

/// Allowed or blocked key models. Checked at registration and at sign-in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct KeyRestrictions {
    pub(crate) is_enforced: bool,
    pub(crate) enforcement_type: EnforcementType,
    pub(crate) aa_guids: Vec<Uuid>,
}

/// Meaning of the list of models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum EnforcementType {
    Allow,
    #[default]
    Block,
}

impl KeyRestrictions {
    /// Returns whether the restrictions allow this model.
    pub(crate) fn allow(&self, aaguid: Uuid) -> bool {
        if !self.is_enforced {
            return true;
        }
        let listed = self.aa_guids.contains(&aaguid);
        match self.enforcement_type {
            EnforcementType::Allow => listed,
            EnforcementType::Block => !listed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restrictions_apply_only_if_enforced() {
        let (listed, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut rules =
            KeyRestrictions { is_enforced: true, enforcement_type: EnforcementType::Allow, aa_guids: vec![listed] };
        assert!(rules.allow(listed) && !rules.allow(other));
        rules.enforcement_type = EnforcementType::Block;
        assert!(!rules.allow(listed) && rules.allow(other));
        rules.is_enforced = false;
        assert!(rules.allow(listed) && rules.allow(other));
    }
}
