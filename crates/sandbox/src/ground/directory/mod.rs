//! The tenant's users and app registrations.

mod apps;
mod lookup;
mod tenant;
mod users;

pub(crate) use apps::{App, CONNECTOR_URI, Certificate, Federated};
pub(crate) use lookup::Directory;
pub(crate) use tenant::{DOMAIN, TENANT_ID, is_our_tenant};
pub(crate) use users::User;
