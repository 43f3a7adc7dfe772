//! The tenant's users, groups, roles and app registrations.

mod apps;
mod groups;
mod lookup;
mod people;
mod tenant;
mod user_list;
mod users;

pub(crate) use apps::{API_ROLES, App, CONNECTOR_URI, Certificate, Federated, Redirect};
pub(crate) use groups::ROLES;
pub(crate) use lookup::Directory;
pub(crate) use people::{Kind, Person, all as people, is_generated};
pub(crate) use tenant::{DOMAIN, TENANT_ID, is_our_tenant};
pub(crate) use users::{User, UserType};
