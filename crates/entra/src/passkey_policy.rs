//! Passkey policy of the tenant, for checks of orders
//! (<https://learn.microsoft.com/graph/api/resources/fido2authenticationmethodconfiguration>).

use keyferry_azure_identity::send_authorized;
use keyferry_domain::{Failure, ModelRule, ObjectId, Operation, PasskeyPolicy as Policy, PolicyTarget};

use crate::failures::FAILURES;
use crate::graph::DIRECTORY;
use crate::tenant::{KeyRestrictions, POLICY_PATH, PasskeyPolicy, PasskeyProfile, Target};
use crate::{Entra, graph};

/// `id` of the target that stands for all users.
const ALL_USERS: &str = "all_users";

/// Returns the policy. Requires at least `Policy.Read.AuthenticationMethod`.
pub(crate) async fn get(entra: &Entra) -> Result<Policy, Failure> {
    const OPERATION: Operation = Operation::ReadPolicy;
    let mut url = entra.url(&[&[DIRECTORY], POLICY_PATH.as_slice()].concat(), "", OPERATION)?;
    url.set_query(None);
    let request = || entra.clients.directory.get(&url);
    let answer = send_authorized(entra.tokens.as_ref(), &FAILURES, OPERATION, request).await?;
    if answer.status != 200 {
        return Err(graph::failure(&answer, OPERATION));
    }
    let policy: PasskeyPolicy = answer.json().map_err(|error| error.into_failure(&FAILURES, OPERATION))?;
    convert(policy).map_err(|reason| graph::not_understood(&answer, OPERATION, reason))
}

/// Converts the policy.
///
/// # Errors
/// A group or a model without a valid id, whose rule could not be applied.
fn convert(policy: PasskeyPolicy) -> Result<Policy, String> {
    let group = |target: &Target| match target.id.as_str() {
        ALL_USERS => Ok(None),
        id => ObjectId::parse(id).map(Some).ok_or_else(|| format!("expected a group's id, but got {id:?}")),
    };
    let excluded = policy.exclude_targets.iter().map(group).collect::<Result<Vec<_>, _>>()?;
    let targets = policy
        .include_targets
        .iter()
        .map(|target| Ok(PolicyTarget { group: group(target)?, rules: rules(&policy, target)? }));
    Ok(Policy {
        enabled: policy.state.eq_ignore_ascii_case("enabled"),
        self_service: policy.is_self_service_registration_allowed,
        // An exclusion of all users would have no group: the policy then applies to nobody.
        targets: if excluded.contains(&None) { Vec::new() } else { targets.collect::<Result<_, String>>()? },
        excluded: excluded.into_iter().flatten().collect(),
    })
}

/// Returns the rules of a target: its profiles, else the default profile, else the list of the policy, which is
/// deprecated.
///
/// inferred: a target without profiles has the default profile. The documents state it for tenants that were migrated.
fn rules(policy: &PasskeyPolicy, target: &Target) -> Result<Vec<ModelRule>, String> {
    let assigned = |profile: &&PasskeyProfile| match target.allowed_passkey_profiles.is_empty() {
        true => policy.default_passkey_profile.as_ref() == Some(&profile.id),
        false => target.allowed_passkey_profiles.contains(&profile.id),
    };
    let profiles: Vec<_> = policy.passkey_profiles.iter().filter(assigned).collect();
    if profiles.is_empty() && target.allowed_passkey_profiles.is_empty() {
        return Ok(vec![restriction(policy.key_restrictions.as_ref())?]);
    }
    profiles.into_iter().map(of_profile).collect()
}

fn of_profile(profile: &PasskeyProfile) -> Result<ModelRule, String> {
    if profile.passkey_types.as_ref().is_some_and(|types| !types.contains("deviceBound")) {
        return Ok(ModelRule::None);
    }
    restriction(profile.key_restrictions.as_ref())
}

fn restriction(restrictions: Option<&KeyRestrictions>) -> Result<ModelRule, String> {
    let Some(enforced) = restrictions.filter(|restrictions| restrictions.is_enforced) else {
        return Ok(ModelRule::Any);
    };
    let model = |text: &String| text.parse().map_err(|_| format!("expected an AAGUID, but got {text:?}"));
    let models = enforced.aa_guids.iter().map(model).collect::<Result<_, String>>()?;
    match enforced.enforcement_type.as_deref() {
        Some("allow") => Ok(ModelRule::Only(models)),
        _ => Ok(ModelRule::AllBut(models)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MODEL: &str = "a25342c0-3cdc-4414-8e46-f4807fca511c";
    const STAFF: &str = "9c0ffee0-0000-4000-8000-000000000001";
    const PILOTS: &str = "9c0ffee0-0000-4000-8000-000000000002";

    fn converted(json: serde_json::Value) -> Result<Policy, String> {
        convert(serde_json::from_value(json).unwrap())
    }

    fn id(text: &str) -> ObjectId {
        ObjectId::parse(text).unwrap()
    }

    /// The body of the reference, with another model.
    #[test]
    fn policy_without_profiles_has_one_rule() {
        let policy = converted(json!({
            "@odata.type": "#microsoft.graph.fido2AuthenticationMethodConfiguration", "id": "Fido2",
            "state": "enabled", "isSelfServiceRegistrationAllowed": true, "isAttestationEnforced": true,
            "keyRestrictions": {"isEnforced": true, "enforcementType": "allow", "aaGuids": [MODEL.to_uppercase()]},
            "defaultPasskeyProfile": null, "excludeTargets": [{"id": STAFF, "targetType": "group"}],
            "includeTargets": [{"targetType": "group", "id": "all_users", "isRegistrationRequired": false,
                "allowedPasskeyProfiles": []}],
            "passkeyProfiles": [],
        }));
        let targets = vec![PolicyTarget { group: None, rules: vec![ModelRule::Only(vec![MODEL.parse().unwrap()])] }];
        let expected = Policy { enabled: true, self_service: Some(true), excluded: vec![id(STAFF)], targets };
        assert_eq!(policy, Ok(expected));
    }

    #[test]
    fn profiles_belong_to_the_groups_they_are_assigned_to() {
        let block = json!({"isEnforced": true, "enforcementType": "block", "aaGuids": [MODEL]});
        let policy = converted(json!({
            "state": "disabled", "defaultPasskeyProfile": "1",
            "includeTargets": [
                {"id": STAFF, "allowedPasskeyProfiles": []},
                {"id": PILOTS, "allowedPasskeyProfiles": ["2", "3"]},
            ],
            "passkeyProfiles": [
                {"id": "1", "passkeyTypes": "deviceBound", "keyRestrictions": block},
                {"id": "2", "passkeyTypes": "synced"},
                {"id": "3", "passkeyTypes": "deviceBound,synced", "keyRestrictions": {"isEnforced": false}},
            ],
            // Deprecated, and without effect beside profiles.
            "keyRestrictions": {"isEnforced": true, "enforcementType": "allow", "aaGuids": []},
        }))
        .unwrap();
        assert!(!policy.enabled);
        let target = |group, rules| PolicyTarget { group: Some(id(group)), rules };
        let expected = [
            target(STAFF, vec![ModelRule::AllBut(vec![MODEL.parse().unwrap()])]),
            target(PILOTS, vec![ModelRule::None, ModelRule::Any]),
        ];
        assert_eq!(policy.targets, expected);
    }

    #[test]
    fn policy_that_cannot_be_applied_is_not_understood() {
        let restrictions = json!({"isEnforced": true, "enforcementType": "allow", "aaGuids": ["YubiKey"]});
        let include = json!([{"id": "all_users"}]);
        assert!(converted(json!({"includeTargets": [{"id": "Staff"}]})).is_err());
        assert!(converted(json!({"includeTargets": include, "keyRestrictions": restrictions})).is_err());
        let nobody = converted(json!({"includeTargets": include, "excludeTargets": include})).unwrap();
        assert_eq!((nobody.targets.len(), nobody.excluded.len()), (0, 0));
    }
}
