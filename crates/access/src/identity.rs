//! Who a request says it comes from, before the mode of roles is applied.

use keyferry_domain::Caller;

use crate::role::Roles;

/// Caller and roles that a token or the platform names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) caller: Caller,
    /// Roles of the application, or scopes that it got in a delegated token.
    pub(crate) roles: Roles,
    /// In a delegated token, the app roles of the user.
    pub(crate) users_roles: Option<Roles>,
}
