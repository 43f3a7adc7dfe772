//! Simulator of Microsoft Graph: the operations that a connector and its operator call.
//!
//! Some error codes and messages of Graph are not documented. There the sandbox has its own, marked by a comment.
//! Clients must depend only on the status of these errors.

mod access;
mod access_passes;
mod audit_list;
mod audits;
mod call;
mod ceremony;
mod challenge;
mod creation_options;
mod directory_roles;
mod dispatch;
mod encoding;
mod error;
mod fido2_policy;
mod get_user;
mod ids;
mod memberships;
mod methods;
mod operation;
mod passes;
mod passkeys;
mod permissions;
mod preconditions;
mod preset;
mod register;
mod registrations;
mod routes;
mod search_users;
mod send_mail;
mod sent_items;
mod state;
mod submission;
mod version;

#[cfg(test)]
mod tests;

pub(crate) use methods::Method;
pub(crate) use routes::router;
pub(crate) use state::Graph;
