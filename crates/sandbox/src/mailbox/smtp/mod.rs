//! SMTP (RFC 5321) for submission, as an organisation's mail server takes it.

mod auth;
mod decode;
mod idle;
mod line;
mod ports;
mod reply;
mod session;

pub(crate) use ports::serve;
