//! Models of the keys that the factory makes.

use uuid::{Uuid, uuid};

/// Properties of a key model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Authenticator {
    /// AAGUID of the model, as in the FIDO metadata service.
    pub(crate) aaguid: Uuid,
    /// Name of the model in the FIDO metadata service and at identity providers.
    pub(crate) model: &'static str,
    /// Firmware version.
    pub(crate) firmware: &'static str,
    /// WebAuthn `transports`.
    pub(crate) transports: &'static [&'static str],
}

/// YubiKey 5 series. // inferred: firmware 5.7 has two AAGUIDs; a list assigns this one to 5.7.4.
pub(crate) const NFC: Authenticator = Authenticator {
    aaguid: uuid!("d7781e5d-e353-46aa-afe2-3ca49f13332a"),
    model: "YubiKey 5 Series with NFC",
    firmware: "5.7.4",
    transports: &["nfc", "usb"],
};
/// FIPS-certified YubiKey 5 series.
pub(crate) const FIPS: Authenticator = Authenticator {
    aaguid: uuid!("fcc0118f-cd45-435b-8da1-9782b2da0715"),
    model: "YubiKey 5 FIPS Series with NFC",
    ..NFC
};
/// Model that the factory never ships. Only responses with [`Tamper`](super::tamper::Tamper) have it.
pub(crate) const FOREIGN: Authenticator =
    Authenticator { aaguid: uuid!("b7d3f68e-88a6-471e-9ecf-2df26d041ede"), model: "Security Key NFC by Yubico", ..NFC };

/// All authenticators that responses can have.
pub(crate) const AUTHENTICATORS: [Authenticator; 3] = [NFC, FIPS, FOREIGN];

/// Returns the name of the model with this AAGUID.
pub(crate) fn model(aaguid: Uuid) -> Option<&'static str> {
    AUTHENTICATORS.iter().find(|one| one.aaguid == aaguid).map(|one| one.model)
}
