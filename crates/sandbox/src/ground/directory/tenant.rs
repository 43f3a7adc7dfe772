//! The one tenant.

use uuid::Uuid;

/// Tenant id, also inside the user handles.
pub(crate) const TENANT_ID: Uuid = Uuid::from_u128(0x1111_1111_2222_4333_8444_5555_5555_5555);
/// The tenant's initial domain.
pub(crate) const DOMAIN: &str = "contoso.onmicrosoft.com";

/// Returns whether a path's first segment names the tenant.
pub(crate) fn is_our_tenant(name: &str) -> bool {
    name.eq_ignore_ascii_case(DOMAIN) || name.eq_ignore_ascii_case(&TENANT_ID.to_string())
}
