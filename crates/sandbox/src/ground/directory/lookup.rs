//! The tenant's directory: users, groups and app registrations.

use uuid::Uuid;

use super::apps::{self, App};
use super::groups::{self, Group};
use super::people;
use super::user_list::UserList;
use super::users::{self, User};

/// Length of an object id in the form that Graph uses.
const UUID_LENGTH: usize = 36;

/// Users, groups and app registrations of the tenant.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    pub(crate) users: UserList,
    pub(crate) groups: Vec<Group>,
    pub(crate) apps: Vec<App>,
}

impl Directory {
    /// Returns the initial directory: what `docs/reference/sandbox.md` lists, and generated people.
    pub(crate) fn new(people: u32, seed: u64) -> Self {
        let mut users = UserList::default();
        for user in users::fixed().into_iter().chain(people::all(people, seed).map(|person| person.user)) {
            users.put(user);
        }
        Self { users, groups: groups::fixed(), apps: apps::fixed() }
    }

    /// Returns the user with this object id or user principal name (case-insensitive), as Graph does.
    pub(crate) fn user(&self, id_or_upn: &str) -> Option<&User> {
        let id = Uuid::try_parse(id_or_upn).ok().filter(|_| id_or_upn.len() == UUID_LENGTH);
        id.and_then(|id| self.users.get(id)).or_else(|| self.users.named(id_or_upn))
    }

    /// Returns the user with this object id.
    pub(crate) fn user_by_id(&self, id: Uuid) -> Option<&User> {
        self.users.get(id)
    }

    /// Returns the user with this WebAuthn user handle.
    pub(crate) fn user_by_handle(&self, handle: &[u8]) -> Option<&User> {
        self.users.holding(handle)
    }

    /// Returns the group with this object id.
    pub(crate) fn group(&self, id: Uuid) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    /// Returns the groups that `member` is in, directly or through other groups.
    pub(crate) fn groups_of(&self, member: Uuid) -> Vec<&Group> {
        let mut found: Vec<&Group> = Vec::new();
        let mut members = vec![member];
        while let Some(member) = members.pop() {
            for group in self.groups.iter().filter(|group| group.members.contains(&member)) {
                if !found.iter().any(|known| known.id == group.id) {
                    found.push(group);
                    members.push(group.id);
                }
            }
        }
        found
    }

    /// Returns the role assignments of a user: the user or the group to which the role is assigned, and the role.
    pub(crate) fn role_assignments_of(&self, user: Uuid) -> Vec<(Uuid, Uuid)> {
        let own = self.user_by_id(user).into_iter().flat_map(|user| user.roles.iter().map(|role| (user.id, *role)));
        let groups = self.groups_of(user);
        let inherited = groups.iter().flat_map(|group| group.roles.iter().map(|role| (group.id, *role)));
        own.chain(inherited).collect()
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
    use super::super::groups::ROLES;
    use super::super::users::id;
    use super::*;

    #[test]
    fn user_handle_has_observed_format() {
        let directory = Directory::new(0, 1);
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
        let directory = Directory::new(0, 1);
        assert_eq!(directory.user("JÜRGEN.WEIß@contoso.onmicrosoft.com").unwrap().id, id(9));
        assert_eq!(directory.user("A1000000-0000-4000-8000-00000000000A").unwrap().id, id(10));
        assert!(directory.user("nobody@contoso.onmicrosoft.com").is_none());
    }

    #[test]
    fn memberships_and_roles_are_transitive() {
        let mut directory = Directory::new(0, 1);
        let (ada, [employees, contractors, tier0]) = (id(1), [0, 1, 2].map(|index: usize| directory.groups[index].id));
        directory.groups[0].members = vec![ada];
        directory.groups[1].members = vec![employees];
        // Groups may contain each other.
        directory.groups[0].members.push(contractors);
        directory.groups[1].roles = vec![ROLES[1].id];
        directory.users.put(User { roles: vec![ROLES[0].id], ..directory.user_by_id(ada).unwrap().clone() });
        let groups: Vec<_> = directory.groups_of(ada).iter().map(|group| group.id).collect();
        assert_eq!(groups, [employees, contractors]);
        assert!(!groups.contains(&tier0));
        assert_eq!(directory.role_assignments_of(ada), [(ada, ROLES[0].id), (contractors, ROLES[1].id)]);
    }
}
