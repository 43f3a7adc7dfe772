//! Authentication and authorization of callers.

use axum::http::{HeaderMap, StatusCode, header};

use super::error::GraphError;
use super::operation::Operation;
use super::state::Graph;
use crate::entra::{AppClaims, TokenError, is_graph};

/// Value of `WWW-Authenticate` in every 401.
pub(super) const CHALLENGE: &str = "Bearer realm=\"\", \
    authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
    client_id=\"00000003-0000-0000-c000-000000000000\"";

const PASSKEY_WRITE: &str = "UserAuthMethod-Passkey.ReadWrite.All";
const PASSKEY_READ: &str = "UserAuthMethod-Passkey.Read.All";
const PASS_WRITE: &str = "UserAuthMethod-TAP.ReadWrite.All";
const PASS_READ: &str = "UserAuthMethod-TAP.Read.All";
const METHODS_WRITE: &str = "UserAuthenticationMethod.ReadWrite.All";
const METHODS_READ: &str = "UserAuthenticationMethod.Read.All";

/// Returns the caller, from the bearer token of a request.
///
/// # Errors
/// Returns 401 if the token is missing, invalid, expired, or for another audience.
pub(super) fn caller(graph: &Graph, headers: &HeaderMap) -> Result<AppClaims, GraphError> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (scheme, token) = value.split_once(' ').unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
        return Err(unauthenticated("Access token is empty."));
    }
    let claims = graph.entra.keys.verify(token.trim()).map_err(|reason| match reason {
        // inferred: both texts; only the code and those on lifetime are observed.
        TokenError::Malformed => unauthenticated("IDX14100: JWT is not well formed."),
        TokenError::Signature => unauthenticated("Access token validation failure. Signature is invalid."),
    })?;
    let claims = AppClaims::read(&claims).ok_or_else(|| unauthenticated("Access token validation failure."))?;
    if !is_graph(&graph.facts, &claims.audience) {
        return Err(unauthenticated("Access token validation failure. Invalid audience."));
    }
    if claims.expires <= graph.clock.tokens().timestamp() {
        return Err(unauthenticated("Lifetime validation failed, the token is expired."));
    }
    Ok(claims)
}

fn unauthenticated(message: &str) -> GraphError {
    GraphError::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message)
}

/// Checks that an application permission of the caller covers the operation.
///
/// # Errors
/// Returns 403, with the code of the operation's workload.
pub(super) fn allow(operation: &Operation, caller: &AppClaims) -> Result<(), GraphError> {
    let has_one_of = |needed: &[&str]| caller.roles.iter().any(|role| needed.contains(&role.as_str()));
    // For memberships, two permissions are needed together.
    let has_all = !matches!(operation, Operation::CheckMemberGroups { .. })
        || has_one_of(&["User.Read.All", "Directory.Read.All"]);
    if has_one_of(needed(operation)) && has_all {
        return Ok(());
    }
    Err(match operation {
        Operation::GetUser { .. }
        | Operation::SearchUsers
        | Operation::GetManager { .. }
        | Operation::CheckMemberGroups { .. }
        | Operation::GetGroup { .. }
        | Operation::ListRoleAssignments
        | Operation::GetRoleDefinition { .. }
        | Operation::GetOrganization
        | Operation::ListApplications
        | Operation::CreateApplication
        | Operation::UpdateApplication { .. }
        | Operation::AddPassword { .. }
        | Operation::ListPrincipals
        | Operation::CreatePrincipal
        | Operation::ListAssignments { .. }
        | Operation::Assign { .. } => GraphError::directory_denied(),
        // inferred: general knowledge of the mail workload.
        Operation::SendMail { .. } => GraphError::new(
            StatusCode::FORBIDDEN,
            "ErrorAccessDenied",
            "Access is denied. Check credentials and try again.",
        ),
        // inferred: the code; the text is the sandbox's own.
        Operation::ListAudits => GraphError::new(
            StatusCode::FORBIDDEN,
            "Authentication_MSGraphPermissionMissing",
            "The principal does not have required Microsoft Graph permission(s): AuditLog.Read.All to call this API.",
        ),
        _ => GraphError::methods(StatusCode::FORBIDDEN, "accessDenied", "Request Authorization failed"),
    })
}

/// Returns the permissions for an operation, from Microsoft's permission metadata. One of them is sufficient.
fn needed(operation: &Operation) -> &'static [&'static str] {
    match operation {
        Operation::GetUser { .. } | Operation::SearchUsers => {
            &["User.ReadBasic.All", "User.Read.All", "Directory.Read.All"]
        }
        Operation::GetManager { .. } => &["User.Read.All", "Directory.Read.All"],
        Operation::CheckMemberGroups { .. } | Operation::GetGroup { .. } => {
            &["GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"]
        }
        Operation::ListRoleAssignments | Operation::GetRoleDefinition { .. } => {
            &["RoleManagement.Read.Directory", "Directory.Read.All"]
        }
        // The metadata does not list Passkey.ReadWrite.All for the collection.
        Operation::ListMethods { .. } => &[PASSKEY_READ, METHODS_READ, METHODS_WRITE],
        Operation::GetMethod { .. } => &[PASSKEY_READ, PASSKEY_WRITE, METHODS_READ, METHODS_WRITE],
        Operation::CreationOptions { .. } | Operation::Register { .. } | Operation::DeleteMethod { .. } => {
            &[PASSKEY_WRITE, METHODS_WRITE]
        }
        Operation::ListPasses { .. } => &[PASS_READ, PASS_WRITE, METHODS_READ, METHODS_WRITE],
        Operation::CreatePass { .. } | Operation::DeletePass { .. } => &[PASS_WRITE, METHODS_WRITE],
        Operation::SendMail { .. } => &["Mail.Send"],
        Operation::ListAudits => &["AuditLog.Read.All"],
        Operation::SetPolicy => &["Policy.ReadWrite.AuthenticationMethod"],
        Operation::GetOrganization => &["Organization.Read.All", "Directory.Read.All"],
        Operation::ListApplications
        | Operation::CreateApplication
        | Operation::UpdateApplication { .. }
        | Operation::AddPassword { .. }
        | Operation::ListPrincipals
        | Operation::CreatePrincipal => &["Application.ReadWrite.All"],
        Operation::ListAssignments { .. } => &["Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"],
        Operation::Assign { .. } => &["AppRoleAssignment.ReadWrite.All"],
        Operation::GetPolicy => {
            &["Policy.Read.AuthenticationMethod", "Policy.ReadWrite.AuthenticationMethod", "Policy.Read.All"]
        }
    }
}
