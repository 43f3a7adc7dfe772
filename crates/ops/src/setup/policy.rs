//! Passkey policy (guide 5.1).

use keyferry_entra::{KeyRestrictions, PasskeyPolicy};
use serde_json::{Map, Value, json};

use super::{Line, Setup, SetupError, Wanted};

pub(super) async fn set(setup: &Setup, wanted: &Wanted, lines: &mut Vec<Line>) -> Result<(), SetupError> {
    let policy = setup.tenant.passkey_policy().await?;
    let mut change = Map::new();
    let mut switch = |right: bool, name: &str, value: Value, what: &str| {
        if right {
            lines.push(Line::Right(format!("passkey policy: {what}")));
        } else {
            lines.push(Line::Change(format!("set the passkey policy: {what}")));
            change.insert(name.to_owned(), value);
        }
    };
    switch(policy.state == "enabled", "state", json!("enabled"), "passkeys are enabled");
    let all_users = json!([{ "targetType": "group", "id": "all_users", "isRegistrationRequired": false }]);
    let some = !policy.include_targets.is_empty();
    switch(
        some,
        "includeTargets",
        all_users,
        if some { "it applies to at least one group" } else { "it applies to all users" },
    );
    let self_service = policy.is_self_service_registration_allowed == Some(true);
    switch(self_service, "isSelfServiceRegistrationAllowed", json!(true), "self-service set up is allowed");
    if policy.passkey_profiles.is_empty() {
        let attested = policy.is_attestation_enforced == Some(true);
        switch(attested, "isAttestationEnforced", json!(true), "attestation is enforced");
        restrictions(&policy, wanted, lines, &mut change);
    } else {
        profiles(&policy, wanted, lines);
    }
    if setup.applies() && !change.is_empty() {
        setup.tenant.change_passkey_policy(&change).await?;
    }
    Ok(())
}

fn restrictions(policy: &PasskeyPolicy, wanted: &Wanted, lines: &mut Vec<Line>, change: &mut Map<String, Value>) {
    if wanted.models.is_empty() {
        let now = policy.key_restrictions.as_ref().is_some_and(|now| now.is_enforced);
        let state = if now { "are enforced" } else { "are not enforced" };
        lines.push(Line::Right(format!(
            "passkey policy: key restrictions {state}; no product was given with --product, so they are not changed"
        )));
        return;
    }
    let mut now: KeyRestrictions = policy.key_restrictions.clone().unwrap_or_default();
    let missing: Vec<String> =
        wanted.models.iter().filter(|model| !now.allow(model)).map(ToString::to_string).collect();
    if now.is_enforced && missing.is_empty() {
        lines.push(Line::Right(format!("passkey policy: key restrictions allow all {} models", wanted.models.len())));
        return;
    }
    let what = match (now.is_enforced, now.enforcement_type.as_deref()) {
        (true, Some("allow")) => {
            now.aa_guids.extend(missing.iter().cloned());
            format!("key restrictions also allow {}", missing.join(", "))
        }
        (true, _) => {
            now.aa_guids.retain(|listed| !missing.contains(&listed.to_lowercase()));
            format!("key restrictions no longer block {}", missing.join(", "))
        }
        (false, _) if !wanted.enforce_key_restrictions => {
            lines.push(Line::Right(
                "passkey policy: key restrictions are not enforced, so all models are allowed. \
                 --enforce-key-restrictions enforces them; Entra then refuses other models that users already have"
                    .to_owned(),
            ));
            return;
        }
        (false, _) => {
            let models = wanted.models.iter().map(ToString::to_string).collect();
            now = KeyRestrictions { is_enforced: true, enforcement_type: Some("allow".to_owned()), aa_guids: models };
            lines.push(Line::ByHand(
                "before you apply this, make sure that no user signs in with another model: Entra refuses other models \
                 afterwards (guide 5.1)"
                    .to_owned(),
            ));
            format!("key restrictions allow {} models only", wanted.models.len())
        }
    };
    lines.push(Line::Change(format!("set the passkey policy: {what}")));
    change.insert("keyRestrictions".to_owned(), json!(now));
}

/// Checks that passkey profiles allow the wanted models. Does not change them: which group uses which keys is the
/// administrator's decision.
fn profiles(policy: &PasskeyPolicy, wanted: &Wanted, lines: &mut Vec<Line>) {
    let refused: Vec<_> = wanted.models.iter().filter(|model| !policy.allows(model)).map(ToString::to_string).collect();
    lines.push(if refused.is_empty() {
        Line::Right("passkey policy: the passkey profiles allow all given models".to_owned())
    } else {
        let refused = refused.join(", ");
        Line::ByHand(format!("the tenant has passkey profiles: add these AAGUIDs to a profile of the users: {refused}"))
    });
}
