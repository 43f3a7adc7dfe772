//! The tenant's policy for passkeys
//! (<https://learn.microsoft.com/graph/api/resources/fido2authenticationmethodconfiguration>).

use keyferry_domain::{Aaguid, Failure};
use keyferry_http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Tenant;

const PATH: [&str; 4] = ["policies", "authenticationMethodsPolicy", "authenticationMethodConfigurations", "fido2"];

/// The policy. Members that Graph may leave out, or will from some day on, are optional.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PasskeyPolicy {
    /// `enabled` or `disabled`.
    pub state: String,
    /// Without it no key can be registered, by nobody.
    pub is_self_service_registration_allowed: Option<bool>,
    /// Deprecated by Microsoft in favour of profiles.
    pub is_attestation_enforced: Option<bool>,
    /// Deprecated likewise.
    pub key_restrictions: Option<KeyRestrictions>,
    /// Whom it is for.
    pub include_targets: Vec<Target>,
    /// Whom it is not for, whatever else says.
    pub exclude_targets: Vec<Target>,
    /// Where there are any, a person needs one of those that their group has.
    pub passkey_profiles: Vec<PasskeyProfile>,
}

/// A group, or `all_users`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Target {
    /// Its id.
    pub id: String,
    /// Ids of the profiles that its members may use.
    pub allowed_passkey_profiles: Vec<String>,
}

/// Which keys may be registered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PasskeyProfile {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// `deviceBound`, `synced`, or both with a comma.
    pub passkey_types: Option<String>,
    /// `disabled` or `registrationOnly`.
    pub attestation_enforcement: Option<String>,
    /// Which models.
    pub key_restrictions: Option<KeyRestrictions>,
}

/// A list of models.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KeyRestrictions {
    /// Whether the list is looked at.
    pub is_enforced: bool,
    /// `allow` or `block`.
    pub enforcement_type: Option<String>,
    /// The models.
    pub aa_guids: Vec<String>,
}

impl KeyRestrictions {
    /// Whether a key of this model may be registered.
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
    /// Whether a security key of this model may be registered by it.
    pub fn allows(&self, model: &Aaguid) -> bool {
        let of_this_type = self.passkey_types.as_ref().is_none_or(|types| types.contains("deviceBound"));
        of_this_type && self.key_restrictions.as_ref().is_none_or(|restrictions| restrictions.allow(model))
    }
}

impl PasskeyPolicy {
    /// The profiles that somebody may use.
    pub fn profiles_in_use(&self) -> impl Iterator<Item = &PasskeyProfile> {
        self.passkey_profiles.iter().filter(|profile| {
            let targets = &self.include_targets;
            targets.iter().any(|target| target.allowed_passkey_profiles.contains(&profile.id))
        })
    }

    /// Whether a security key of this model may be registered: by one of the profiles where there are any, else by the list.
    pub fn allows(&self, model: &Aaguid) -> bool {
        if self.passkey_profiles.is_empty() {
            return self.key_restrictions.as_ref().is_none_or(|restrictions| restrictions.allow(model));
        }
        self.profiles_in_use().any(|profile| profile.allows(model))
    }
}

impl Tenant {
    /// The policy. `Policy.Read.AuthenticationMethod` is the least permission that reads it.
    ///
    /// # Errors
    /// When Graph does not show it.
    pub async fn passkey_policy(&self) -> Result<PasskeyPolicy, Failure> {
        self.get(&PATH, &[]).await
    }

    /// Changes the members of the policy that are named. `Policy.ReadWrite.AuthenticationMethod` is the least permission for it.
    ///
    /// # Errors
    /// When Graph refuses it.
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
    fn a_list_counts_when_it_is_enforced_and_no_profile_is_there() {
        for (enforced, kind, listed, other) in
            [(true, "allow", true, false), (true, "block", false, true), (false, "allow", true, true)]
        {
            let policy = policy(serde_json::json!({
                "state": "enabled",
                // As Graph spells it, and not.
                "keyRestrictions": { "isEnforced": enforced, "enforcementType": kind, "aaGuids": [LISTED.to_uppercase()] },
            }));
            assert_eq!((policy.allows(&model(LISTED)), policy.allows(&model(OTHER))), (listed, other), "{kind}");
        }
    }

    #[test]
    fn of_several_profiles_one_that_is_in_use_is_enough() {
        let profile = |id: &str, types: &str, listed: &str| {
            serde_json::json!({
                "id": id, "passkeyTypes": types,
                "keyRestrictions": { "isEnforced": true, "enforcementType": "allow", "aaGuids": [listed] },
            })
        };
        let policy = policy(serde_json::json!({
            "state": "enabled",
            "includeTargets": [{ "id": "all_users", "allowedPasskeyProfiles": ["1", "2"] }],
            "passkeyProfiles": [profile("1", "synced", LISTED), profile("2", "deviceBound,synced", OTHER), profile("3", "deviceBound", LISTED)],
            "keyRestrictions": { "isEnforced": true, "enforcementType": "allow", "aaGuids": [LISTED] },
        }));
        assert!(policy.allows(&model(OTHER)));
        assert!(!policy.allows(&model(LISTED)), "the first is for synced passkeys, and nobody has the third");
        assert_eq!(policy.profiles_in_use().count(), 2);
    }
}
