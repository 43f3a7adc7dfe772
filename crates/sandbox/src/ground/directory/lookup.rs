//! The tenant's users and app registrations: the fixed world that the documentation shows.

use uuid::Uuid;

use super::apps::{self, App};
use super::users::{self, User};

/// Users and apps.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    pub(crate) users: Vec<User>,
    pub(crate) apps: Vec<App>,
}

impl Default for Directory {
    /// The fixed world.
    fn default() -> Self {
        Self { users: users::fixed(), apps: apps::fixed() }
    }
}

impl Directory {
    /// By object id, or by user principal name without regard to case, as Graph does.
    pub(crate) fn user(&self, id_or_upn: &str) -> Option<&User> {
        let wanted = id_or_upn.to_lowercase();
        self.users.iter().find(|user| user.id.to_string() == wanted || user.upn.to_lowercase() == wanted)
    }

    /// By object id.
    pub(crate) fn user_by_id(&self, id: Uuid) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// By object id, to change it.
    pub(crate) fn user_mut(&mut self, id: Uuid) -> Option<&mut User> {
        self.users.iter_mut().find(|user| user.id == id)
    }

    /// By user handle, as a key gives it back at sign-in.
    pub(crate) fn user_by_handle(&self, handle: &[u8]) -> Option<&User> {
        self.users.iter().find(|user| user.handle() == handle)
    }

    /// By client id.
    pub(crate) fn app(&self, id: Uuid) -> Option<&App> {
        self.apps.iter().find(|app| app.id == id)
    }

    /// By the identifier that a scope names: client id, `api://{client id}` or an App ID URI.
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
    fn a_handle_has_the_observed_shape() {
        let directory = Directory::default();
        let handle = directory.user_by_id(id(1)).unwrap().handle();
        assert_eq!(handle.len(), 51);
        assert_eq!(handle[..3], *b"OF:");
        // 11111111-2222-4333-… with the first three groups turned around.
        assert_eq!(handle[3..11], [0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x33, 0x43]);
        assert_ne!(handle, directory.user_by_id(id(2)).unwrap().handle());
        assert_eq!(directory.user_by_handle(&handle).unwrap().id, id(1));
    }

    #[test]
    fn names_are_found_without_regard_to_case() {
        let directory = Directory::default();
        assert_eq!(directory.user("JÜRGEN.WEIß@contoso.onmicrosoft.com").unwrap().id, id(9));
        assert_eq!(directory.user("A1000000-0000-4000-8000-00000000000A").unwrap().id, id(10));
        assert!(directory.user("nobody@contoso.onmicrosoft.com").is_none());
    }
}
