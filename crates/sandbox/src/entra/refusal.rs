//! Error responses of the token service.
//!
//! Codes and texts follow the published list of AADSTS errors. The HTTP status and `error` are public for some codes
//! only (see the comments).

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::ground::directory::DOMAIN;
use crate::ground::random;

/// Reason why no token was issued.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
    TenantUnknown { tenant: String },
    ParameterMissing { name: &'static str },
    GrantUnsupported { grant: String },
    AppUnknown { id: String, tenant: String },
    AppDisabled { id: Uuid, name: String },
    CredentialMissing,
    SecretWrong { app: Uuid },
    SecretExpired { app: Uuid },
    AssertionKind { kind: String },
    AssertionMalformed,
    AssertionSignature,
    AssertionTime,
    AssertionAudience,
    AssertionClient,
    NoFederatedIssuer { issuer: String },
    NoFederatedAudience { audience: String },
    NoFederatedSubject { subject: String },
    ScopeInvalid { scope: String },
    ScopeWithoutDefault { scope: String },
    ResourceUnknown { name: String, tenant: String },
    AuthorizationPending,
    SlowDown,
    DeviceDeclined,
    DeviceCodeExpired,
    DeviceCodeUnknown,
    DeviceCodeUsed,
    GrantInvalid { name: &'static str },
    GrantExpired,
    GrantRevoked,
    CodeUsed,
    VerifierWrong,
    RedirectDiffers { uri: String },
    ClientIsPublic,
    ConsentMissing { id: Uuid, name: String },
    ScopesOfSeveralResources,
    UserUnknown { name: String },
    UserDisabled,
    PasswordWrong,
    RedirectUnknown { uri: String, app: Uuid },
    ResponseTypeUnsupported { kind: String },
    ParameterInvalid { text: String },
    LoginRequired,
    Declined,
}

impl Refusal {
    /// Returns status, `error`, AADSTS code and text.
    fn parts(&self) -> (StatusCode, &'static str, u32, String) {
        // inferred: status and `error` of all but 7000215 (observed) and 70011 (documented).
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        const NO: StatusCode = StatusCode::UNAUTHORIZED;
        match self {
            Self::TenantUnknown { tenant } => (
                BAD,
                "invalid_request",
                90002,
                format!(
                    "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing \
                     into the correct cloud. Check with your subscription administrator, this may happen if there are \
                     no active subscriptions for the tenant."
                ),
            ),
            Self::ParameterMissing { name } => (
                BAD,
                "invalid_request",
                900_144,
                format!("The request body must contain the following parameter: '{name}'."),
            ),
            Self::GrantUnsupported { grant } => (
                BAD,
                "unsupported_grant_type",
                70003,
                format!("The app requested an unsupported grant type '{grant}'."),
            ),
            Self::AppUnknown { id, tenant } => (
                BAD,
                "unauthorized_client",
                700_016,
                format!(
                    "Application with identifier '{id}' was not found in the directory '{tenant}'. This can happen if \
                     the application has not been installed by the administrator of the tenant or consented to by any \
                     user in the tenant. You may have sent your authentication request to the wrong tenant."
                ),
            ),
            Self::AppDisabled { id, name } => {
                (BAD, "unauthorized_client", 7_000_112, format!("Application '{id}'({name}) is disabled."))
            }
            Self::CredentialMissing => (
                NO,
                "invalid_client",
                7_000_218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
                    .to_owned(),
            ),
            Self::SecretWrong { app } => (
                NO,
                "invalid_client",
                7_000_215,
                format!(
                    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
                     value, not the client secret ID, for a secret added to app '{app}'."
                ),
            ),
            Self::SecretExpired { app } => (
                NO,
                "invalid_client",
                7_000_222,
                format!(
                    "The provided client secret keys for app '{app}' are expired. Visit the Azure portal to create new \
                     keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for \
                     added security: https://aka.ms/certCreds."
                ),
            ),
            // From here on the texts follow the published list. Where it has placeholders, they are the sandbox's own.
            Self::AssertionKind { kind } => (
                BAD,
                "invalid_request",
                90_014,
                format!(
                    "The value '{kind}' of 'client_assertion_type' is not supported: expected \
                     'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'."
                ),
            ),
            Self::AssertionMalformed => (NO, "invalid_client", 50_027, "JWT token is invalid or malformed.".to_owned()),
            Self::AssertionSignature => (
                NO,
                "invalid_client",
                700_027,
                "The certificate with identifier used to sign the client assertion is not registered on application, \
                 or the signature does not fit."
                    .to_owned(),
            ),
            Self::AssertionTime => {
                (NO, "invalid_client", 700_024, "Client assertion is not within its valid time range.".to_owned())
            }
            Self::AssertionAudience => (
                NO,
                "invalid_client",
                700_023,
                "Client assertion audience claim does not match Realm issuer.".to_owned(),
            ),
            Self::AssertionClient => (
                NO,
                "invalid_client",
                700_021,
                "Client assertion application identifier doesn't match 'client_id' parameter.".to_owned(),
            ),
            Self::NoFederatedIssuer { issuer } => (
                NO,
                "invalid_client",
                700_211,
                format!("No matching federated identity record found for presented assertion issuer '{issuer}'."),
            ),
            Self::NoFederatedAudience { audience } => (
                NO,
                "invalid_client",
                700_212,
                format!("No matching federated identity record found for presented assertion audience '{audience}'."),
            ),
            Self::NoFederatedSubject { subject } => (
                NO,
                "invalid_client",
                700_213,
                format!("No matching federated identity record found for presented assertion subject '{subject}'."),
            ),
            Self::ScopeInvalid { scope } => (
                BAD,
                "invalid_scope",
                70011,
                format!(
                    "The provided request must include a 'scope' input parameter. The provided value for the input \
                     parameter 'scope' is not valid. The scope {scope} is not valid."
                ),
            ),
            Self::ScopeWithoutDefault { scope } => (
                BAD,
                "invalid_scope",
                1_002_012,
                format!(
                    "The provided value for scope {scope} is not valid. Client credential flows must have a scope \
                     value with /.default suffixed to the resource identifier (application ID URI)."
                ),
            ),
            Self::ResourceUnknown { name, tenant } => (
                BAD,
                "invalid_resource",
                500_011,
                format!(
                    "The resource principal named {name} was not found in the tenant named {tenant}. This can happen \
                     if the application has not been installed by the administrator of the tenant or consented to by \
                     any user in the tenant. You might have sent your authentication request to the wrong tenant."
                ),
            ),
            _ => self.about_users(),
        }
    }

    /// Returns the same about sign-ins of users. `error` follows Microsoft's pages "OAuth 2.0 device authorization
    /// grant" and "OAuth 2.0 authorization code flow".
    fn about_users(&self) -> (StatusCode, &'static str, u32, String) {
        let (error, code, text) = match self {
            Self::AuthorizationPending => (
                "authorization_pending",
                70016,
                "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
            ),
            // inferred: Microsoft documents no `slow_down`; RFC 8628 section 3.5 requires clients to obey it.
            Self::SlowDown => ("slow_down", 70016, "OAuth 2.0 device flow error. The client polls too often."),
            Self::DeviceDeclined => ("authorization_declined", 65004, "User declined to consent to access the app."),
            Self::DeviceCodeExpired => (
                "expired_token",
                70020,
                "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
            ),
            // `invalid_grant` was observed, too; this is the documented code.
            Self::DeviceCodeUnknown => (
                "bad_verification_code",
                7_000_014,
                "The provided value for the input parameter 'device_code' is not valid.",
            ),
            Self::DeviceCodeUsed => ("invalid_grant", 70000, "The device_code has already been used."),
            Self::GrantInvalid { name } => {
                let text = format!("The provided value for the input parameter '{name}' is not valid.");
                return (StatusCode::BAD_REQUEST, "invalid_grant", 70000, text);
            }
            Self::GrantExpired => (
                "invalid_grant",
                70008,
                "The provided authorization code or refresh token has expired due to inactivity. Send a new \
                 interactive authorization request for this user and resource.",
            ),
            Self::GrantRevoked => (
                "invalid_grant",
                50173,
                "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might \
                 have changed or reset their password.",
            ),
            Self::CodeUsed => (
                "invalid_grant",
                54005,
                "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing \
                 refresh token.",
            ),
            Self::VerifierWrong => (
                "invalid_grant",
                501_481,
                "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
            ),
            Self::RedirectDiffers { uri } => {
                let text = format!(
                    "The reply address '{uri}' does not match the reply address provided when requesting \
                     Authorization code."
                );
                // inferred: `error`; RFC 6749 section 5.2 defines this one for the case.
                return (StatusCode::BAD_REQUEST, "invalid_grant", 500_112, text);
            }
            Self::ClientIsPublic => {
                let text = "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.";
                return (StatusCode::UNAUTHORIZED, "invalid_client", 700_025, text.to_owned());
            }
            Self::ConsentMissing { id, name } => {
                let text = format!(
                    "The user or administrator has not consented to use the application with ID '{id}' named '{name}'. \
                     Send an interactive authorization request for this user and resource."
                );
                return (StatusCode::BAD_REQUEST, "invalid_grant", 65001, text);
            }
            Self::ScopesOfSeveralResources => (
                "invalid_scope",
                28000,
                "Provided value for the input parameter scope is not valid because it contains more than one resource.",
            ),
            Self::UserUnknown { name } => {
                let text = format!(
                    "The user account {name} does not exist in the {DOMAIN} directory. To sign into this application, \
                     the account must be added to the directory."
                );
                return (StatusCode::BAD_REQUEST, "invalid_grant", 50034, text);
            }
            Self::UserDisabled => ("invalid_grant", 50057, "The user account is disabled."),
            Self::PasswordWrong => {
                ("invalid_grant", 50126, "Error validating credentials due to invalid username or password.")
            }
            Self::RedirectUnknown { uri, app } => {
                let text = format!(
                    "The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for \
                     the application '{app}'. Make sure the redirect URI sent in the request matches one added to your \
                     application in the Azure portal."
                );
                return (StatusCode::BAD_REQUEST, "invalid_request", 50011, text);
            }
            Self::ResponseTypeUnsupported { kind } => {
                let text = format!("response_type '{kind}' is not enabled for the application.");
                return (StatusCode::BAD_REQUEST, "unsupported_response_type", 700_054, text);
            }
            // inferred: the texts about single parameters.
            Self::ParameterInvalid { text } => {
                return (StatusCode::BAD_REQUEST, "invalid_request", 90023, text.clone());
            }
            Self::LoginRequired => {
                ("login_required", 50058, "A silent sign-in request was sent but no user is signed in.")
            }
            Self::Declined => ("access_denied", 65004, "User declined to consent to access the app."),
            _ => ("server_error", 90033, "A transient error has occurred. Please try again."),
        };
        (StatusCode::BAD_REQUEST, error, code, text.to_owned())
    }

    /// Returns `error` and `error_description` for a redirect to the client.
    pub(super) fn for_redirect(&self) -> (&'static str, String) {
        let (_, error, code, text) = self.parts();
        (error, format!("AADSTS{code}: {text}"))
    }

    /// Returns the response. `correlation` is the caller's `client-request-id`.
    pub(super) fn answer(&self, now: DateTime<Utc>, correlation: Option<Uuid>) -> Response {
        let (status, error, code, text) = self.parts();
        let trace = random::uuid();
        let correlation = correlation.unwrap_or_else(random::uuid);
        let at = now.format("%Y-%m-%d %H:%M:%SZ").to_string();
        let body = json!({
            "error": error,
            "error_description": format!(
                "AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}"
            ),
            "error_codes": [code],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        });
        (status, Json(body)).into_response()
    }
}
