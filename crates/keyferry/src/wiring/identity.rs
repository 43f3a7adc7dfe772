//! Who checks callers, and how.

use std::sync::Arc;

use keyferry_api::CallerSettings;
use keyferry_api::auth::{Authentication, TokenSettings, TokenValidator};
use keyferry_domain::Clock;
use url::Url;

use super::outside::client;
use crate::config::Settings;

pub(super) fn authentication(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Authentication, String> {
    let CallerSettings::Tokens(callers) = &settings.callers else {
        tracing::warn!(
            "callers are not checked here: the platform in front must do it, and nobody may reach this port around it"
        );
        return Ok(Authentication::Platform);
    };
    let tenant = &settings.app.tenant_id;
    let metadata = callers.metadata_url.as_ref().map_or_else(|| tenant_metadata(settings), Url::to_string);
    let tokens = TokenSettings {
        metadata,
        tenant: tenant.clone(),
        issuers: callers.issuers.clone(),
        // Tokens of version 2 are for the application's id, whatever was asked for.
        audiences: callers.audiences.iter().chain([&settings.app.client_id]).cloned().collect(),
        client_apps: callers.client_apps.clone(),
        required_role: callers.required_role.clone(),
    };
    let http = client(settings.outgoing.extra_ca.as_deref(), None)?;
    let validator = TokenValidator::new(tokens, http, clock).map_err(|error| error.to_string())?;
    Ok(Authentication::Tokens(Arc::new(validator)))
}

/// The OpenID configuration of the tenant.
pub(super) fn tenant_metadata(settings: &Settings) -> String {
    let base = settings.login.login_endpoint.as_str().trim_end_matches('/');
    format!("{base}/{}/v2.0/.well-known/openid-configuration", settings.app.tenant_id)
}
