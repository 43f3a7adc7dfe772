//! Responses to rejected callers (RFC 6750 section 3).

use axum::http::{HeaderValue, StatusCode, header};

use keyferry_access::{AuthError, Role, RoleSource};

use crate::kit::problem::{ErrorType, Problem};

/// Returns a challenge. `parameters` must not contain any part of the token.
fn challenge(parameters: &str) -> HeaderValue {
    HeaderValue::try_from(format!("Bearer realm=\"keyferry\"{parameters}"))
        .unwrap_or(HeaderValue::from_static("Bearer realm=\"keyferry\""))
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Missing => Self::api(
                StatusCode::UNAUTHORIZED,
                ErrorType::Authentication,
                "The access token is missing. Send the header Authorization: Bearer TOKEN.",
            )
            .with_header(header::WWW_AUTHENTICATE, challenge("")),
            AuthError::Invalid(reason) => {
                let parameters = format!(", error=\"invalid_token\", error_description=\"{reason}\"");
                let message = format!("The API rejected the access token: {reason}.");
                Self::api(StatusCode::UNAUTHORIZED, ErrorType::Authentication, message)
                    .with_header(header::WWW_AUTHENTICATE, challenge(&parameters))
            }
            AuthError::Forbidden(reason) => Self::api(
                StatusCode::FORBIDDEN,
                ErrorType::Authorization,
                format!("The caller is not authorized: {reason}."),
            ),
            AuthError::Scope(scope) => {
                let parameters = format!(", error=\"insufficient_scope\", scope=\"{scope}\"");
                let message = format!("The caller is not authorized: the token does not contain the scope {scope}.");
                Self::api(StatusCode::FORBIDDEN, ErrorType::Authorization, message)
                    .with_header(header::WWW_AUTHENTICATE, challenge(&parameters))
            }
            AuthError::Role { roles, source } => role_missing(roles, source),
            AuthError::KeysUnavailable { retry_after } => {
                let message = "The API could not verify the access token: it could not fetch the identity provider's \
                               signing keys. Try again later.";
                Self::api(StatusCode::SERVICE_UNAVAILABLE, ErrorType::Unavailable, message)
                    .with_retry_after(retry_after)
            }
        }
    }
}

impl Problem {
    /// Returns 403 for a caller without this role.
    pub(crate) fn missing_role(role: Role) -> Self {
        let message = format!("The caller is not authorized: it needs the role {role}.");
        Self::api(StatusCode::FORBIDDEN, ErrorType::Authorization, message)
    }
}

fn role_missing(roles: &[Role], source: RoleSource) -> Problem {
    let names: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
    let (kind, of, user) = match source {
        RoleSource::Application => ("app role", "calling application", ""),
        RoleSource::Scope => ("scope", "token", ""),
        RoleSource::User => ("app role", "signed-in user", ""),
        RoleSource::ScopeAndRole => ("scope", "token", ", and its user needs the app role of the same name"),
    };
    let one = if names.len() == 1 { format!("the {kind}") } else { format!("one of these {kind}s:") };
    let message = format!("The caller is not authorized: the {of} needs {one} {}{user}.", names.join(", "));
    let problem = Problem::api(StatusCode::FORBIDDEN, ErrorType::Authorization, message);
    if matches!(source, RoleSource::Scope | RoleSource::ScopeAndRole) {
        let parameters = format!(", error=\"insufficient_scope\", scope=\"{}\"", names.join(" "));
        return problem.with_header(header::WWW_AUTHENTICATE, challenge(&parameters));
    }
    problem
}
