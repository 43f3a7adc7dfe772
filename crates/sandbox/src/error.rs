//! What can go wrong while the sandbox starts.

use std::net::SocketAddr;

/// Why the sandbox did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A port could not be opened.
    #[error(
        "cannot listen on {address} for {what}: {source}; is another sandbox running? Choose another port, or 0 for any"
    )]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the port is for.
        what: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Test keys or certificates could not be made.
    #[error("cannot make the sandbox's {what}: {reason}")]
    KeyMaterial {
        /// What was to be made.
        what: &'static str,
        /// The library's reason.
        reason: String,
    },
    /// The public base URL cannot be one.
    #[error("`{url}` cannot be the sandbox's base URL: expected something like http://127.0.0.1:8090/")]
    BaseUrl {
        /// What was given.
        url: String,
    },
}

impl Error {
    /// A library refused to make `what`.
    pub(crate) fn key_material(what: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::KeyMaterial { what, reason: reason.to_string() }
    }
}
