//! Opened PINs of a shipment.

use keyferry_domain::{Failure, Pin};

use super::release::Ready;
use crate::ceremony::{PinSource, ProducedKey};
use crate::delivery;

/// PIN for its addressee. Not `Debug`, so that it cannot be logged.
#[expect(missing_debug_implementations, reason = "it contains a PIN")]
pub struct ShownPin {
    /// Serial number of the key.
    pub serial: String,
    /// PIN of the key.
    pub pin: Pin,
    /// Whether the key requires a new PIN before its first use.
    pub change_on_first_use: bool,
}

impl Ready<'_> {
    /// Opens the PIN of each key. PINs that an identity provider sends are left out.
    pub(super) async fn opened(&self) -> Result<Vec<ShownPin>, Failure> {
        let mut shown = Vec::new();
        for (key, hardware) in self.keys.iter() {
            let PinSource::Connector(opener) = self.context.ceremonies.of_key(key)?.pin() else { continue };
            let item = delivery::item_of(&self.status, &hardware.serial)?;
            let (shipment, secret) = (self.keys.shipment, self.keys.secret.ceremony());
            let made = ProducedKey { shipment, key, hardware, item, secret, untried_until: None };
            let opened = self.open(opener, &made).await?;
            let (serial, change_on_first_use) = (hardware.serial.to_string(), opened.change_on_first_use);
            shown.push(ShownPin { serial, pin: opened.pin, change_on_first_use });
        }
        Ok(shown)
    }
}
