//! What can be wrong with the settings of this adapter. What goes wrong later is a `Failure` of the domain.

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The base address takes no path.
    #[error(
        "the delivery API's base address must be a web address to which a path can be added, such as https://api.console.yubico.com/v1; its scheme is {scheme:?}"
    )]
    BaseAddress {
        /// The scheme of the address that was given.
        scheme: String,
    },
    /// No such format of the envelopes' plaintexts.
    #[error("there is no envelope format {name:?}; known: {known}")]
    UnknownFormat {
        /// The name that was given.
        name: String,
        /// The known names, separated by commas.
        known: String,
    },
    /// An allow-list for what is received is empty.
    #[error(
        "the list of accepted JWE `{header}` is empty, so that no response could ever be opened; name at least one"
    )]
    NothingAccepted {
        /// `alg` or `enc`.
        header: &'static str,
    },
}
