//! Common checks of the calls on authentication methods.

use axum::http::StatusCode;

use super::call::Call;
use super::error::GraphError;
use crate::ground::directory::User;
use crate::ground::policy::PolicyState;

/// Returns the user with this id or user principal name.
///
/// # Errors
/// Returns 404 of the authentication methods workload. The status is observed; code and text are the sandbox's own.
pub(super) fn user(call: &Call, key: &str) -> Result<User, GraphError> {
    let user = call.graph.directory.lock().user(key).cloned();
    user.ok_or_else(|| {
        GraphError::methods(StatusCode::NOT_FOUND, "resourceNotFound", format!("User '{key}' was not found."))
    })
}

/// Checks the conditions of the policy that apply to every key.
///
/// # Errors
/// Returns 400. The texts are the sandbox's own; only the conditions are public.
pub(super) fn check_policy(call: &Call) -> Result<(), GraphError> {
    let policy = call.graph.policy.get();
    if policy.state == PolicyState::Disabled {
        return Err(GraphError::bad_request("Passkeys (FIDO2) are not enabled by the authentication methods policy."));
    }
    if !policy.is_self_service_registration_allowed {
        return Err(GraphError::bad_request("The policy does not allow self-service set up of passkeys."));
    }
    Ok(())
}
