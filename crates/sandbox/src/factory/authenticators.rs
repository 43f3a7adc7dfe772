//! The models of keys that the factory makes.

use uuid::{Uuid, uuid};

/// What makes one model of keys differ from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Authenticator {
    /// Model, as the FIDO metadata service tells them apart.
    pub(crate) aaguid: Uuid,
    /// What the FIDO metadata service and identity providers call the model.
    pub(crate) model: &'static str,
    /// Firmware.
    pub(crate) firmware: &'static str,
    /// WebAuthn `transports`.
    pub(crate) transports: &'static [&'static str],
}

/// The 5 series. // inferred: of the two AAGUIDs of firmware 5.7 this is the one that a list gives to 5.7.4.
pub(crate) const NFC: Authenticator = Authenticator {
    aaguid: uuid!("d7781e5d-e353-46aa-afe2-3ca49f13332a"),
    model: "YubiKey 5 Series with NFC",
    firmware: "5.7.4",
    transports: &["nfc", "usb"],
};
/// The same, certified.
pub(crate) const FIPS: Authenticator = Authenticator {
    aaguid: uuid!("fcc0118f-cd45-435b-8da1-9782b2da0715"),
    model: "YubiKey 5 FIPS Series with NFC",
    ..NFC
};
/// A model that the factory never ships; it appears in responses that were tampered with.
pub(crate) const FOREIGN: Authenticator =
    Authenticator { aaguid: uuid!("b7d3f68e-88a6-471e-9ecf-2df26d041ede"), model: "Security Key NFC by Yubico", ..NFC };

/// Every authenticator that a response can claim to come from.
pub(crate) const AUTHENTICATORS: [Authenticator; 3] = [NFC, FIPS, FOREIGN];

/// Returns the name of the model with this AAGUID.
pub(crate) fn model(aaguid: Uuid) -> Option<&'static str> {
    AUTHENTICATORS.iter().find(|one| one.aaguid == aaguid).map(|one| one.model)
}
