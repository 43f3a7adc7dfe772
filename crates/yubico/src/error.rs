//! Errors in the settings of this adapter. Failed calls are reported as a `Failure` of the domain.

/// Invalid setting of the delivery service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The base URL cannot be extended by a path.
    #[error(
        "the base URL of the delivery service's API has the scheme {scheme:?}; set an https URL, for example \
         https://api.console.yubico.com/v1"
    )]
    BaseAddress {
        /// Scheme of the configured URL.
        scheme: String,
    },
    /// The envelope format does not exist.
    #[error("the envelope format {name:?} is unknown; known formats: {known}")]
    UnknownFormat {
        /// Configured name.
        name: String,
        /// Known names, separated by commas.
        known: String,
    },
    /// An algorithm allow-list for responses is empty.
    #[error(
        "the list of accepted JWE `{header}` values is empty, so no response can be opened; add at least one value"
    )]
    NothingAccepted {
        /// `alg` or `enc`.
        header: &'static str,
    },
}
