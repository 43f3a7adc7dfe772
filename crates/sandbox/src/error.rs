//! Errors at startup.

use std::net::SocketAddr;

/// Reason why the sandbox did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A port could not be opened.
    #[error("could not listen on {address} for {what}: {source}. Choose another port, or 0 for any free port")]
    Listen {
        /// Requested address.
        address: SocketAddr,
        /// Purpose of the port.
        what: &'static str,
        /// Error of the operating system.
        source: std::io::Error,
    },
    /// A test key or certificate could not be generated.
    #[error("could not generate the sandbox's {what}: {reason}")]
    KeyMaterial {
        /// Key or certificate that was requested.
        what: &'static str,
        /// Error of the cryptographic library.
        reason: String,
    },
    /// The public base URL is invalid.
    #[error("`{url}` is not a valid base URL for the sandbox (example: http://127.0.0.1:8090/)")]
    BaseUrl {
        /// Value that was given.
        url: String,
    },
}

impl Error {
    /// Returns the error for a failed generation of `what`.
    pub(crate) fn key_material(what: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::KeyMaterial { what, reason: reason.to_string() }
    }
}
