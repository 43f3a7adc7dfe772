//! The tenant of the sandbox.

use uuid::Uuid;

/// Tenant id. It is also part of the user handles.
pub(crate) const TENANT_ID: Uuid = Uuid::from_u128(0x1111_1111_2222_4333_8444_5555_5555_5555);
/// Initial domain of the tenant.
pub(crate) const DOMAIN: &str = "contoso.onmicrosoft.com";

/// Returns whether `name`, the first segment of a path, is the tenant's id or domain.
pub(crate) fn is_our_tenant(name: &str) -> bool {
    name.eq_ignore_ascii_case(DOMAIN) || name.eq_ignore_ascii_case(&TENANT_ID.to_string())
}
