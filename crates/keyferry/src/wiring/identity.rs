//! Who checks callers, and how.

use std::sync::Arc;

use keyferry_api::auth::{Authentication, TokenSettings, TokenValidator};
use keyferry_domain::Clock;
use url::Url;

use super::outside::client;
use crate::config::{Callers, Settings};

pub(super) fn authentication(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Authentication, String> {
    let Callers::Tokens { audiences, client_apps, required_role, metadata_url, extra_issuers } = &settings.callers
    else {
        tracing::warn!(
            "callers are not checked here: the platform in front must do it, and nobody may reach this port around it"
        );
        return Ok(Authentication::Platform);
    };
    let tenant = &settings.entra.tenant_id;
    let metadata = metadata_url.as_ref().map_or_else(|| tenant_metadata(settings), Url::to_string);
    let tokens = TokenSettings {
        metadata,
        tenant: tenant.clone(),
        issuers: extra_issuers.clone(),
        // Tokens of version 2 are for the application's id, whatever was asked for.
        audiences: audiences.iter().chain([&settings.entra.client_id]).cloned().collect(),
        client_apps: client_apps.clone(),
        required_role: required_role.clone(),
    };
    let http = client(settings.extra_ca.as_deref(), None)?;
    let validator = TokenValidator::new(tokens, http, clock).map_err(|error| error.to_string())?;
    Ok(Authentication::Tokens(Arc::new(validator)))
}

/// The OpenID configuration of the tenant.
pub(super) fn tenant_metadata(settings: &Settings) -> String {
    let base = settings.entra.login_endpoint.as_str().trim_end_matches('/');
    format!("{base}/{}/v2.0/.well-known/openid-configuration", settings.entra.tenant_id)
}
