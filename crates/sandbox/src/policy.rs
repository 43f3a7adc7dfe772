//! The tenant's FIDO2 policy, in Graph's own shape.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `fido2AuthenticationMethodConfiguration`, as far as the sandbox judges by it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Policy {
    pub(crate) state: PolicyState,
    pub(crate) is_self_service_registration_allowed: bool,
    pub(crate) is_attestation_enforced: bool,
    pub(crate) key_restrictions: KeyRestrictions,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            state: PolicyState::Enabled,
            is_self_service_registration_allowed: true,
            is_attestation_enforced: true,
            key_restrictions: KeyRestrictions::default(),
        }
    }
}

/// Whether passkeys may be used at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum PolicyState {
    Enabled,
    Disabled,
}

/// Which models of keys may be used. Judged at registration and at sign-in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct KeyRestrictions {
    pub(crate) is_enforced: bool,
    pub(crate) enforcement_type: EnforcementType,
    pub(crate) aa_guids: Vec<Uuid>,
}

/// How the list of models is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum EnforcementType {
    Allow,
    #[default]
    Block,
}

impl KeyRestrictions {
    /// Whether a key of this model may be used.
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
    fn a_list_allows_or_blocks_only_when_enforced() {
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
