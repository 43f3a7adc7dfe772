//! Which access tokens are accepted.

/// Which tokens are good.
#[derive(Clone, Debug)]
pub struct TokenSettings {
    /// OpenID Connect metadata of the tenant, as text:
    /// `https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration`.
    pub metadata: String,
    /// The tenant's id, as the claim `tid` has it.
    pub tenant: String,
    /// Issuers beside the one that the metadata names and `https://sts.windows.net/{tenant}/` of version 1 tokens.
    pub issuers: Vec<String>,
    /// Audiences, compared letter by letter: application id URIs, and the API's application id.
    pub audiences: Vec<String>,
    /// Application ids that may call.
    pub client_apps: Vec<String>,
    /// An application role that the caller must have.
    pub required_role: Option<String>,
}

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
