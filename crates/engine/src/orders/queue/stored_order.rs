//! Stored form of a queued order, sealed in the secret store. It contains address and contacts, and everything else
//! that decides what is ordered for whom: the record of a queued order is plain text, so it only has to match.

use keyferry_domain::{Caller, OrderDraft, OrderInfo, SecretBytes, Shipment, ShipmentId};
use serde::{Deserialize, Serialize};

const FORMAT: u32 = 1;

/// Queued order.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredOrder {
    queued_order: u32,
    id: ShipmentId,
    pub(super) requested_by: Caller,
    pub(super) order: OrderDraft,
    pub(super) additional: bool,
    pub(super) may_be_privileged: bool,
    /// Hash of the caller and its idempotency key.
    pub(super) idempotency_key: Option<String>,
    /// What the record will contain about the order. Only of an order whose record does not exist yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) planned: Option<OrderInfo>,
}

/// Reason why a stored order cannot be sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// It was written by a newer version of Keyferry, or is damaged.
    Unreadable,
    /// These facts of the record are not those of the order.
    Altered(Vec<&'static str>),
}

impl StoredOrder {
    pub(super) fn new(
        id: ShipmentId,
        requested_by: Caller,
        order: OrderDraft,
        additional: bool,
        may_be_privileged: bool,
        idempotency_key: Option<String>,
    ) -> Self {
        Self {
            queued_order: FORMAT,
            id,
            requested_by,
            order,
            additional,
            may_be_privileged,
            idempotency_key,
            planned: None,
        }
    }

    /// Returns Keyferry's id of the shipment.
    pub(super) fn id(&self) -> ShipmentId {
        self.id
    }

    /// Returns the stored form of another order for the same shipment.
    pub(super) fn with_order(self, order: OrderDraft) -> Self {
        Self { order, ..self }
    }

    pub(super) fn encode(&self) -> Result<SecretBytes, serde_json::Error> {
        serde_json::to_vec(self).map(SecretBytes::new)
    }

    /// Decodes the stored order of a record that does not exist yet. `None` if it cannot be used.
    pub(super) fn decode_planned(stored: &SecretBytes, id: ShipmentId) -> Option<(Self, OrderInfo)> {
        let mut stored = Self::read(stored).ok().filter(|stored| stored.id == id)?;
        let info = stored.planned.take()?;
        Some((stored, info))
    }

    fn read(stored: &SecretBytes) -> Result<Self, Unusable> {
        let stored: Self = serde_json::from_slice(stored.expose()).map_err(|_| Unusable::Unreadable)?;
        if stored.queued_order == FORMAT { Ok(stored) } else { Err(Unusable::Unreadable) }
    }

    /// Decodes a stored order, and compares the record with it.
    pub(super) fn decode(stored: &SecretBytes, record: &Shipment) -> Result<Self, Unusable> {
        let stored = Self::read(stored)?;
        let key = record.keys().first();
        let altered = [
            ("order", stored.id != record.id()),
            ("caller", !stored.requested_by.is_same(record.requested_by())),
            ("person", record.user() != Some(&stored.order.user)),
            ("product", key.map(|key| &key.product) != Some(&stored.order.product)),
            ("PIN length", key.map(|key| key.pin_length) != Some(stored.order.pin_length)),
        ];
        match altered.into_iter().filter_map(|(name, altered)| altered.then_some(name)).collect::<Vec<_>>() {
            altered if altered.is_empty() => Ok(stored),
            altered => Err(Unusable::Altered(altered)),
        }
    }
}
