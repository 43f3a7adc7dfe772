//! The policy for passkeys (guide 5.1).

use keyferry_entra::{KeyRestrictions, PasskeyPolicy};
use serde_json::{Map, Value, json};

use super::{Line, Setup, SetupError, Wanted};

pub(super) async fn set(setup: &Setup, wanted: &Wanted, told: &mut Vec<Line>) -> Result<(), SetupError> {
    let policy = setup.tenant.passkey_policy().await?;
    let mut change = Map::new();
    let mut switch = |right: bool, name: &str, value: Value, what: &str| {
        if right {
            told.push(Line::Right(format!("passkey policy: {what}")));
        } else {
            told.push(Line::Change(format!("set the passkey policy: {what}")));
            change.insert(name.to_owned(), value);
        }
    };
    switch(policy.state == "enabled", "state", json!("enabled"), "passkeys are enabled");
    let everybody = json!([{ "targetType": "group", "id": "all_users", "isRegistrationRequired": false }]);
    let some = !policy.include_targets.is_empty();
    switch(some, "includeTargets", everybody, if some { "it is for somebody" } else { "it is for all users" });
    let self_service = policy.is_self_service_registration_allowed == Some(true);
    switch(self_service, "isSelfServiceRegistrationAllowed", json!(true), "self-service set up is allowed");
    if policy.passkey_profiles.is_empty() {
        let attested = policy.is_attestation_enforced == Some(true);
        switch(attested, "isAttestationEnforced", json!(true), "attestation is enforced");
        restrictions(&policy, wanted, told, &mut change);
    } else {
        profiles(&policy, wanted, told);
    }
    if setup.applies() && !change.is_empty() {
        setup.tenant.change_passkey_policy(&change).await?;
    }
    Ok(())
}

fn restrictions(policy: &PasskeyPolicy, wanted: &Wanted, told: &mut Vec<Line>, change: &mut Map<String, Value>) {
    if wanted.models.is_empty() {
        let now = policy.key_restrictions.as_ref().is_some_and(|now| now.is_enforced);
        let state = if now { "are enforced" } else { "are not enforced" };
        told.push(Line::Right(format!(
            "passkey policy: key restrictions {state}; nobody named products with --product, so they stay"
        )));
        return;
    }
    let mut now: KeyRestrictions = policy.key_restrictions.clone().unwrap_or_default();
    let missing: Vec<String> =
        wanted.models.iter().filter(|model| !now.allow(model)).map(ToString::to_string).collect();
    if now.is_enforced && missing.is_empty() {
        told.push(Line::Right(format!("passkey policy: key restrictions allow all {} models", wanted.models.len())));
        return;
    }
    let what = match (now.is_enforced, now.enforcement_type.as_deref()) {
        (true, Some("allow")) => {
            now.aa_guids.extend(missing.iter().cloned());
            format!("key restrictions also allow {}", missing.join(", "))
        }
        (true, _) => {
            now.aa_guids.retain(|listed| !missing.contains(&listed.to_lowercase()));
            format!("key restrictions do not block {} any more", missing.join(", "))
        }
        (false, _) if !wanted.enforce_key_restrictions => {
            told.push(Line::Right(
                "passkey policy: key restrictions are not enforced, so all models are allowed; --enforce-key-restrictions \
                 switches them on, and then other models that people use already are refused"
                    .to_owned(),
            ));
            return;
        }
        (false, _) => {
            let models = wanted.models.iter().map(ToString::to_string).collect();
            now = KeyRestrictions { is_enforced: true, enforcement_type: Some("allow".to_owned()), aa_guids: models };
            told.push(Line::ByHand(
                "before this is applied, see that nobody signs in with other models: they are refused from then on (guide 5.1)".to_owned(),
            ));
            format!("key restrictions allow {} models, and no other", wanted.models.len())
        }
    };
    told.push(Line::Change(format!("set the passkey policy: {what}")));
    change.insert("keyRestrictions".to_owned(), json!(now));
}

/// Profiles are for groups, and which group gets which keys is the administrator's to say.
fn profiles(policy: &PasskeyPolicy, wanted: &Wanted, told: &mut Vec<Line>) {
    let refused: Vec<_> = wanted.models.iter().filter(|model| !policy.allows(model)).map(ToString::to_string).collect();
    told.push(if refused.is_empty() {
        Line::Right("passkey policy: it has passkey profiles, which allow what was named".to_owned())
    } else {
        let refused = refused.join(", ");
        Line::ByHand(format!("the tenant has passkey profiles: add these AAGUIDs to one that people have: {refused}"))
    });
}
