//! What stands inside the envelopes: the format of the four plaintexts, behind one trait, since the vendor's own is not
//! public.

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
pub use self::refusal::{Refusal, RefusalCode};
use crate::Error;

/// A format of the four plaintexts. It sees no keys but the public response key, and no ciphertext.
pub trait EnvelopeFormat: fmt::Debug + Send + Sync {
    /// Its name in configuration.
    fn name(&self) -> &'static str;

    /// The credential request for one credential.
    ///
    /// # Errors
    /// When the creation options lack what the factory needs.
    fn credential_request(
        &self,
        request: ShipmentId,
        response_key: &EncryptionKey,
        options: &CreationOptions,
    ) -> Result<Plaintext, UnusableCreationOptions>;

    /// The PIN request of one key.
    fn pin_request(&self, request: ShipmentId, response_key: &EncryptionKey, length: PinLength) -> Plaintext;

    /// Reads a credential response whose signature holds, and checks that it answers `request`.
    ///
    /// # Errors
    /// `wrong-type`, `wrong-format`, `wrong-request`.
    fn credential_response(&self, request: ShipmentId, signed: &Signed<'_>) -> Result<OpenedCredential, Refusal>;

    /// Reads a PIN response whose signature holds, and checks that it answers `request` with a PIN of that length.
    ///
    /// # Errors
    /// `wrong-type`, `wrong-format`, `wrong-request`, `unexpected-pin`.
    fn pin_response(&self, request: ShipmentId, length: PinLength, signed: &Signed<'_>) -> Result<OpenedPin, Refusal>;
}

/// The formats that are built in.
static FORMATS: [&dyn EnvelopeFormat; 1] = [&keyferry_1::Keyferry1];

impl dyn EnvelopeFormat {
    /// The format of that name, such as `keyferry-1`.
    ///
    /// # Errors
    /// [`Error::UnknownFormat`], which lists the known ones.
    pub fn by_name(name: &str) -> Result<&'static dyn EnvelopeFormat, Error> {
        let found = FORMATS.iter().find(|format| format.name() == name);
        found.copied().ok_or_else(|| Error::UnknownFormat {
            name: name.to_owned(),
            known: FORMATS.map(EnvelopeFormat::name).join(", "),
        })
    }

    /// The format that is used unless configuration names another: `keyferry-1`.
    pub fn default_format() -> &'static dyn EnvelopeFormat {
        FORMATS[0]
    }
}

/// What is to be sealed.
pub struct Plaintext {
    /// Media type, for the header `cty` of the envelope.
    pub content_type: &'static str,
    /// JSON in UTF-8.
    pub json: Zeroizing<Vec<u8>>,
}

/// A payload whose signature holds.
pub struct Signed<'a> {
    /// The header `cty` of the envelope around it.
    pub envelope_type: Option<&'a str>,
    /// The header `cty` under the signature.
    pub content_type: Option<&'a str>,
    /// The payload; may hold a PIN.
    pub payload: &'a [u8],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_found_by_its_name() {
        let format = <dyn EnvelopeFormat>::by_name("keyferry-1").unwrap();
        assert_eq!(format.name(), "keyferry-1");
        assert_eq!(<dyn EnvelopeFormat>::default_format().name(), "keyferry-1");
        let error = <dyn EnvelopeFormat>::by_name("keyferry-2").unwrap_err();
        assert!(error.to_string().contains("keyferry-2") && error.to_string().contains("keyferry-1"));
    }
}
