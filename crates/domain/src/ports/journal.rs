//! Journal of what cannot be undone, kept outside of the database.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::{DeliveryId, ShipmentId, Timestamp};

/// Journal of sent orders and sent PINs. It is not part of the database, so that it still knows them when the
/// database cannot be written, or was restored from a backup.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Appends the entry. Durable when this returns.
    async fn append(&self, entry: &JournalEntry) -> Result<(), StoreError>;

    /// Returns all entries, oldest first.
    async fn read(&self) -> Result<JournalContent, StoreError>;
}

/// Entry of the journal. Contains no personal data and no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum JournalEntry {
    /// The delivery service accepted an order.
    Accepted(Acceptance),
    /// An order was sent, and whether the delivery service accepted it is not known.
    Unconfirmed {
        /// Keyferry's id.
        shipment: ShipmentId,
        /// Time at which its response was given up.
        at: Timestamp,
    },
    /// The PINs of a shipment were sent automatically.
    PinSent {
        /// Keyferry's id.
        shipment: ShipmentId,
        /// Time of the delivery.
        at: Timestamp,
    },
    /// Clean-up deleted the shipment's record.
    Deleted {
        /// Keyferry's id.
        shipment: ShipmentId,
        /// Time of the deletion.
        at: Timestamp,
    },
    /// An operator confirmed the difference between journal and database. Entries before it are not compared again.
    Reconciled {
        /// Time of the confirmation.
        at: Timestamp,
    },
}

/// Order accepted by the delivery service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// Keyferry's id.
    pub shipment: ShipmentId,
    /// Delivery service's id.
    pub delivery_id: DeliveryId,
    /// Hash of the caller and its idempotency key, hex. `None` if the request had no key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Time of the acceptance.
    pub at: Timestamp,
}

/// Content of the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalContent {
    /// Readable entries, oldest first.
    pub entries: Vec<JournalEntry>,
    /// Places that cannot be read, for example `line 7`.
    pub unreadable: Vec<String>,
}
