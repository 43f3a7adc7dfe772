//! Connector without engine and servers, for the commands `doctor` and `audit`; and the same checks of a running one.

use std::sync::Arc;

use keyferry_access::CallerSettings;
use keyferry_azure_identity::{ClockCheck, TokenSource};
use keyferry_console::Examine;
use keyferry_domain::{Finding, ShipmentStore};
use keyferry_engine::{Ports, PrivilegedUsers};
use keyferry_entra::{EntraCheck, OrderRules, Tenant};
use keyferry_ops::doctor::{Questions, SelfChecks, Target, examine as run_checks, of_settings};
use url::Url;

use super::store::LostDatabase;
use super::{GivenToken, Parts, PortWrapper, identity, parts, permissions, trust};
use crate::config::{Settings, TrustAnchorSettings};

/// Number of records that a running connector reads for its checks, so that they do not become load.
const MOST_RECORDS: usize = 1000;

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
    let parts = match parts(&settings, wrapper, LostDatabase::Refused).await {
        Ok(parts) => parts,
        Err(error) => return vec![of_settings(error)],
    };
    let tokens = reader(administrator, &parts.graph_tokens);
    let mut target = match target(&settings, &parts, tokens) {
        Ok(target) => target,
        Err(error) => return vec![of_settings(error)],
    };
    use_ports(&mut target, &wrapper.ports(parts.ports));
    target.probes = Some(settings.listen.probes());
    target.questions = questions;
    let mut findings = run_checks(&target).await;
    findings.push(trust::examine_fido_metadata(&settings.trust, target.clock.now()));
    findings
}

/// Returns the doctor of a running connector. It checks the connector's own parts, which were not wrapped yet.
pub(super) fn of_running(settings: &Settings, parts: &Parts) -> Result<Target, String> {
    target(settings, parts, parts.graph_tokens.clone())
}

/// Returns the function that runs these checks. `trust` is checked, too.
pub(super) fn on_demand(mut target: Target, ports: &Ports, trust: TrustAnchorSettings) -> Examine {
    use_ports(&mut target, ports);
    target.most_records = MOST_RECORDS;
    let (target, trust) = (Arc::new(target), Arc::new(trust));
    Arc::new(move || {
        let (target, trust) = (target.clone(), trust.clone());
        Box::pin(async move {
            let mut findings = run_checks(&target).await;
            findings.push(trust::examine_fido_metadata(&trust, target.clock.now()));
            findings
        })
    })
}

fn use_ports(target: &mut Target, ports: &Ports) {
    target.clock = ports.clock.clone();
    target.entropy = ports.entropy.clone();
    target.shipments = ports.shipments.clone();
    target.journal = ports.journal.clone();
}

/// `tokens` are those for the checks of the tenant.
fn target(settings: &Settings, parts: &Parts, tokens: Arc<dyn TokenSource>) -> Result<Target, String> {
    let metadata = identity::tenant_metadata(settings);
    let tenant_metadata = Url::parse(&metadata).map_err(|_| format!("{metadata} is not a valid URL"))?;
    let callers_metadata = match &settings.callers {
        CallerSettings::Tokens(callers) => {
            Some(callers.metadata_url.clone().unwrap_or_else(|| tenant_metadata.clone()))
        }
        CallerSettings::Platform => None,
    };
    let checks = SelfChecks {
        login: Arc::new(ClockCheck::new(parts.http.clone(), tenant_metadata)),
        identity_provider: Arc::new(EntraCheck::new(
            parts.entra.clone(),
            settings.app.client_id.clone(),
            permissions::needed(settings),
            order_rules(settings),
        )),
        stores: parts.store_checks.clone(),
        tenant: Arc::new(Tenant::new(settings.entra.graph_endpoint.clone(), parts.http.clone(), tokens)),
        delivery_service: parts.delivery.clone(),
        pin_delivery: parts.pin_check.clone(),
        app_credentials: Arc::new(parts.expiries.clone()),
    };
    let (ports, engine) = (&parts.ports, &settings.engine);
    Ok(Target {
        clock: ports.clock.clone(),
        entropy: ports.entropy.clone(),
        shipments: ports.shipments.clone(),
        journal: ports.journal.clone(),
        http: parts.http.clone(),
        checks,
        callers_metadata,
        challenge_lifetime: engine.challenge_lifetime,
        product_models: engine.product_aaguids.clone(),
        process_schedule: engine.process_schedule.clone(),
        cleanup_schedule: engine.cleanup_schedule.clone(),
        cleanup_completed_days: engine.cleanup_completed_days,
        probes: None,
        most_records: usize::MAX,
        questions: Questions::default(),
    })
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
