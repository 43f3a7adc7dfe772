//! Groups and directory roles of the tenant.

use serde::Serialize;
use uuid::Uuid;

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
