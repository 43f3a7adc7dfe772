//! A connector taken apart, for the tools that look at it.

use std::sync::Arc;

use keyferry_api::CallerSettings;
use keyferry_azure_identity::TokenSource;
use keyferry_domain::ShipmentStore;
use keyferry_entra::Tenant;
use keyferry_mail::PinWaySettings;
use keyferry_ops::doctor::{Finding, Patient, Questions, examine as look};
use url::Url;

use super::{GivenToken, PortWrapper, identity, parts, permissions};
use crate::config::Settings;

/// The connector's records, and its tenant.
pub(crate) async fn archive(
    settings: &Settings,
    wrapper: &dyn PortWrapper,
    administrator: Option<GivenToken>,
) -> Result<(Arc<dyn ShipmentStore>, Tenant), String> {
    let parts = parts(settings, wrapper).await?;
    let tokens = reader(administrator, &parts.graph_tokens);
    let tenant = Tenant::new(settings.entra.graph_endpoint.clone(), parts.http, tokens);
    Ok((wrapper.ports(parts.ports).shipments, tenant))
}

/// The administrator whose token was given, or the connector itself.
fn reader(administrator: Option<GivenToken>, connector: &Arc<dyn TokenSource>) -> Arc<dyn TokenSource> {
    administrator.map_or_else(|| connector.clone(), |given| Arc::new(given))
}

/// Examines the connector that these settings make.
pub(crate) async fn examine(
    settings: Settings,
    wrapper: &dyn PortWrapper,
    administrator: Option<GivenToken>,
    questions: Questions,
) -> Vec<Finding> {
    let probes = settings.listen.probes();
    let parts = match parts(&settings, wrapper).await {
        Ok(parts) => parts,
        Err(error) => return vec![Finding::of_settings(error)],
    };
    let metadata = identity::tenant_metadata(&settings);
    let Ok(tenant_metadata) = Url::parse(&metadata) else {
        return vec![Finding::of_settings(format!("{metadata} is no address"))];
    };
    let callers_metadata = match &settings.callers {
        CallerSettings::Tokens(callers) => {
            Some(callers.metadata_url.clone().unwrap_or_else(|| tenant_metadata.clone()))
        }
        CallerSettings::Platform => None,
    };
    let tokens = reader(administrator, &parts.graph_tokens);
    let patient = Patient {
        delivery: parts.delivery,
        client_id: settings.app.client_id.clone(),
        needed_permissions: permissions::needed(&settings),
        tenant: Tenant::new(settings.entra.graph_endpoint.clone(), parts.http.clone(), tokens),
        tenant_metadata,
        callers_metadata,
        challenge_lifetime: settings.engine.challenge_lifetime,
        probes,
        pin_by: match &settings.pin_delivery.way {
            PinWaySettings::LogicApp(_) => "Logic App",
            PinWaySettings::Smtp(..) => "SMTP",
            PinWaySettings::Graph(_) => "Graph sendMail",
        },
        product_aaguids: settings.engine.product_aaguids,
        process_schedule: settings.engine.process_schedule,
        cleanup_schedule: settings.engine.cleanup_schedule,
        cleanup_completed_days: settings.engine.cleanup_completed_days,
        ports: wrapper.ports(parts.ports),
        http: parts.http,
        graph_tokens: parts.graph_tokens,
        expiries: parts.expiries,
        questions,
    };
    look(&patient).await
}
