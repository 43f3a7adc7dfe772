//! Format of the four plaintexts inside the envelopes.
//!
//! The vendor's own format is not public. It can be added beside `keyferry-1` by implementing [`EnvelopeFormat`].

mod creation_options;
mod keyferry_1;
pub(crate) mod refusal;
#[cfg(test)]
mod vectors;

use std::fmt;

use keyferry_domain::ports::{OpenedCredential, OpenedPin};
use keyferry_domain::{CreationOptions, PinLength, ShipmentId};
use keyferry_jose::EncryptionKey;
use zeroize::Zeroizing;

pub use self::creation_options::UnusableCreationOptions;
pub use self::refusal::{Rejection, RejectionCode};
use crate::Error;

/// A format of the four plaintexts.
///
/// An implementation gets only the public response key, no private key and no ciphertext.
pub trait EnvelopeFormat: fmt::Debug + Send + Sync {
    /// Returns the name of the format in the configuration.
    fn name(&self) -> &'static str;

    /// Returns the plaintext of the credential request for one credential.
    ///
    /// # Errors
    /// Fails when the creation options lack a member that the factory requires, or when a member differs from the value
    /// that the response is checked against.
    fn credential_request(
        &self,
        request: ShipmentId,
        response_key: &EncryptionKey,
        options: &CreationOptions,
    ) -> Result<Plaintext, UnusableCreationOptions>;

    /// Returns the plaintext of the PIN request for one key.
    fn pin_request(&self, request: ShipmentId, response_key: &EncryptionKey, length: PinLength) -> Plaintext;

    /// Parses a credential response whose signature was verified, and checks that it belongs to `request`.
    ///
    /// # Errors
    /// `wrong-type`, `wrong-format`, `wrong-request`.
    fn credential_response(&self, request: ShipmentId, signed: &Signed<'_>) -> Result<OpenedCredential, Rejection>;

    /// Parses a PIN response whose signature was verified, and checks that it belongs to `request` and that the PIN has
    /// the given length.
    ///
    /// # Errors
    /// `wrong-type`, `wrong-format`, `wrong-request`, `unexpected-pin`.
    fn pin_response(&self, request: ShipmentId, length: PinLength, signed: &Signed<'_>)
    -> Result<OpenedPin, Rejection>;
}

/// Built-in formats. The first one is the default.
static FORMATS: [&dyn EnvelopeFormat; 1] = [&keyferry_1::Keyferry1];

impl dyn EnvelopeFormat {
    /// Returns the format with the given name, for example `keyferry-1`.
    ///
    /// # Errors
    /// [`Error::UnknownFormat`], which lists the known formats.
    pub fn by_name(name: &str) -> Result<&'static dyn EnvelopeFormat, Error> {
        let found = FORMATS.iter().find(|format| format.name() == name);
        found.copied().ok_or_else(|| Error::UnknownFormat {
            name: name.to_owned(),
            known: FORMATS.map(EnvelopeFormat::name).join(", "),
        })
    }

    /// Returns the default format, `keyferry-1`.
    pub fn default_format() -> &'static dyn EnvelopeFormat {
        FORMATS[0]
    }
}

/// A plaintext to be encrypted.
pub struct Plaintext {
    /// Media type for the header `cty` of the envelope.
    pub content_type: &'static str,
    /// JSON, UTF-8.
    pub json: Zeroizing<Vec<u8>>,
}

/// A payload whose signature was verified.
pub struct Signed<'a> {
    /// Header `cty` of the JWE.
    pub envelope_type: Option<&'a str>,
    /// Header `cty` of the JWS.
    pub content_type: Option<&'a str>,
    /// Payload of the JWS. May contain a PIN.
    pub payload: &'a [u8],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_format_by_name() {
        let format = <dyn EnvelopeFormat>::by_name("keyferry-1").unwrap();
        assert_eq!(format.name(), "keyferry-1");
        assert_eq!(<dyn EnvelopeFormat>::default_format().name(), "keyferry-1");
        let error = <dyn EnvelopeFormat>::by_name("keyferry-2").unwrap_err();
        assert!(error.to_string().contains("keyferry-2") && error.to_string().contains("keyferry-1"));
    }
}
