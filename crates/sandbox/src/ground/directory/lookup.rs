//! The tenant's directory: users, groups and app registrations.

use uuid::Uuid;

use super::apps::{self, App};
use super::groups::{self, Group};
use super::users::{self, User};

/// Users, groups and app registrations of the tenant.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    pub(crate) users: Vec<User>,
    pub(crate) groups: Vec<Group>,
    pub(crate) apps: Vec<App>,
}

impl Default for Directory {
    /// Returns the initial directory, which `docs/reference/sandbox.md` lists.
    fn default() -> Self {
        Self { users: users::fixed(), groups: groups::fixed(), apps: apps::fixed() }
    }
}

impl Directory {
    /// Returns the user with this object id or user principal name (case-insensitive), as Graph does.
    pub(crate) fn user(&self, id_or_upn: &str) -> Option<&User> {
        let wanted = id_or_upn.to_lowercase();
        self.users.iter().find(|user| user.id.to_string() == wanted || user.upn.to_lowercase() == wanted)
    }

    /// Returns the user with this object id.
    pub(crate) fn user_by_id(&self, id: Uuid) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// Returns the user with this object id, for changes.
    pub(crate) fn user_mut(&mut self, id: Uuid) -> Option<&mut User> {
        self.users.iter_mut().find(|user| user.id == id)
    }

    /// Returns the user with this WebAuthn user handle.
    pub(crate) fn user_by_handle(&self, handle: &[u8]) -> Option<&User> {
        self.users.iter().find(|user| user.handle() == handle)
    }

    /// Returns the app with this client id.
    pub(crate) fn app(&self, id: Uuid) -> Option<&App> {
        self.apps.iter().find(|app| app.id == id)
    }

    /// Returns the app that a scope names: by client id, `api://{client id}` or App ID URI.
    pub(crate) fn app_by_audience(&self, audience: &str) -> Option<&App> {
        self.apps.iter().find(|app| {
            audience == app.id.to_string()
                || audience == format!("api://{}", app.id)
                || app.app_id_uri.as_deref() == Some(audience)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::users::id;
    use super::*;

    #[test]
    fn user_handle_has_observed_format() {
        let directory = Directory::default();
        let handle = directory.user_by_id(id(1)).unwrap().handle();
        assert_eq!(handle.len(), 51);
        assert_eq!(handle[..3], *b"OF:");
        // 11111111-2222-4333-… with the first three groups in little-endian order.
        assert_eq!(handle[3..11], [0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x33, 0x43]);
        assert_ne!(handle, directory.user_by_id(id(2)).unwrap().handle());
        assert_eq!(directory.user_by_handle(&handle).unwrap().id, id(1));
    }

    #[test]
    fn finds_users_case_insensitively() {
        let directory = Directory::default();
        assert_eq!(directory.user("JÜRGEN.WEIß@contoso.onmicrosoft.com").unwrap().id, id(9));
        assert_eq!(directory.user("A1000000-0000-4000-8000-00000000000A").unwrap().id, id(10));
        assert!(directory.user("nobody@contoso.onmicrosoft.com").is_none());
    }
}
