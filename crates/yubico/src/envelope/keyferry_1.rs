//! The envelope format `keyferry-1`, as specified in `docs/reference/envelope.md`.

mod request;
mod response;
mod wiped;

#[cfg(test)]
mod tests;

use keyferry_domain::ports::{OpenedCredential, OpenedPin};
use keyferry_domain::{CreationOptions, PinLength, ShipmentId};
use keyferry_jose::EncryptionKey;

use super::{EnvelopeFormat, Plaintext, Rejection, Signed, UnusableCreationOptions, creation_options};

const NAME: &str = "keyferry-1";

/// Keyferry's own envelope format.
#[derive(Debug)]
pub(super) struct Keyferry1;

impl EnvelopeFormat for Keyferry1 {
    fn name(&self) -> &'static str {
        NAME
    }

    fn credential_request(
        &self,
        request: ShipmentId,
        response_key: &EncryptionKey,
        options: &CreationOptions,
    ) -> Result<Plaintext, UnusableCreationOptions> {
        let options = creation_options::forwarded(options)?;
        Ok(request::credential(request, response_key, options))
    }

    fn pin_request(&self, request: ShipmentId, response_key: &EncryptionKey, length: PinLength) -> Plaintext {
        request::pin(request, response_key, length)
    }

    fn credential_response(&self, request: ShipmentId, signed: &Signed<'_>) -> Result<OpenedCredential, Rejection> {
        response::credential(request, signed)
    }

    fn pin_response(
        &self,
        request: ShipmentId,
        length: PinLength,
        signed: &Signed<'_>,
    ) -> Result<OpenedPin, Rejection> {
        response::pin(request, length, signed)
    }
}
