//! What calls on authentication methods check first.

use axum::http::StatusCode;

use super::call::Call;
use super::error::GraphError;
use crate::ground::directory::User;
use crate::ground::policy::PolicyState;

/// Returns the user, or an error of the workload of authentication methods: 404 is observed, code and text are the
/// sandbox's own.
pub(super) fn user(call: &Call, key: &str) -> Result<User, GraphError> {
    let user = call.graph.directory.lock().user(key).cloned();
    user.ok_or_else(|| {
        GraphError::methods(StatusCode::NOT_FOUND, "resourceNotFound", format!("User '{key}' was not found."))
    })
}

/// Refuses what the policy refuses for every key. The sandbox's own texts; only the conditions are public.
pub(super) fn policy_admits(call: &Call) -> Result<(), GraphError> {
    let policy = call.graph.policy.get();
    if policy.state == PolicyState::Disabled {
        return Err(GraphError::bad_request("Passkeys (FIDO2) are not enabled by the authentication methods policy."));
    }
    if !policy.is_self_service_registration_allowed {
        return Err(GraphError::bad_request("The policy does not allow self-service set up of passkeys."));
    }
    Ok(())
}
