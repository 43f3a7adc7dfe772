//! PIN delivery.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{DeliveryId, EmailAddress, Failure, Pin, SerialNumber, ShipmentId, UserRef};

/// Hands a PIN over for delivery.
#[async_trait]
pub trait PinDelivery: Send + Sync {
    /// Who finds out the addressee.
    fn addressing(&self) -> Addressing;

    /// Hands the PIN over. `Ok` means the other side took responsibility for it.
    async fn deliver(&self, notice: &PinNotice<'_>) -> Result<(), Failure>;
}

/// Who finds out whom the PIN goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Addressing {
    /// We do: `PinNotice::addressees` is never empty.
    Resolved,
    /// The other side does (the Logic App, with its own identity): only contacts of the order are passed on.
    ByTheOtherSide,
}

/// A PIN and what its message needs. Not `Debug`, as the PIN is not.
pub struct PinNotice<'a> {
    /// Our id.
    pub shipment: ShipmentId,
    /// The delivery service's id.
    pub delivery_id: &'a DeliveryId,
    /// The person the key is for: their object id where known.
    pub user: &'a UserRef,
    /// How the person is called, where known; else the name the caller used.
    pub user_name: &'a str,
    /// The key.
    pub serial: &'a SerialNumber,
    /// The PIN.
    pub pin: &'a Pin,
    /// Whether the key demands a new PIN before its first use.
    pub change_on_first_use: bool,
    /// Whom it goes to; with [`Addressing::ByTheOtherSide`] only the order's contacts, possibly none.
    pub addressees: &'a [EmailAddress],
    /// The same for every automatic attempt at this PIN, new for each resend by a person. Fits a `Message-ID`'s
    /// left side (RFC 5322 section 3.6.4).
    pub message_id: &'a str,
}
