//! Over HTTP, as a connector sees it.

mod audits;
mod envelope;
mod mail;
mod methods;
mod options;
mod registration;
mod users;
