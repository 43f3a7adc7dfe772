//! The tenant's users, groups, roles and app registrations.

mod apps;
mod groups;
mod lookup;
mod tenant;
mod users;

pub(crate) use apps::{App, CONNECTOR_URI, Certificate, Federated};
pub(crate) use groups::ROLES;
pub(crate) use lookup::Directory;
pub(crate) use tenant::{DOMAIN, TENANT_ID, is_our_tenant};
pub(crate) use users::User;
