//! Check of the tenant's passkey policy (guide, section 5.1) and of the ordered models.

use async_trait::async_trait;
use keyferry_domain::ports::{CheckRequest, SelfCheck};
use keyferry_domain::{Aaguid, FailureClass, Finding};

use super::Tenant;
use super::policy::PasskeyPolicy;

const CHECK: &str = "passkey policy";

#[async_trait]
impl SelfCheck for Tenant {
    async fn self_check(&self, request: &CheckRequest<'_>) -> Vec<Finding> {
        let policy = match self.passkey_policy().await {
            Ok(policy) => policy,
            Err(failure) if failure.class() == FailureClass::Forbidden => {
                let todo = "Grant the connector the permission Policy.Read.AuthenticationMethod, or pass an \
                            administrator's token with --graph-token-file (az account get-access-token \
                            --resource-type ms-graph).";
                return vec![Finding::not_examined(CHECK, format!("could not read the policy: {failure}"), todo)];
            }
            Err(failure) if failure.class() == FailureClass::AppCredentialRefused => {
                let todo = "If you passed a token with --graph-token-file, it has expired or is not for Graph. Get a \
                            new token.";
                return vec![Finding::not_examined(CHECK, format!("Graph refused the token: {failure}"), todo)];
            }
            Err(failure) => return vec![Finding::of_failure(CHECK, &failure)],
        };
        let mut findings = vec![enabled(&policy), self_service(&policy), attestation(&policy)];
        findings.push(models(request, &policy));
        findings
    }
}

fn enabled(policy: &PasskeyPolicy) -> Finding {
    let groups: Vec<_> = policy.include_targets.iter().map(|target| target.id.as_str()).collect();
    if policy.state != "enabled" {
        let todo =
            "Enable the method Passkey (FIDO2) (guide 5.1, step 3). Otherwise, no key can be registered or used.";
        return Finding::failed(CHECK, format!("passkeys are {}", policy.state), todo);
    }
    if groups.is_empty() {
        let todo = "Add all users or groups to the method Passkey (FIDO2) (guide 5.1, step 3).";
        return Finding::failed(CHECK, "passkeys are not enabled for any user or group", todo);
    }
    let excluded: Vec<_> = policy.exclude_targets.iter().map(|target| target.id.as_str()).collect();
    let mut found = format!("passkeys are enabled for {}", groups.join(", "));
    if !excluded.is_empty() {
        found.push_str(&format!(", except for {}", excluded.join(", ")));
    }
    Finding::ok(CHECK, found)
}

fn self_service(policy: &PasskeyPolicy) -> Finding {
    const CHECK: &str = "self-service set up";
    match policy.is_self_service_registration_allowed {
        Some(false) => {
            let todo = "Set \"Allow self-service set up\" to Yes (guide 5.1). Otherwise, not even an administrator can \
                        register keys.";
            Finding::failed(CHECK, "self-service set up is not allowed", todo)
        }
        Some(true) => Finding::ok(CHECK, "self-service set up is allowed"),
        None => Finding::not_examined(CHECK, "Graph returned no value", "Check the setting in the admin centre."),
    }
}

fn attestation(policy: &PasskeyPolicy) -> Finding {
    const CHECK: &str = "attestation";
    let profiles: Vec<_> = policy.profiles_in_use().collect();
    let enforced = if profiles.is_empty() {
        policy.is_attestation_enforced
    } else {
        let lax = |text: &Option<String>| text.as_deref() == Some("disabled");
        Some(!profiles.iter().any(|profile| lax(&profile.attestation_enforcement)))
    };
    let todo = "Set \"Enforce attestation\" to Yes (guide 5.1). Otherwise, a registered key may not be genuine.";
    match enforced {
        Some(true) => Finding::ok(CHECK, "attestation is enforced"),
        Some(false) => Finding::warning(CHECK, "attestation is not enforced for all users", todo),
        None => Finding::not_examined(CHECK, "Graph returned no value", "Check the setting in the admin centre."),
    }
}

fn models(request: &CheckRequest<'_>, policy: &PasskeyPolicy) -> Finding {
    const CHECK: &str = "key models";
    let known = request.product_models;
    let named = !request.products.is_empty();
    let products = if named { request.products.clone() } else { known.keys().copied().collect() };
    let mut refused = Vec::new();
    let mut unknown = Vec::new();
    let mut allowed = 0_usize;
    for product in &products {
        match known.get(product) {
            None => unknown.push(product.to_string()),
            Some(models) => {
                let not: Vec<_> = models.iter().filter(|model| !policy.allows(model)).map(Aaguid::to_string).collect();
                allowed += models.len() - not.len();
                if !not.is_empty() {
                    refused.push(format!("product {product}: {}", not.join(", ")));
                }
            }
        }
    }
    if !refused.is_empty() {
        let found = format!("key restrictions do not allow {}", refused.join("; "));
        let todo = "Add these AAGUIDs to the key restrictions, or to a passkey profile that is assigned to the users \
                    (guide 5.1). The model of a delivered key depends on its firmware.";
        // Without --product, all known products are checked. Only a warning, since some may never be ordered.
        return if named {
            Finding::failed(CHECK, found, todo)
        } else {
            Finding::warning(CHECK, found, format!("{todo} Specify the products that you order with --product."))
        };
    }
    if !unknown.is_empty() {
        let found = format!("the models of these products are unknown: {}", unknown.join(", "));
        return Finding::not_examined(CHECK, found, "Set their AAGUIDs in KEYFERRY_PRODUCT_AAGUIDS.");
    }
    Finding::ok(CHECK, format!("key restrictions allow all {allowed} models of {} products", products.len()))
}
