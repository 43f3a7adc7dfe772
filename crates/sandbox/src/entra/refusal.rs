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
        }
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
