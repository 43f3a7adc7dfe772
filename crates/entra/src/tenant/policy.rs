//! Passkey policy of the tenant
//! (<https://learn.microsoft.com/graph/api/resources/fido2authenticationmethodconfiguration>).

use keyferry_domain::{Aaguid, Failure};
use keyferry_http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Tenant;

/// Path of the policy.
pub(crate) const PATH: [&str; 4] =
    ["policies", "authenticationMethodsPolicy", "authenticationMethodConfigurations", "fido2"];

/// Passkey policy. Members that Graph may omit, now or in the future, are optional.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PasskeyPolicy {
    /// `enabled` or `disabled`.
    pub state: String,
    /// Whether self-service setup is allowed. Without it, no key can be registered, not even by an administrator.
    pub is_self_service_registration_allowed: Option<bool>,
    /// Whether attestation is enforced. Deprecated by Microsoft in favour of profiles.
    pub is_attestation_enforced: Option<bool>,
    /// Allowed or blocked models. Deprecated by Microsoft in favour of profiles.
    pub key_restrictions: Option<KeyRestrictions>,
    /// Groups for which passkeys are enabled.
    pub include_targets: Vec<Target>,
    /// Groups for which passkeys are disabled. Takes precedence over `include_targets`.
    pub exclude_targets: Vec<Target>,
    /// Id of the profile of groups to which none is assigned.
    pub default_passkey_profile: Option<String>,
    /// Profiles. If there are any, a key must satisfy one of the profiles assigned to the user's groups.
    pub passkey_profiles: Vec<PasskeyProfile>,
}

/// Group, or `all_users`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Target {
    /// Id of the group, or `all_users`.
    pub id: String,
    /// Ids of the profiles assigned to the group.
    pub allowed_passkey_profiles: Vec<String>,
}

/// Passkey profile: requirements on passkeys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PasskeyProfile {
    /// Id of the profile.
    pub id: String,
    /// Name of the profile.
    pub name: Option<String>,
    /// `deviceBound`, `synced`, or both, separated by a comma.
    pub passkey_types: Option<String>,
    /// `disabled` or `registrationOnly`.
    pub attestation_enforcement: Option<String>,
    /// Allowed or blocked models.
    pub key_restrictions: Option<KeyRestrictions>,
}

/// List of allowed or blocked models.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KeyRestrictions {
    /// Whether the list is enforced.
    pub is_enforced: bool,
    /// `allow` or `block`.
    pub enforcement_type: Option<String>,
    /// AAGUIDs of the models.
    pub aa_guids: Vec<String>,
}

impl KeyRestrictions {
    /// Returns whether keys of this model may be registered.
    pub fn allow(&self, model: &Aaguid) -> bool {
        let listed = self.aa_guids.iter().any(|one| one.parse::<Aaguid>().is_ok_and(|one| one == *model));
        match self.enforcement_type.as_deref() {
            _ if !self.is_enforced => true,
            Some("allow") => listed,
            _ => !listed,
        }
    }
}

impl PasskeyProfile {
    /// Returns whether security keys of this model may be registered with this profile.
    pub fn allows(&self, model: &Aaguid) -> bool {
        let of_this_type = self.passkey_types.as_ref().is_none_or(|types| types.contains("deviceBound"));
        of_this_type && self.key_restrictions.as_ref().is_none_or(|restrictions| restrictions.allow(model))
    }
}

impl PasskeyPolicy {
    /// Returns the profiles that are assigned to at least one group.
    pub fn profiles_in_use(&self) -> impl Iterator<Item = &PasskeyProfile> {
        self.passkey_profiles.iter().filter(|profile| {
            let targets = &self.include_targets;
            targets.iter().any(|target| target.allowed_passkey_profiles.contains(&profile.id))
        })
    }

    /// Returns whether security keys of this model may be registered: with at least one profile, or by the policy's
    /// list if there are no profiles.
    pub fn allows(&self, model: &Aaguid) -> bool {
        if self.passkey_profiles.is_empty() {
            return self.key_restrictions.as_ref().is_none_or(|restrictions| restrictions.allow(model));
        }
        self.profiles_in_use().any(|profile| profile.allows(model))
    }
}

impl Tenant {
    /// Returns the policy. Requires at least `Policy.Read.AuthenticationMethod`.
    ///
    /// # Errors
    /// Fails when Graph refuses the call or does not respond.
    pub async fn passkey_policy(&self) -> Result<PasskeyPolicy, Failure> {
        self.get(&PATH, &[]).await
    }

    /// Changes the given members of the policy. Requires at least `Policy.ReadWrite.AuthenticationMethod`.
    ///
    /// # Errors
    /// Fails when Graph refuses the call or does not respond.
    pub async fn change_passkey_policy(&self, change: &Map<String, Value>) -> Result<(), Failure> {
        let mut body = change.clone();
        body.insert("@odata.type".to_owned(), "#microsoft.graph.fido2AuthenticationMethodConfiguration".into());
        self.call(Method::PATCH, &PATH, &[], Some(&Value::Object(body))).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(text: &str) -> Aaguid {
        text.parse().unwrap()
    }

    const LISTED: &str = "fa2b99dc-9e39-4257-8f92-4a30d23c4118";
    const OTHER: &str = "2fc0579f-8113-47ea-b116-bb5a8db9202a";

    fn policy(json: serde_json::Value) -> PasskeyPolicy {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn enforces_list_without_profiles() {
        for (enforced, kind, listed, other) in
            [(true, "allow", true, false), (true, "block", false, true), (false, "allow", true, true)]
        {
            let policy = policy(serde_json::json!({
                "state": "enabled",
                // In upper case, to check that case is ignored.
                "keyRestrictions": {
                    "isEnforced": enforced, "enforcementType": kind, "aaGuids": [LISTED.to_uppercase()],
                },
            }));
            assert_eq!((policy.allows(&model(LISTED)), policy.allows(&model(OTHER))), (listed, other), "{kind}");
        }
    }

    #[test]
    fn allows_model_with_one_assigned_profile() {
        let profile = |id: &str, types: &str, listed: &str| {
            serde_json::json!({
                "id": id, "passkeyTypes": types,
                "keyRestrictions": { "isEnforced": true, "enforcementType": "allow", "aaGuids": [listed] },
            })
        };
        let policy = policy(serde_json::json!({
            "state": "enabled",
            "includeTargets": [{ "id": "all_users", "allowedPasskeyProfiles": ["1", "2"] }],
            "passkeyProfiles": [
                profile("1", "synced", LISTED),
                profile("2", "deviceBound,synced", OTHER),
                profile("3", "deviceBound", LISTED),
            ],
            "keyRestrictions": { "isEnforced": true, "enforcementType": "allow", "aaGuids": [LISTED] },
        }));
        assert!(policy.allows(&model(OTHER)));
        assert!(!policy.allows(&model(LISTED)), "profile 1 is for synced passkeys, and profile 3 is not assigned");
        assert_eq!(policy.profiles_in_use().count(), 2);
    }
}
