//! Programming of a key: from sealed requests to a key and the data of its responses.

use std::sync::Arc;

use keyferry_jose::{EncryptionKey, PrivateKey, SigningKey};
use serde_json::Value;
use uuid::Uuid;

use super::attestation::Attestation;
use super::authenticators::Authenticator;
use super::credential::Credential;
use super::device::{Device, Made};
use super::envelope::{self, Maker, Signer};
use super::pin::Pin;
use super::tamper::Tamper;
use crate::ground::random;

/// Production order for a key.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) shipment_id: &'a str,
    /// Name of the product.
    pub(crate) product: &'static str,
    pub(crate) authenticator: Authenticator,
    /// Whether the holder must change the PIN before the first use of the key.
    pub(crate) one_time_pin: bool,
    /// Sealed PIN request, JWE in compact serialization.
    pub(crate) pin_request: &'a str,
    /// Sealed credential requests, JWE in compact serialization.
    pub(crate) credential_requests: &'a [String],
    pub(crate) serial: u64,
    /// Current time, RFC 3339.
    pub(crate) now: String,
}

/// Data of the responses. Each poll seals new ones.
#[derive(Debug)]
pub(crate) struct Programmed {
    pub(crate) maker: Maker,
    response_key: EncryptionKey,
    credentials: Vec<Arc<Credential>>,
    /// PIN that the factory set. The holder may have changed it since.
    pin: Pin,
    change_pin: bool,
}

/// Sealed responses, JWE in compact serialization.
#[derive(Clone, Debug)]
pub(crate) struct Responses {
    /// `None` if the service does not return it.
    pub(crate) pin: Option<String>,
    pub(crate) credentials: Vec<String>,
}

impl Job<'_> {
    /// Opens the requests and makes the key. The error names the violated rule, for the parcel's message.
    pub(crate) fn run(&self, transport: &[PrivateKey]) -> Result<(Programmed, Device), String> {
        let authenticator = self.authenticator;
        let (order, length) =
            envelope::open_pin_request(self.pin_request, transport).map_err(|e| format!("PIN request: {e}"))?;
        let mut credentials = Vec::new();
        for compact in self.credential_requests {
            let (same, options) = envelope::open_credential_request(compact, transport)
                .map_err(|e| format!("credential request: {e}"))?;
            if same != order {
                return Err("credential request and PIN request differ in request_id or response_key".to_owned());
            }
            credentials.push(Arc::new(Credential::make(options, authenticator)?));
        }
        let pin = Pin::generate(length);
        let change_pin = self.one_time_pin;
        let made = Made {
            firmware: authenticator.firmware,
            aaguid: authenticator.aaguid,
            product: self.product,
            credentials: credentials.clone(),
        };
        let device = Device::new(self.serial, self.shipment_id, made, pin.clone(), change_pin);
        let maker = Maker {
            request_id: order.request_id,
            issued_at: self.now.clone(),
            serial: self.serial,
            firmware: authenticator.firmware,
        };
        let response_key = order.response_key;
        Ok((Programmed { maker, response_key, credentials, pin, change_pin }, device))
    }
}

impl Programmed {
    /// Returns the credential ids.
    pub(crate) fn credential_ids(&self) -> impl Iterator<Item = &[u8]> {
        self.credentials.iter().map(|credential| credential.id())
    }

    /// Returns the user handle of each credential.
    pub(crate) fn user_handles(&self) -> impl Iterator<Item = &str> {
        self.credentials.iter().map(|credential| credential.user_id())
    }

    /// Signs and seals the responses, with the defect of `tamper`. The caller handles [`Tamper::SwapWith`].
    pub(crate) fn respond(
        &self,
        attestation: &Attestation,
        signer: &SigningKey,
        tamper: Option<&Tamper>,
    ) -> Result<Responses, String> {
        if tamper == Some(&Tamper::Garbage) {
            let garbage = "bm90LWFuLWVudmVsb3Bl".to_owned();
            return Ok(Responses { pin: Some(garbage.clone()), credentials: vec![garbage; self.credentials.len()] });
        }
        let forger;
        let signer = match tamper {
            Some(Tamper::Unsigned) => Signer::Unsigned { kid: signer.kid() },
            Some(Tamper::WrongSigner) => {
                forger = SigningKey::generate(signer.kid()).map_err(|error| error.to_string())?;
                Signer::Key(&forger)
            }
            _ => Signer::Key(signer),
        };
        let mut maker = self.maker.clone();
        if tamper == Some(&Tamper::WrongRequestId) {
            maker.request_id = random::uuid().to_string();
        }
        let seal = |response: (Value, &'static str)| {
            envelope::seal(&response, signer, &self.response_key).map_err(|error| error.to_string())
        };
        let other;
        let pin = match tamper {
            Some(Tamper::WrongPin) => {
                other = self.another_pin();
                &other
            }
            _ => &self.pin,
        };
        let pin = match tamper {
            Some(Tamper::CredentialOnly) => None,
            _ => Some(seal(envelope::pin_response(&maker, pin.reveal(), self.change_pin))?),
        };
        let included = if tamper == Some(&Tamper::PinOnly) { &[] } else { self.credentials.as_slice() };
        let credentials = included
            .iter()
            .map(|one| seal(envelope::credential_response(&maker, &one.registration(attestation, tamper)?)))
            .collect::<Result<_, _>>()?;
        Ok(Responses { pin, credentials })
    }

    fn another_pin(&self) -> Pin {
        loop {
            let pin = Pin::generate(self.pin.reveal().len());
            if pin != self.pin {
                return pin;
            }
        }
    }

    /// Returns the AAGUID of the key's model.
    pub(crate) fn aaguid(&self) -> Option<Uuid> {
        self.credentials.first().map(|credential| credential.aaguid())
    }
}
