//! HTTP server: connections, their limits, and their time limits.
//!
//! One client must not be able to stop the service for all others. Therefore connections are limited in total and per
//! client address, every phase of a request has a time limit, and a client that does not read its responses is
//! disconnected. Hyper limits the time for a request's head and for an idle connection, the size of its buffers, and
//! pipelining: the next request is not handled before the previous response is in the kernel's buffer.
//!
//! The crate knows nothing about routes. Start reading at `serve.rs`.

mod address;
mod clients;
mod connection;
mod load;
mod serve;
mod settings;
mod write_deadline;

pub use address::Proxies;
pub use load::{Load, Overload};
pub use serve::{Limits, Server};
pub use settings::ConnectionSettings;
