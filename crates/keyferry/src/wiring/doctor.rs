//! A connector taken apart, for the doctor.

use std::sync::Arc;

use keyferry_entra::Tenant;
use keyferry_http::oauth::TokenSource;
use keyferry_ops::doctor::{Finding, Patient, Questions, examine as look};
use url::Url;

use super::{Around, GivenToken, identity, parts, permissions};
use crate::config::{Callers, PinBy, Settings};

/// Examines the connector that these settings make.
pub(crate) async fn examine(
    settings: Settings,
    around: &dyn Around,
    administrator: Option<GivenToken>,
    questions: Questions,
) -> Vec<Finding> {
    let probes = match settings.bind {
        bind if bind.is_unspecified() => super::reachable((bind, settings.probe_port).into()),
        bind => (bind, settings.probe_port).into(),
    };
    let parts = match parts(&settings, around).await {
        Ok(parts) => parts,
        Err(error) => return vec![Finding::of_settings(error)],
    };
    let metadata = identity::tenant_metadata(&settings);
    let Ok(tenant_metadata) = Url::parse(&metadata) else {
        return vec![Finding::of_settings(format!("{metadata} is no address"))];
    };
    let callers_metadata = match &settings.callers {
        Callers::Tokens { metadata_url, .. } => Some(metadata_url.clone().unwrap_or_else(|| tenant_metadata.clone())),
        Callers::Platform => None,
    };
    let tokens = match administrator {
        Some(given) => Arc::new(given) as Arc<dyn TokenSource>,
        None => parts.graph_tokens.clone(),
    };
    let patient = Patient {
        delivery: parts.delivery,
        client_id: settings.entra.client_id.clone(),
        needed_permissions: permissions::needed(&settings),
        tenant: Tenant::new(settings.entra.graph_endpoint.clone(), parts.http.clone(), tokens),
        tenant_metadata,
        callers_metadata,
        challenge_lifetime: settings.flow.challenge_lifetime,
        probes,
        pin_by: match &settings.pin_by {
            PinBy::LogicApp { .. } => "Logic App",
            PinBy::Smtp { .. } => "SMTP",
            PinBy::Graph { .. } => "Graph sendMail",
        },
        product_aaguids: settings.flow.product_aaguids,
        process_schedule: settings.process_schedule,
        cleanup_schedule: settings.cleanup_schedule,
        cleanup_completed_days: settings.cleanup_completed_days,
        ports: around.ports(parts.ports),
        http: parts.http,
        graph_tokens: parts.graph_tokens,
        expiries: parts.expiries,
        questions,
    };
    look(&patient).await
}
