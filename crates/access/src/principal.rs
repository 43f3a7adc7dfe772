//! Authenticated caller with its rights.

use keyferry_domain::Caller;

use crate::error::AuthError;
use crate::identity::Identity;
use crate::operation::Operation;
use crate::role::{Role, RoleSource, Roles};

/// Source of rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RolesMode {
    /// Roles in the token are the only source of rights.
    Enforced,
    /// As the guide defines it: every allowed application may use the guide's operations and read. Roles in the token
    /// permit more.
    DropIn,
}

/// Source of rights in delegated tokens: of an application that acts for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DelegatedRights {
    /// The scopes that the application got, for each of its users.
    Scopes,
    /// The scopes of which the user also has the app role.
    ScopesAndRoles,
}

/// Authenticated caller with its rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    caller: Caller,
    roles: Roles,
    mode: RolesMode,
    source: RoleSource,
}

impl Principal {
    pub(crate) fn new(identity: Identity, mode: RolesMode, delegated: DelegatedRights) -> Self {
        let Identity { caller, roles, users_roles } = identity;
        let (roles, source) = match (users_roles, delegated) {
            (None, _) => (roles, RoleSource::Application),
            (Some(_), DelegatedRights::Scopes) => (roles, RoleSource::Scope),
            (Some(own), DelegatedRights::ScopesAndRoles) => (roles.intersection(own), RoleSource::ScopeAndRole),
        };
        Self { caller, roles, mode, source }
    }

    /// Creates the principal of a user who signed in to an application of Keyferry itself. Only the user's own roles
    /// permit anything, also in the mode `drop-in`: there, every user of the tenant could read everything.
    pub(crate) fn of_user(caller: Caller, roles: Roles) -> Self {
        Self { caller, roles, mode: RolesMode::Enforced, source: RoleSource::User }
    }

    /// Returns the application, and the user for whom it acts.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Returns whether the caller has `role`. In the mode `drop-in`, too, this is only true if the token contains it.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(role)
    }

    /// Checks that the caller may use `operation`.
    ///
    /// # Errors
    /// [`AuthError::Role`] with the roles of which one is missing.
    pub fn permits(&self, operation: Operation) -> Result<(), AuthError> {
        let by_role = operation.roles().iter().any(|&role| self.has(role));
        let by_mode = self.mode == RolesMode::DropIn && operation.is_open_in_drop_in();
        if by_role || by_mode {
            return Ok(());
        }
        Err(AuthError::Role { roles: operation.roles(), source: self.source })
    }

    /// Returns whether the caller may know about a shipment that `requested_by` ordered. A caller may always see what
    /// it ordered itself. An application that acts for several users does not see the orders of one for another.
    pub fn sees(&self, requested_by: &Caller) -> bool {
        self.sees_all() || self.caller.is_same(requested_by)
    }

    /// Returns whether the caller may know about all shipments.
    pub fn sees_all(&self) -> bool {
        let all = [Role::Read, Role::Operate, Role::Pin, Role::Audit];
        self.mode == RolesMode::DropIn || all.into_iter().any(|role| self.has(role))
    }
}

#[cfg(test)]
mod tests {
    use keyferry_domain::{ActingUser, CallerId};

    use super::*;

    fn principal(roles: &[Role], mode: RolesMode) -> Principal {
        let roles = roles.iter().copied().collect();
        let identity = Identity { caller: application("portal"), roles, users_roles: None };
        Principal::new(identity, mode, DelegatedRights::Scopes)
    }

    fn application(id: &str) -> Caller {
        Caller::application(CallerId::new(id))
    }

    /// One line per operation, with the roles that permit it alone when roles are enforced.
    #[test]
    fn each_role_permits_exactly_its_operations() {
        let permitted = |operation| {
            Role::ALL
                .into_iter()
                .filter(move |&role| principal(&[role], RolesMode::Enforced).permits(operation).is_ok())
        };
        for operation in Operation::ALL {
            assert_eq!(permitted(operation).collect::<Vec<_>>(), operation.roles(), "{operation:?}");
            assert!(principal(&[], RolesMode::Enforced).permits(operation).is_err());
        }
    }

    #[test]
    fn drop_in_adds_the_guides_operations_to_those_of_the_roles() {
        for operation in Operation::ALL {
            let open = !matches!(
                operation,
                Operation::AbandonShipment
                    | Operation::ActOnShipments
                    | Operation::AdoptShipment
                    | Operation::CancelShipment
                    | Operation::CancelBatch
                    | Operation::ChangeBatchRow
                    | Operation::CheckBatch
                    | Operation::CreateBatch
                    | Operation::GiveAddress
                    | Operation::PauseBatch
                    | Operation::ResumeBatch
                    | Operation::SubmitBatch
                    | Operation::ListWebhooks
                    | Operation::ManageWebhooks
                    | Operation::OffboardPerson
                    | Operation::PrintPin
                    | Operation::QueueOrder
                    | Operation::Reconcile
                    | Operation::ReplaceShipment
                    | Operation::ResolveShipment
                    | Operation::RetryShipment
                    | Operation::ReturnKey
                    | Operation::LoseKey
                    | Operation::ListMethods
                    | Operation::RevokeMethod
            );
            assert_eq!(principal(&[], RolesMode::DropIn).permits(operation).is_ok(), open, "{operation:?}");
            let with_roles = principal(&[Role::Operate, Role::Order, Role::Admin], RolesMode::DropIn);
            // Only the role for PINs permits it.
            let expected = operation != Operation::PrintPin;
            assert_eq!(with_roles.permits(operation).is_ok(), expected, "{operation:?}");
        }
        assert!(!principal(&[], RolesMode::DropIn).has(Role::Pin));
    }

    #[test]
    fn caller_without_read_sees_only_its_own_orders() {
        for role in Role::ALL {
            let caller = principal(&[role], RolesMode::Enforced);
            assert!(caller.sees(&application("portal")));
            assert_eq!(caller.sees(&application("other")), !matches!(role, Role::Order | Role::Admin), "{role}");
        }
        assert!(principal(&[], RolesMode::DropIn).sees(&application("other")));
        let user = ActingUser { object_id: "0a1b".into(), user_name: None, name: None };
        let acting = Caller { user: Some(user), ..application("portal") };
        assert!(!principal(&[Role::Order], RolesMode::Enforced).sees(&acting));
    }
}
