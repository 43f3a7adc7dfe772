//! Application permissions of Microsoft Graph, from Microsoft's permission reference.

use uuid::Uuid;

/// App role ids and their names.
const PERMISSIONS: [(u128, &str); 18] = [
    (0x0400e371_7db1_4338_a269_96069eb65227, "UserAuthMethod-Passkey.ReadWrite.All"),
    (0x72e00c1d_3e3d_43bb_a0b9_c435611bb1d2, "UserAuthMethod-Passkey.Read.All"),
    (0x627169a8_8c15_451c_861a_5b80e383de5c, "UserAuthMethod-TAP.ReadWrite.All"),
    (0x50483e42_d915_4231_9639_7fdb7fd190e5, "UserAuthenticationMethod.ReadWrite.All"),
    (0x38d9df27_64da_44fd_b7c5_a6fbac20248f, "UserAuthenticationMethod.Read.All"),
    (0xdf021288_bdef_4463_88db_98f22de89214, "User.Read.All"),
    (0x97235f07_e226_4f63_ace3_39588e11d3a1, "User.ReadBasic.All"),
    (0xb633e1c5_b582_4048_a93e_9f11b44c7e96, "Mail.Send"),
    (0x7ab1d382_f21e_4acd_a863_ba3e13f7da61, "Directory.Read.All"),
    (0x246dd0d5_5bd0_4def_940b_0421030a5b68, "Policy.Read.All"),
    (0x8e3bc81b_d2f3_4b7b_838c_32c88218d2f0, "Policy.Read.AuthenticationMethod"),
    (0x29c18626_4985_4dcd_85c0_193eef327366, "Policy.ReadWrite.AuthenticationMethod"),
    (0xb0afded3_3588_46d8_8b3d_9842eff778da, "AuditLog.Read.All"),
    (0x98830695_27a2_44f7_8c18_0c3ebc9698f6, "GroupMember.Read.All"),
    (0x483bed4a_2ad3_4361_a73b_c83ccdbdc53c, "RoleManagement.Read.Directory"),
    (0x498476ce_e0fe_48b0_b801_37ba7e2685c6, "Organization.Read.All"),
    (0x1bfefb4e_e0b5_418b_a88f_73c46d2cc8e9, "Application.ReadWrite.All"),
    (0x06b708a9_e830_4db3_a914_8e69da51d44f, "AppRoleAssignment.ReadWrite.All"),
];

/// Returns all permissions: id and name.
pub(crate) fn all() -> impl Iterator<Item = (Uuid, &'static str)> {
    PERMISSIONS.iter().map(|(id, name)| (Uuid::from_u128(*id), *name))
}

/// Returns the name of the permission with this id.
pub(crate) fn name(id: Uuid) -> Option<&'static str> {
    PERMISSIONS.iter().find(|(known, _)| Uuid::from_u128(*known) == id).map(|(_, name)| *name)
}

/// Returns the id of the permission with this name.
pub(crate) fn id(name: &str) -> Option<Uuid> {
    PERMISSIONS.iter().find(|(_, known)| *known == name).map(|(id, _)| Uuid::from_u128(*id))
}
