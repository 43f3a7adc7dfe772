//! Reason why a TLS certificate was rejected, inside an error of a connection.

use std::error::Error;
use std::fmt;

use rustls::{CertificateError, OtherError};

/// Reason why a certificate was rejected.
#[derive(Debug)]
pub(crate) struct Rejected(pub(crate) String);

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Rejected {}

/// Returns why the server's certificate was rejected, if that caused the error.
pub(crate) fn rejection(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(cause)))) = error.downcast_ref() {
        return cause.downcast_ref::<Rejected>().map(ToString::to_string);
    }
    // The source of an `io::Error` is the source of the error that it contains, so that one is examined first.
    let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    inside.and_then(|inside| rejection(inside)).or_else(|| rejection(error.source()?))
}
