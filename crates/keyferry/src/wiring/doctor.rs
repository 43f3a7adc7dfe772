//! Connector without engine and servers, for the commands `doctor` and `audit`.

use std::sync::Arc;

use keyferry_access::CallerSettings;
use keyferry_azure_identity::{ClockCheck, TokenSource};
use keyferry_domain::{Finding, ShipmentStore};
use keyferry_engine::PrivilegedUsers;
use keyferry_entra::{EntraCheck, OrderRules, Tenant};
use keyferry_ops::doctor::{Questions, SelfChecks, Target, examine as run_checks, of_settings};
use url::Url;

use super::store::LostDatabase;
use super::{GivenToken, PortWrapper, identity, parts, permissions, trust};
use crate::config::Settings;

/// Returns the connector's shipments and its tenant.
pub(crate) async fn archive(
    settings: &Settings,
    wrapper: &dyn PortWrapper,
    administrator: Option<GivenToken>,
) -> Result<(Arc<dyn ShipmentStore>, Tenant), String> {
    let parts = parts(settings, wrapper, LostDatabase::Refused).await?;
    let tokens = reader(administrator, &parts.graph_tokens);
    let tenant = Tenant::new(settings.entra.graph_endpoint.clone(), parts.http, tokens);
    Ok((wrapper.ports(parts.ports).shipments, tenant))
}

/// Returns the administrator's token if one was given, otherwise the connector's tokens.
fn reader(administrator: Option<GivenToken>, connector: &Arc<dyn TokenSource>) -> Arc<dyn TokenSource> {
    administrator.map_or_else(|| connector.clone(), |given| Arc::new(given))
}

/// Runs the doctor for a connector with these settings.
pub(crate) async fn examine(
    settings: Settings,
    wrapper: &dyn PortWrapper,
    administrator: Option<GivenToken>,
    questions: Questions,
) -> Vec<Finding> {
    let probes = settings.listen.probes();
    let parts = match parts(&settings, wrapper, LostDatabase::Refused).await {
        Ok(parts) => parts,
        Err(error) => return vec![of_settings(error)],
    };
    let metadata = identity::tenant_metadata(&settings);
    let Ok(tenant_metadata) = Url::parse(&metadata) else {
        return vec![of_settings(format!("{metadata} is not a valid URL"))];
    };
    let callers_metadata = match &settings.callers {
        CallerSettings::Tokens(callers) => {
            Some(callers.metadata_url.clone().unwrap_or_else(|| tenant_metadata.clone()))
        }
        CallerSettings::Platform => None,
    };
    let tokens = reader(administrator, &parts.graph_tokens);
    let checks = SelfChecks {
        login: Arc::new(ClockCheck::new(parts.http.clone(), tenant_metadata)),
        identity_provider: Arc::new(EntraCheck::new(
            parts.entra,
            settings.app.client_id.clone(),
            permissions::needed(&settings),
            order_rules(&settings),
        )),
        stores: parts.store_checks,
        tenant: Arc::new(Tenant::new(settings.entra.graph_endpoint.clone(), parts.http.clone(), tokens)),
        delivery_service: parts.delivery,
        pin_delivery: parts.pin_check,
        app_credentials: Arc::new(parts.expiries),
    };
    let ports = wrapper.ports(parts.ports);
    let target = Target {
        clock: ports.clock,
        entropy: ports.entropy,
        shipments: ports.shipments,
        journal: ports.journal,
        http: parts.http,
        checks,
        callers_metadata,
        challenge_lifetime: settings.engine.challenge_lifetime,
        product_models: settings.engine.product_aaguids,
        process_schedule: settings.engine.process_schedule,
        cleanup_schedule: settings.engine.cleanup_schedule,
        cleanup_completed_days: settings.engine.cleanup_completed_days,
        probes,
        questions,
    };
    let mut findings = run_checks(&target).await;
    findings.push(trust::examine_fido_metadata(&settings.trust, target.clock.now()));
    findings
}

/// Returns the rules about the users for whom keys may be ordered, as far as the directory decides them.
fn order_rules(settings: &Settings) -> OrderRules {
    let engine = &settings.engine;
    let allowed = engine.allowed_groups.iter().map(|group| ("KEYFERRY_ALLOWED_GROUPS", *group));
    let excluded = engine.excluded_groups.iter().map(|group| ("KEYFERRY_EXCLUDED_GROUPS", *group));
    OrderRules {
        groups: allowed.chain(excluded).collect(),
        refuse_privileged: engine.privileged_users == PrivilegedUsers::Refuse,
    }
}
