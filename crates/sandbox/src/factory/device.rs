//! A simulated key: what it does for whoever holds it and knows its PIN.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::credential::Credential;
use super::pin::Pin;

/// Wrong PINs until the key blocks itself (CTAP 2.1 section 6.5.2.2).
const PIN_RETRIES: u8 = 8;

/// A key.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) serial: u64,
    pub(crate) firmware: &'static str,
    pub(crate) aaguid: Uuid,
    pub(crate) product: &'static str,
    pub(crate) shipment_id: String,
    pin: Pin,
    retries: u8,
    change_pin: bool,
    credentials: Vec<Arc<Credential>>,
    /// Signature counter, one for all credentials.
    counter: u32,
}

/// Why a key did not do what it was asked to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Wrong PIN; so many attempts are left.
    PinIncorrect { retries_left: u8 },
    /// Too many wrong PINs: this key is of no more use.
    PinBlocked,
    /// A new PIN must be set before anything else.
    PinChangeRequired,
    /// Too short, too long, or the old one where a new one is demanded.
    PinPolicy,
    /// No credential for this relying party among those that are allowed.
    NoCredential,
    /// The cryptographic library refused.
    Broken(String),
}

/// The part of `PublicKeyCredentialRequestOptionsJSON` (WebAuthn level 3 section 5.1.10) that a key acts on.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestOptions {
    pub(crate) challenge: String,
    pub(crate) rp_id: String,
    #[serde(default)]
    pub(crate) allow_credentials: Vec<Descriptor>,
}

/// One of `allowCredentials`.
#[derive(Debug, Deserialize)]
pub(crate) struct Descriptor {
    /// base64url.
    pub(crate) id: String,
}

impl Device {
    /// A key as the factory ships it.
    pub(crate) fn new(serial: u64, shipment_id: &str, made: Made, pin: Pin, change_pin: bool) -> Self {
        Self {
            serial,
            firmware: made.firmware,
            aaguid: made.aaguid,
            product: made.product,
            shipment_id: shipment_id.to_owned(),
            pin,
            retries: PIN_RETRIES,
            change_pin,
            credentials: made.credentials,
            counter: 0,
        }
    }

    /// The PIN as it is now.
    pub(crate) fn pin(&self) -> &Pin {
        &self.pin
    }

    /// Whether the next use demands a new PIN.
    pub(crate) fn change_pin(&self) -> bool {
        self.change_pin
    }

    /// Attempts left.
    pub(crate) fn retries(&self) -> u8 {
        self.retries
    }

    /// Whether this key holds the credential.
    pub(crate) fn holds(&self, credential_id: &[u8]) -> bool {
        self.credentials.iter().any(|credential| credential.id() == credential_id)
    }

    /// Signs in: an `AuthenticationResponseJSON`.
    pub(crate) fn assert(&mut self, pin: &str, options: &RequestOptions) -> Result<Value, Refused> {
        self.unlock(pin)?;
        let allowed: Vec<_> =
            options.allow_credentials.iter().filter_map(|one| URL_SAFE_NO_PAD.decode(&one.id).ok()).collect();
        let fits = |credential: &&Arc<Credential>| {
            credential.rp_id() == options.rp_id
                && (options.allow_credentials.is_empty() || allowed.iter().any(|id| id == credential.id()))
        };
        let credential = self.credentials.iter().find(fits).ok_or(Refused::NoCredential)?;
        self.counter += 1;
        credential.assertion(&options.challenge, self.counter).map_err(Refused::Broken)
    }

    /// Plugs the key into a browser's virtual authenticator, which knows no PIN: whoever knows it gets the credentials
    /// themselves, in the form of WebDriver's Add Credential. A real key never tells its private keys.
    pub(crate) fn plug_in(&mut self, pin: &str) -> Result<Value, Refused> {
        self.unlock(pin)?;
        let credentials: Result<Vec<_>, _> = self.credentials.iter().map(|one| one.exported(self.counter)).collect();
        Ok(json!({ "credentials": credentials.map_err(Refused::Broken)? }))
    }

    /// A browser that holds the credentials counted so far; the key goes on from there.
    pub(crate) fn counted(&mut self, sign_count: u32) {
        self.counter = self.counter.max(sign_count);
    }

    /// Sets a new PIN.
    pub(crate) fn set_pin(&mut self, old: &str, new: &str) -> Result<(), Refused> {
        self.verify(old)?;
        let chosen = Pin::chosen(new).ok_or(Refused::PinPolicy)?;
        if self.change_pin && chosen == self.pin {
            return Err(Refused::PinPolicy);
        }
        self.pin = chosen;
        self.change_pin = false;
        Ok(())
    }

    /// Checks the PIN, which must not be one that has to be changed first.
    fn unlock(&mut self, pin: &str) -> Result<(), Refused> {
        self.verify(pin)?;
        if self.change_pin { Err(Refused::PinChangeRequired) } else { Ok(()) }
    }

    fn verify(&mut self, pin: &str) -> Result<(), Refused> {
        if self.retries == 0 {
            return Err(Refused::PinBlocked);
        }
        if self.pin.is(pin) {
            self.retries = PIN_RETRIES;
            return Ok(());
        }
        self.retries -= 1;
        match self.retries {
            0 => Err(Refused::PinBlocked),
            retries_left => Err(Refused::PinIncorrect { retries_left }),
        }
    }
}

/// What the machine made, before it has a serial number and a PIN.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) firmware: &'static str,
    pub(crate) aaguid: Uuid,
    pub(crate) product: &'static str,
    pub(crate) credentials: Vec<Arc<Credential>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(change_pin: bool) -> Device {
        let made = Made { firmware: "5.7.4", aaguid: Uuid::nil(), product: "test", credentials: Vec::new() };
        let pin = Pin::chosen("495827").unwrap();
        Device::new(1, "shipment", made, pin, change_pin)
    }

    fn options() -> RequestOptions {
        RequestOptions { challenge: "AA".to_owned(), rp_id: "localhost".to_owned(), allow_credentials: Vec::new() }
    }

    #[test]
    fn wrong_pins_are_counted_until_the_key_blocks() {
        let mut key = device(false);
        for left in (1..=7).rev() {
            assert_eq!(key.assert("0", &options()), Err(Refused::PinIncorrect { retries_left: left }));
        }
        assert_eq!(key.assert("0", &options()), Err(Refused::PinBlocked));
        assert_eq!(key.assert("495827", &options()), Err(Refused::PinBlocked));
        assert_eq!(key.set_pin("495827", "112233"), Err(Refused::PinBlocked));
    }

    #[test]
    fn plugging_in_takes_the_pin_as_an_assertion_does() {
        let mut key = device(false);
        assert_eq!(key.assert("0", &options()), Err(Refused::PinIncorrect { retries_left: 7 }));
        for left in (1..=6).rev() {
            assert_eq!(key.plug_in("0"), Err(Refused::PinIncorrect { retries_left: left }));
        }
        assert_eq!(key.plug_in("495827"), Ok(json!({ "credentials": [] })));
        assert_eq!(key.retries(), 8);
        for _ in 0..8 {
            assert!(key.plug_in("0").is_err());
        }
        assert_eq!(key.plug_in("495827"), Err(Refused::PinBlocked));
        let mut key = device(true);
        assert_eq!(key.plug_in("0"), Err(Refused::PinIncorrect { retries_left: 7 }));
        assert_eq!(key.plug_in("495827"), Err(Refused::PinChangeRequired));
        assert_eq!(key.set_pin("495827", "8305"), Ok(()));
        assert!(key.plug_in("8305").is_ok());
    }

    #[test]
    fn the_right_pin_restores_the_attempts() {
        let mut key = device(false);
        assert_eq!(key.assert("0", &options()), Err(Refused::PinIncorrect { retries_left: 7 }));
        assert_eq!(key.assert("495827", &options()), Err(Refused::NoCredential));
        assert_eq!(key.retries(), 8);
    }

    #[test]
    fn a_one_time_pin_must_be_changed_first() {
        let mut key = device(true);
        assert_eq!(key.assert("495827", &options()), Err(Refused::PinChangeRequired));
        assert_eq!(key.set_pin("495827", "495827"), Err(Refused::PinPolicy));
        assert_eq!(key.set_pin("495827", "123"), Err(Refused::PinPolicy));
        assert_eq!(key.set_pin("495827", "8305"), Ok(()));
        assert_eq!(key.assert("495827", &options()), Err(Refused::PinIncorrect { retries_left: 7 }));
        assert_eq!(key.assert("8305", &options()), Err(Refused::NoCredential));
    }
}
