//! The mailbox, and the servers that deliver mail to it: both SMTP ports and the Logic App.
//!
//! Graph delivers mail to it as well.

mod account;
mod logic_app;
mod page;
mod routes;
mod smtp;
mod state;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use account::{SENDER, SMTP_PASSWORD};
pub(crate) use logic_app::LOGIC_APP_SIGNATURE;
pub(crate) use routes::router;
pub(crate) use smtp::serve;
pub(crate) use state::Mailbox;
pub(crate) use store::{Header, Incoming, Via};
