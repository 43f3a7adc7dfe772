//! Message ids of PIN messages.

use keyferry_domain::ShipmentId;

/// Group of attempts that share a message id, so that a mail system can drop duplicates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MessageClass {
    /// All automatic attempts.
    Automatic,
    /// One resend by an operator.
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
