//! Microsoft Graph, as far as a connector and its operator call it.
//!
//! Where the public record does not tell a message or a code, the sandbox has its own, and says so beside it: a client
//! that branches on more than the status there is wrong.

mod access;
mod audit_list;
mod audits;
mod call;
mod ceremony;
mod challenge;
mod creation_options;
mod dispatch;
mod encoding;
mod error;
mod fido2_policy;
mod get_user;
mod ids;
mod methods;
mod operation;
mod passkeys;
mod permissions;
mod preconditions;
mod register;
mod registrations;
mod routes;
mod send_mail;
mod sent_items;
mod state;
mod submission;
mod throttle;
mod version;

#[cfg(test)]
mod tests;

pub(crate) use methods::Method;
pub(crate) use routes::router;
pub(crate) use state::Graph;
