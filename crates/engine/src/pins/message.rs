//! Message ids of PINs.

use keyferry_domain::ShipmentId;

/// Which attempts share a message id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MessageClass {
    /// All automatic ones.
    Automatic,
    /// One resend by a person.
    Resend(ShipmentId),
}

impl MessageClass {
    pub(super) fn id(&self, shipment: ShipmentId, key: usize) -> String {
        match self {
            Self::Automatic => format!("{shipment}.{key}"),
            Self::Resend(resend) => format!("{shipment}.{key}.{resend}"),
        }
    }
}
