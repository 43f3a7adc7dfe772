//! Why a caller is not let in.

use std::time::Duration;

/// A validator that could never let the right callers in, or would let anybody in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// No audience.
    #[error(
        "no audience is allowed: expected at least one in FIDO_Connector_Allowed_Audiences, such as \
         [\"api://fido-connector-api.contoso.onmicrosoft.com\"]"
    )]
    NoAudience,
    /// No client application.
    #[error(
        "no client application is allowed: expected at least one application id in \
         FIDO_Connector_Allowed_Client_Apps; any application of a tenant gets a token for any API"
    )]
    NoClientApp,
    /// No tenant.
    #[error("no tenant is set: expected its id in AZURE_TENANT_ID")]
    NoTenant,
}

/// Why a caller is not let in. No variant holds a token or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AuthError {
    /// There is no bearer token.
    Missing,
    /// There is one that is not good, with the reason. The texts are ours and fit a quoted string.
    Invalid(&'static str),
    /// The token is good, and its bearer may not call.
    Forbidden(&'static str),
    /// The token is good but lacks this scope.
    Scope(&'static str),
    /// Nobody can tell now: the keys were never loaded.
    KeysUnavailable {
        /// When to try again.
        retry_after: Duration,
    },
}
