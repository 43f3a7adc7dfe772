//! Simulated key, as its holder uses it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::credential::Credential;
use super::pin::Pin;

/// Number of wrong PINs after which the key blocks itself (CTAP 2.1 section 6.5.2.2).
const PIN_RETRIES: u8 = 8;

/// Simulated key.
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

/// Reason why a key refused an operation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The PIN is wrong. `retries_left` attempts are left.
    PinIncorrect { retries_left: u8 },
    /// There were too many wrong PINs. The key is permanently blocked.
    PinBlocked,
    /// The holder must set a new PIN first.
    PinChangeRequired,
    /// The new PIN is too short, too long, or the same as a one-time PIN.
    PinPolicy,
    /// The key has no allowed credential for this relying party.
    NoCredential,
    /// The cryptographic library failed.
    Broken(String),
}

/// Members of `PublicKeyCredentialRequestOptionsJSON` (WebAuthn level 3 section 5.1.10) that a key uses.
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
    /// Credential id, base64url.
    pub(crate) id: String,
}

impl Device {
    /// Creates a key in the state in which the factory ships it.
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

    /// Returns the current PIN.
    pub(crate) fn pin(&self) -> &Pin {
        &self.pin
    }

    /// Returns whether the holder must set a new PIN first.
    pub(crate) fn change_pin(&self) -> bool {
        self.change_pin
    }

    /// Returns the number of PIN attempts that are left.
    pub(crate) fn retries(&self) -> u8 {
        self.retries
    }

    /// Returns whether this key has the credential.
    pub(crate) fn holds(&self, credential_id: &[u8]) -> bool {
        self.credentials.iter().any(|credential| credential.id() == credential_id)
    }

    /// Signs in. Returns an `AuthenticationResponseJSON`.
    ///
    /// # Errors
    /// Returns an error if the PIN is wrong, blocked or must be changed, or if no credential matches.
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

    /// Exports the credentials with their private keys, in the form of WebDriver's Add Credential.
    ///
    /// A browser's virtual authenticator cannot check a PIN, so the key checks it here. A real key never exports its
    /// private keys.
    pub(crate) fn plug_in(&mut self, pin: &str) -> Result<Value, Refused> {
        self.unlock(pin)?;
        let credentials: Result<Vec<_>, _> = self.credentials.iter().map(|one| one.exported(self.counter)).collect();
        Ok(json!({ "credentials": credentials.map_err(Refused::Broken)? }))
    }

    /// Raises the signature counter to `sign_count`, which a browser with the exported credentials reached.
    pub(crate) fn raise_sign_count(&mut self, sign_count: u32) {
        self.counter = self.counter.max(sign_count);
    }

    /// Sets a new PIN.
    ///
    /// # Errors
    /// Returns an error if the old PIN is wrong or blocked, or if the new one is invalid.
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

    /// Verifies the PIN. Fails if the holder must set a new one first.
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

/// Product of the factory, without serial number and PIN.
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
    fn blocks_after_too_many_wrong_pins() {
        let mut key = device(false);
        for left in (1..=7).rev() {
            assert_eq!(key.assert("0", &options()), Err(Refused::PinIncorrect { retries_left: left }));
        }
        assert_eq!(key.assert("0", &options()), Err(Refused::PinBlocked));
        assert_eq!(key.assert("495827", &options()), Err(Refused::PinBlocked));
        assert_eq!(key.set_pin("495827", "112233"), Err(Refused::PinBlocked));
    }

    #[test]
    fn plug_in_checks_the_pin_like_an_assertion() {
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
    fn correct_pin_resets_the_attempts() {
        let mut key = device(false);
        assert_eq!(key.assert("0", &options()), Err(Refused::PinIncorrect { retries_left: 7 }));
        assert_eq!(key.assert("495827", &options()), Err(Refused::NoCredential));
        assert_eq!(key.retries(), 8);
    }

    #[test]
    fn one_time_pin_must_be_changed_first() {
        let mut key = device(true);
        assert_eq!(key.assert("495827", &options()), Err(Refused::PinChangeRequired));
        assert_eq!(key.set_pin("495827", "495827"), Err(Refused::PinPolicy));
        assert_eq!(key.set_pin("495827", "123"), Err(Refused::PinPolicy));
        assert_eq!(key.set_pin("495827", "8305"), Ok(()));
        assert_eq!(key.assert("495827", &options()), Err(Refused::PinIncorrect { retries_left: 7 }));
        assert_eq!(key.assert("8305", &options()), Err(Refused::NoCredential));
    }
}
