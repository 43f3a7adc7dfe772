//! Roles: what a caller may do.

use std::fmt;

/// Role of a caller: an app role of an application, or a scope of the same name in a delegated token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Place orders, and see the own ones.
    Order,
    /// See all shipments.
    Read,
    /// Decide about shipments: process, cancel, retry, adopt, resolve. Includes [`Role::Read`].
    Operate,
    /// Send PINs again, and release them against the usual rules. Includes [`Role::Read`].
    Pin,
    /// See the history of all shipments. Includes [`Role::Read`].
    Audit,
    /// Make exceptions from the organisation's own rules, for example order for a privileged user.
    Admin,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 6] = [Self::Order, Self::Read, Self::Operate, Self::Pin, Self::Audit, Self::Admin];

    /// Returns the value of the app role and of the scope.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Order => "Keyferry.Order",
            Self::Read => "Keyferry.Read",
            Self::Operate => "Keyferry.Operate",
            Self::Pin => "Keyferry.Pin",
            Self::Audit => "Keyferry.Audit",
            Self::Admin => "Keyferry.Admin",
        }
    }

    /// Parses the value of an app role or scope, case-sensitively as Entra compares them.
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == value)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a caller's role must come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleSource {
    /// App role of the calling application.
    Application,
    /// Scope of the token.
    Scope,
    /// Scope of the token, and app role of its user.
    ScopeAndRole,
    /// App role of the user who signed in to the console.
    User,
}

/// Set of roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    /// Returns whether the set contains `role`.
    pub fn contains(self, role: Role) -> bool {
        self.0 & (1 << role as u8) != 0
    }

    /// Returns the roles that both sets contain.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns the roles of the set.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |&role| self.contains(role))
    }

    /// Returns whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().fold(0, |set, role| set | 1 << role as u8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_exactly_the_names() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            assert_eq!(Role::parse(&role.as_str().to_lowercase()), None);
        }
        assert_eq!(Role::parse("Order"), None);
    }

    #[test]
    fn set_contains_exactly_its_roles() {
        for one in Role::ALL {
            let set = Roles::from_iter([one]);
            assert_eq!(Role::ALL.map(|role| set.contains(role)), Role::ALL.map(|role| role == one));
        }
        assert!(Roles::default().is_empty());
    }
}
