//! Content of the journal in memory, and its entries of this process.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use keyferry_domain::ports::{Acceptance, JournalContent, JournalEntry, StoreError};
use keyferry_domain::{CallerId, DeliveryId, Journal, ShipmentId, Timestamp};

/// Journal and what it says.
pub(crate) struct Ledger {
    journal: Arc<dyn Journal>,
    known: Mutex<Known>,
    /// Entries that could not be written yet, oldest first. Held while writing, so that entries keep their order.
    unwritten: tokio::sync::Mutex<Vec<JournalEntry>>,
}

#[derive(Default)]
struct Known {
    by_key: HashMap<String, Acceptance>,
    owners: HashMap<DeliveryId, ShipmentId>,
    accepted: HashMap<ShipmentId, DeliveryId>,
    unconfirmed: HashSet<ShipmentId>,
    pins_sent: HashSet<ShipmentId>,
}

impl Ledger {
    pub(crate) fn new(journal: Arc<dyn Journal>) -> Self {
        Self { journal, known: Mutex::default(), unwritten: tokio::sync::Mutex::default() }
    }

    /// Reads the journal.
    pub(crate) async fn load(&self) -> Result<JournalContent, StoreError> {
        let content = self.journal.read().await?;
        let mut known = self.known();
        for entry in &content.entries {
            known.learn(entry);
        }
        drop(known);
        Ok(content)
    }

    /// Appends the entry. After an error, the entry is kept and written by [`Self::flush`].
    pub(crate) async fn write(&self, entry: JournalEntry) -> Result<(), StoreError> {
        self.known().learn(&entry);
        let mut unwritten = self.unwritten.lock().await;
        unwritten.push(entry);
        self.write_all(&mut unwritten).await
    }

    /// Writes the entries that could not be written before.
    pub(crate) async fn flush(&self) -> Result<(), StoreError> {
        self.write_all(&mut *self.unwritten.lock().await).await
    }

    async fn write_all(&self, unwritten: &mut Vec<JournalEntry>) -> Result<(), StoreError> {
        while let Some(entry) = unwritten.first() {
            self.journal.append(entry).await?;
            unwritten.remove(0);
        }
        Ok(())
    }

    /// Returns the order that was accepted for this idempotency key.
    pub(crate) fn accepted_for(&self, caller: &CallerId, key: &str) -> Option<Acceptance> {
        self.known().by_key.get(&key_hash(caller, key)).cloned()
    }

    /// Returns the shipment that has this id of the delivery service.
    pub(crate) fn owner_of(&self, id: &DeliveryId) -> Option<ShipmentId> {
        self.known().owners.get(id).copied()
    }

    /// Returns the delivery service's id of the shipment, if its order was accepted.
    pub(crate) fn accepted_as(&self, shipment: ShipmentId) -> Option<DeliveryId> {
        self.known().accepted.get(&shipment).cloned()
    }

    /// Returns whether the PINs of the shipment were sent automatically.
    pub(crate) fn is_pin_sent(&self, id: ShipmentId) -> bool {
        self.known().pins_sent.contains(&id)
    }

    /// Records that a PIN was sent. Only logs an error: the PIN is sent, and the record says so as well.
    pub(crate) async fn pin_sent(&self, shipment: ShipmentId, at: Timestamp) {
        if let Err(error) = self.write(JournalEntry::PinSent { shipment, at }).await {
            tracing::warn!(%shipment, %error, "could not write sent PIN to the journal; the next entry retries");
        }
    }

    /// Returns whether the order of the shipment was sent, and its response lost.
    pub(crate) fn is_unconfirmed(&self, id: ShipmentId) -> bool {
        self.known().unconfirmed.contains(&id)
    }

    /// Records that the response to an order was lost. Only logs an error: the record says so as well.
    pub(crate) async fn unconfirmed(&self, shipment: ShipmentId, at: Timestamp) {
        if let Err(error) = self.write(JournalEntry::Unconfirmed { shipment, at }).await {
            tracing::warn!(%shipment, %error, "could not write lost order to the journal; the next entry retries");
        }
    }

    /// Records that an order is accepted that an operator found at the delivery service. Only logs an error: the record
    /// says so as well.
    pub(crate) async fn adopted(&self, shipment: ShipmentId, delivery_id: DeliveryId, at: Timestamp) {
        let entry = Acceptance { shipment, delivery_id, idempotency_key: None, at };
        if let Err(error) = self.write(JournalEntry::Accepted(entry)).await {
            tracing::warn!(%shipment, %error, "could not write adopted order to the journal; the next entry retries");
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn learn(&mut self, entry: &JournalEntry) {
        match entry {
            JournalEntry::Accepted(acceptance) => {
                self.owners.insert(acceptance.delivery_id.clone(), acceptance.shipment);
                self.accepted.insert(acceptance.shipment, acceptance.delivery_id.clone());
                if let Some(key) = &acceptance.idempotency_key {
                    self.by_key.insert(key.clone(), acceptance.clone());
                }
            }
            JournalEntry::Unconfirmed { shipment, .. } => {
                self.unconfirmed.insert(*shipment);
            }
            JournalEntry::PinSent { shipment, .. } => {
                self.pins_sent.insert(*shipment);
            }
            JournalEntry::Deleted { shipment, .. } => {
                self.owners.retain(|_, owner| owner != shipment);
                self.accepted.remove(shipment);
                self.unconfirmed.remove(shipment);
                self.by_key.retain(|_, acceptance| acceptance.shipment != *shipment);
                self.pins_sent.remove(shipment);
            }
            JournalEntry::Reconciled { .. } => {}
        }
    }
}

/// Returns the SHA-256 of the caller and its idempotency key, hex. The journal contains no key, because callers may use
/// ticket numbers or names.
pub(crate) fn key_hash(caller: &CallerId, key: &str) -> String {
    // A caller's id contains no line end, so two pairs cannot have the same text.
    let text = format!("{}\n{key}", caller.as_str());
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
