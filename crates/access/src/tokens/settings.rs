//! Requirements on access tokens.

/// Requirements on access tokens.
#[derive(Clone, Debug)]
pub struct TokenSettings {
    /// URL of the tenant's OpenID Connect metadata:
    /// `https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration`.
    pub metadata: String,
    /// Tenant id, as in the claim `tid`.
    pub tenant: String,
    /// Accepted issuers, in addition to the one named in the metadata and `https://sts.windows.net/{tenant}/` (issuer
    /// of version 1 tokens).
    pub issuers: Vec<String>,
    /// Accepted audiences, compared case-sensitively: application id URIs, or the API's application id.
    pub audiences: Vec<String>,
    /// Ids of the applications that may call.
    pub client_apps: Vec<String>,
}

/// Settings with which a validator would reject all callers or accept any caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The list of audiences is empty.
    #[error(
        "FIDO_Connector_Allowed_Audiences is empty: set at least one audience (example: \
         [\"api://fido-connector-api.contoso.onmicrosoft.com\"])"
    )]
    NoAudience,
    /// The list of client applications is empty.
    #[error(
        "FIDO_Connector_Allowed_Client_Apps is empty, and any application of a tenant can obtain a token for any API: \
         set at least one application id"
    )]
    NoClientApp,
    /// The tenant id is empty.
    #[error("AZURE_TENANT_ID is missing: set the tenant id")]
    NoTenant,
}
