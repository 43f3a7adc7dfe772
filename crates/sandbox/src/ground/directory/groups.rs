//! Groups and directory roles of the tenant.

use serde::Serialize;
use uuid::Uuid;

use super::lookup::Directory;

/// Group of users and of other groups.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Group {
    pub(crate) id: Uuid,
    pub(crate) display_name: String,
    /// Object ids of users and groups.
    pub(crate) members: Vec<Uuid>,
    /// Ids of the roles that are assigned to the group.
    pub(crate) roles: Vec<Uuid>,
}

/// Directory role.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Role {
    pub(crate) id: Uuid,
    pub(crate) display_name: &'static str,
    pub(crate) is_privileged: bool,
}

/// Built-in roles, as in Microsoft's documentation of role definitions.
pub(crate) const ROLES: [Role; 3] = [
    Role {
        id: Uuid::from_u128(0x62e9_0394_69f5_4237_9190_0121_7714_5e10),
        display_name: "Global Administrator",
        is_privileged: true,
    },
    Role {
        id: Uuid::from_u128(0xfe93_0be7_5e62_47db_91af_98c3_a49a_38b1),
        display_name: "User Administrator",
        is_privileged: true,
    },
    Role {
        id: Uuid::from_u128(0xf023_fd81_a637_4b56_95fd_791a_c022_6033),
        display_name: "Service Support Administrator",
        is_privileged: false,
    },
];

/// Returns the initial groups. They have no members.
pub(super) fn fixed() -> Vec<Group> {
    let row = |number: u128, display_name: &str| Group {
        id: Uuid::from_u128(0x9c0f_fee0_0000_4000_8000_0000_0000_0000 | number),
        display_name: display_name.to_owned(),
        members: Vec::new(),
        roles: Vec::new(),
    };
    vec![row(1, "Employees"), row(2, "Contractors"), row(3, "Tier 0")]
}

impl Directory {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memberships_and_roles_are_transitive() {
        let mut directory = Directory::default();
        let (ada, [employees, contractors, tier0]) =
            (directory.users[0].id, [0, 1, 2].map(|index: usize| directory.groups[index].id));
        directory.groups[0].members = vec![ada];
        directory.groups[1].members = vec![employees];
        // Groups may contain each other.
        directory.groups[0].members.push(contractors);
        directory.groups[1].roles = vec![ROLES[1].id];
        directory.users[0].roles = vec![ROLES[0].id];
        let groups: Vec<_> = directory.groups_of(ada).iter().map(|group| group.id).collect();
        assert_eq!(groups, [employees, contractors]);
        assert!(!groups.contains(&tier0));
        assert_eq!(directory.role_assignments_of(ada), [(ada, ROLES[0].id), (contractors, ROLES[1].id)]);
    }
}
