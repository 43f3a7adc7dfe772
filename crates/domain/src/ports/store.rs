//! Where shipments and their secrets are kept.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::query::{Counts, ShipmentFilter, ShipmentSort, Summary};
use crate::{CallerId, Change, DeliveryId, Event, SecretBytes, Shipment, ShipmentId, Timestamp};

/// Shipments and their events. Every change is a compare-and-swap on the record's version.
#[async_trait]
pub trait ShipmentStore: Send + Sync {
    /// Inserts a new record with its events, durable when this returns.
    async fn insert(&self, change: &Change) -> Result<Version, StoreError>;

    /// The record under our id.
    async fn get(&self, id: ShipmentId) -> Result<Option<Stored>, StoreError>;

    /// The record under the delivery service's id. Should two shipments have it, the one with the lower id.
    async fn find(&self, id: &DeliveryId) -> Result<Option<Stored>, StoreError>;

    /// Replaces the record if its version is still `expected`, and stores the events of the change with it: both or neither, durable when
    /// this returns. Keeps the claim.
    async fn commit(&self, change: &Change, expected: &Version) -> Result<Version, StoreError>;

    /// Summaries of the shipments that match, from indexed columns: no record is parsed. A row whose columns cannot be read is listed as
    /// broken; it does not fail the others. `limit` is at least 1; a store may return fewer and still go on.
    async fn query(
        &self,
        filter: &ShipmentFilter,
        sort: ShipmentSort,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Summary>, StoreError>;

    /// How many shipments there are, by phase and obstacle.
    async fn counts(&self) -> Result<Counts, StoreError>;

    /// Events of a shipment whose number is over `after`, oldest first.
    async fn events(&self, id: ShipmentId, after: u32, limit: u32) -> Result<Vec<Event>, StoreError>;

    /// Events of all shipments in the order in which they were committed, from behind the cursor on. A reader that remembers the cursor
    /// of the last event it took misses none and sees none twice, however many replicas write: an event never appears before one that
    /// was read already. Repetitions are not announced. Events of deleted shipments are gone.
    async fn events_after(&self, cursor: &EventCursor, limit: u32) -> Result<Vec<RecordedEvent>, StoreError>;

    /// Claims the record for one worker if its version is still `expected` and nobody else's claim is alive at `now`.
    /// The holder of a claim renews it so: the new `until` takes the place of the old one.
    async fn claim(
        &self,
        id: ShipmentId,
        expected: &Version,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Version, StoreError>;

    /// Gives the claim back if it is still `holder`'s; nothing happens otherwise.
    async fn release(&self, id: ShipmentId, holder: &str) -> Result<(), StoreError>;

    /// Deletes the record with its events if its version is still `expected`.
    async fn delete(&self, id: ShipmentId, expected: &Version) -> Result<(), StoreError>;

    /// Whether the store answers.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// An opaque version of a record (a row counter, an ETag).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(pub String);

/// Where a listing goes on; opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub String);

/// Where a reader of all events is; opaque.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventCursor(pub String);

impl EventCursor {
    /// Before the first event.
    pub fn start() -> Self {
        Self(String::new())
    }
}

/// An event of some shipment, as a reader of all events sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// The cursor behind this event.
    pub cursor: EventCursor,
    /// Whose event it is.
    pub shipment: ShipmentId,
    /// The event. Later repetitions may or may not be counted in it.
    pub event: Event,
}

/// A record as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The shipment. When the record was edited to `complete` by hand, it is complete already, by [`crate::CompletedBy::Record`], as of the
    /// time of reading; the change then holds the event for it, and the next commit makes both durable.
    pub change: Change,
    /// The version read.
    pub version: Version,
    /// Who works on it.
    pub claim: Option<Claim>,
}

impl Stored {
    /// The shipment.
    pub fn shipment(&self) -> &Shipment {
        self.change.shipment()
    }
}

/// A worker's claim on a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Unique for each worker and run.
    pub holder: String,
    /// When it ends if it is not given back.
    pub until: Timestamp,
}

/// One page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where to go on; `None` at the end. A page may be empty and still go on.
    pub next: Option<Cursor>,
    /// Rows that could not be read: their keys and what is wrong with them, for the log.
    pub broken: Vec<(String, String)>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { items: Vec::new(), next: None, broken: Vec::new() }
    }
}

/// Secrets by name. Values may be up to 25 KiB (25,600 bytes) of UTF-8 text, as the smallest backend takes no more; other bytes a quarter less,
/// since it takes text only.
#[async_trait]
pub trait SecretStore: Send + Sync {
    /// Stores a value under a name that was never used before, durable when this returns.
    async fn put(&self, name: &SecretName, value: &SecretBytes) -> Result<(), StoreError>;

    /// The value, `None` when there is none (any more).
    async fn get(&self, name: &SecretName) -> Result<Option<SecretBytes>, StoreError>;

    /// Deletes and, where the backend keeps deleted values, purges as far as it lets us. Deleting what is not there
    /// is success.
    async fn purge(&self, name: &SecretName) -> Result<(), StoreError>;

    /// Names of ours and when each was put, a page at a time.
    async fn list(&self, after: Option<&Cursor>) -> Result<(Vec<(SecretName, Timestamp)>, Option<Cursor>), StoreError>;
}

/// A secret's name: `fpr-` and our shipment id, which every backend's rules allow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SecretName(ShipmentId);

impl SecretName {
    const PREFIX: &'static str = "fpr-";

    /// The name of the shipment's secret.
    pub fn of(id: ShipmentId) -> Self {
        Self(id)
    }

    /// Whose it is.
    pub fn shipment(&self) -> ShipmentId {
        self.0
    }

    /// Reads a name; `None` for one that is not ours.
    pub fn parse(text: &str) -> Option<Self> {
        text.strip_prefix(Self::PREFIX).and_then(ShipmentId::parse).map(Self)
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::PREFIX, self.0)
    }
}

/// Which idempotency keys are in use, and for which shipment.
///
/// The answer to a repetition is not kept: it is told anew from the shipment's record, so it cannot disagree with it.
#[async_trait]
pub trait IdempotencyStore: Send + Sync {
    /// Reserves the key for the record's shipment unless it is taken.
    async fn reserve(&self, record: &IdempotencyRecord) -> Result<Reservation, StoreError>;

    /// Hands a reservation whose first holder is gone over to another shipment, if it still names `from`.
    /// `false` when somebody else was faster.
    async fn take_over(&self, from: ShipmentId, to: &IdempotencyRecord) -> Result<bool, StoreError>;

    /// Frees the key of this shipment, so that a corrected request can use it again.
    async fn release(&self, shipment: ShipmentId) -> Result<(), StoreError>;

    /// Deletes records made before `before`; tells how many.
    async fn sweep(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// An idempotency key in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// Whose key it is.
    pub caller: CallerId,
    /// The key as the caller sent it.
    pub key: String,
    /// SHA-256 of the request's body, hex.
    pub body_hash: String,
    /// The shipment made for it.
    pub shipment: ShipmentId,
    /// When it was reserved.
    pub at: Timestamp,
}

/// What became of a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// The key is ours now.
    Made,
    /// It was taken already, by this record.
    Taken(IdempotencyRecord),
}

/// Who does what only one replica should do at a time.
#[async_trait]
pub trait LeaseStore: Send + Sync {
    /// Takes or renews the lease of this name (`a-z` and `-`), unless another holder's is alive at `now`. Tells whether it is `claim.holder`'s now,
    /// durable when this returns.
    async fn take_lease(&self, name: &str, claim: &Claim, now: Timestamp) -> Result<bool, StoreError>;

    /// Gives the lease back if it is still `holder`'s; nothing happens otherwise.
    async fn give_back_lease(&self, name: &str, holder: &str) -> Result<(), StoreError>;
}

/// What a store can answer but success.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The record changed since it was read, is gone, or another worker's claim is alive.
    #[error("the record of {0} was changed or claimed by somebody else in the meantime")]
    Conflict(String),
    /// There is a record or secret of that name.
    #[error("{0} exists already")]
    Exists(String),
    /// One record cannot be read.
    #[error("the record of {id} cannot be read: {reason}; mend it by hand or restore it from a backup")]
    Broken {
        /// Which.
        id: String,
        /// What is wrong.
        reason: String,
    },
    /// The store does not answer or refuses.
    #[error("the store cannot be used: {0}")]
    Unavailable(String),
}
