//! Opens the factory's responses: decrypts the envelope, then verifies the signature inside.
//!
//! The signed content is parsed by the configured [`EnvelopeFormat`](crate::EnvelopeFormat).

use keyferry_domain::{Failure, FailureKind, Operation, SecretBytes, ShipmentId};
use keyferry_jose::{DEFAULT_MAX_COMPACT_BYTES, Error as JoseError, jwe, jws};

use crate::envelope::refusal::{of_jwe, of_jws};
use crate::failures::FACTORY;
use crate::jwks::PublishedKeys;
use crate::response_keys::ResponseKeys;
use crate::{Rejection, Signed, YubicoSettings};

/// A sealed response of the factory and what is needed to open it.
pub(crate) struct Response<'a> {
    pub(crate) operation: Operation,
    pub(crate) request: ShipmentId,
    pub(crate) response_key: &'a SecretBytes,
    pub(crate) envelope: &'a str,
}

impl Response<'_> {
    /// Opens the response and returns what `read` makes of the signed content.
    ///
    /// Checks in this order and stops at the first failure: size, header allow-list, `kid` of the response key,
    /// decryption, `kid` of the signature, signature, and the checks of `read`.
    ///
    /// # Errors
    /// Fails with the code of the [`Rejection`], with `response-key-gone` when the response key cannot be parsed, and
    /// when the signing keys cannot be fetched.
    pub(crate) async fn open<T>(
        &self,
        settings: &YubicoSettings,
        (response_keys, signing_keys): (&ResponseKeys, &PublishedKeys),
        read: impl FnOnce(&Signed<'_>) -> Result<T, Rejection>,
    ) -> Result<T, Failure> {
        let key = response_keys.get(self.operation, self.request, self.response_key);
        let key = key.map_err(|error| self.unreadable_key(&error))?;
        let policy = jwe::Policy {
            algs: settings.accepted_algs.clone(),
            encs: settings.accepted_encs.clone(),
            max_bytes: DEFAULT_MAX_COMPACT_BYTES,
        };
        let opened = jwe::decrypt(self.envelope, &key, &policy).map_err(|error| self.rejected(&of_jwe(&error)))?;
        let keys = signing_keys.get().await?;
        let mut verified = jws::verify(&opened.plaintext, &keys, &jws::Policy::default());
        // The signing key may have been published after the set was cached, so fetch the set once more before
        // rejecting.
        if let Err(JoseError::UnknownKid { .. } | JoseError::KeyPurpose { .. }) = verified {
            let keys = signing_keys.get_again().await?;
            verified = jws::verify(&opened.plaintext, &keys, &jws::Policy::default());
        }
        let verified = verified.map_err(|error| self.rejected(&of_jws(&error)))?;
        let signed = Signed {
            envelope_type: opened.header.cty.as_deref(),
            content_type: verified.header.cty.as_deref(),
            payload: &verified.payload,
        };
        read(&signed).map_err(|refusal| self.rejected(&refusal))
    }

    fn rejected(&self, refusal: &Rejection) -> Failure {
        self.found(
            refusal.code.as_str(),
            format!("Keyferry rejected the {} of order {}: {refusal}", self.name(), self.request),
        )
    }

    fn unreadable_key(&self, error: &JoseError) -> Failure {
        let message = format!(
            "Keyferry could not open the {} of order {}: the stored response key is invalid: {error}",
            self.name(),
            self.request
        );
        self.found("response-key-gone", message)
    }

    fn found(&self, code: &'static str, message: String) -> Failure {
        Failure::new(&FACTORY, self.operation, FailureKind::Found(code), message)
    }

    fn name(&self) -> &'static str {
        if self.operation == Operation::OpenPin { "PIN response" } else { "credential response" }
    }
}
