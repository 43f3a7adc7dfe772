//! Authentication of callers.

use std::sync::Arc;

use keyferry_access::{
    Authentication, Authenticator, CallerSettings, RoleSettings, RolesMode, TokenSettings, TokenValidator,
};
use keyferry_domain::Clock;
use url::Url;

use super::outside::client;
use crate::config::Settings;

pub(super) fn authentication(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Authentication, String> {
    let RoleSettings { roles, delegated } = settings.roles;
    if roles == RolesMode::DropIn {
        tracing::info!(
            "roles are not enforced (KEYFERRY_ROLES=drop-in): each allowed application may order keys, resend PINs and \
             read all shipments"
        );
    }
    Ok(Authentication { by: authenticator(settings, clock)?, roles, delegated })
}

fn authenticator(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Authenticator, String> {
    let CallerSettings::Tokens(callers) = &settings.callers else {
        tracing::warn!(
            "callers are not authenticated by Keyferry: the platform in front must authenticate them, and callers must \
             not be able to bypass it"
        );
        return Ok(Authenticator::Platform);
    };
    let tenant = &settings.app.tenant_id;
    let metadata = callers.metadata_url.as_ref().map_or_else(|| tenant_metadata(settings), Url::to_string);
    let tokens = TokenSettings {
        metadata,
        tenant: tenant.clone(),
        issuers: callers.issuers.clone(),
        // The audience of version 2 tokens is always the application's client id.
        audiences: callers.audiences.iter().chain([&settings.app.client_id]).cloned().collect(),
        client_apps: callers.client_apps.clone(),
    };
    let http = client(settings.outgoing.extra_ca.as_deref(), None)?;
    let validator = TokenValidator::new(tokens, http, clock).map_err(|error| error.to_string())?;
    Ok(Authenticator::Tokens(Arc::new(validator)))
}

/// Returns the URL of the tenant's OpenID configuration.
pub(super) fn tenant_metadata(settings: &Settings) -> String {
    let base = settings.login.login_endpoint.as_str().trim_end_matches('/');
    format!("{base}/{}/v2.0/.well-known/openid-configuration", settings.app.tenant_id)
}
