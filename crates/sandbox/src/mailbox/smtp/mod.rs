//! SMTP submission server (RFC 5321), like the mail server of an organization.

mod auth;
mod decode;
mod idle;
mod line;
mod ports;
mod reply;
mod session;

pub(crate) use ports::serve;
