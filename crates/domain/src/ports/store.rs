//! Stores of shipments, secrets, idempotency keys and leases.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::claim::{Claim, ClaimChange};
use super::query::{Counts, ShipmentFilter, ShipmentSort, Summary, TimeRange};
use crate::{CallerId, Change, DeliveryId, Event, EventKind, SecretBytes, Shipment, ShipmentId, Timestamp, WebhookId};

/// Store of shipments and their events. Every write is a compare-and-swap on the record's version.
#[async_trait]
pub trait ShipmentStore: Send + Sync {
    /// Inserts a new record with its events. Durable when this returns.
    async fn insert(&self, change: &Change) -> Result<Version, StoreError>;

    /// Returns the record with this Keyferry id.
    async fn get(&self, id: ShipmentId) -> Result<Option<Stored>, StoreError>;

    /// Returns the record with this delivery service's id. If several shipments have it, the one with the lowest id.
    async fn find(&self, id: &DeliveryId) -> Result<Option<Stored>, StoreError>;

    /// Replaces the record if its version is still `expected`, and stores the events of the change in the same
    /// transaction. Durable when this returns. Keeps the claim.
    async fn commit(&self, change: &Change, expected: &Version) -> Result<Version, StoreError>;

    /// Like [`commit`](Self::commit), and takes or releases the claim. Durable when this returns.
    ///
    /// After a release, callers must not use the version: the default, for wrappers, makes two writes. It takes the
    /// claim first, and a release that fails does not fail the commit, because a claim expires.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] as for `commit` and `claim`. Nothing is stored then, except that the default may have
    /// taken the claim.
    async fn commit_and_claim(
        &self,
        change: &Change,
        expected: &Version,
        claim: &ClaimChange,
    ) -> Result<Version, StoreError> {
        let id = change.shipment().id();
        match claim {
            ClaimChange::Take(claim, now) => {
                let version = self.claim(id, expected, claim, *now).await?;
                self.commit(change, &version).await
            }
            ClaimChange::Release(holder) => {
                let version = self.commit(change, expected).await?;
                _ = self.release(id, holder).await;
                Ok(version)
            }
        }
    }

    /// Returns summaries of matching shipments, read from indexed columns without parsing records.
    ///
    /// A row with unreadable columns is listed in [`Page::broken`] and does not fail the query. `limit` is at least 1.
    /// A page may have fewer items than `limit` and still have a next page.
    async fn query(
        &self,
        filter: &ShipmentFilter,
        sort: ShipmentSort,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Summary>, StoreError>;

    /// Returns the number of matching shipments by phase and obstacle. Rows whose phase or obstacle cannot be read are
    /// left out.
    async fn counts(&self, filter: &ShipmentFilter) -> Result<Counts, StoreError>;

    /// Appends an event of the organisation ([`ShipmentId::ORGANISATION`]), which has no record. Durable when this
    /// returns. Its events are never deleted.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if the organisation has an event with this number, for example of another replica.
    async fn append_event(&self, event: &Event) -> Result<(), StoreError>;

    /// Returns up to `limit` events of a shipment with a number greater than `after`, oldest first.
    async fn events(&self, id: ShipmentId, after: u32, limit: u32) -> Result<Vec<Event>, StoreError>;

    /// Returns up to `limit` events of all shipments after the cursor, in commit order.
    ///
    /// A reader that continues from the cursor of its last event reads every event exactly once, with any number of
    /// writing replicas: a new event never appears before one that was already returned. Updates of repeated events are
    /// not returned again. Events of deleted shipments are not returned.
    async fn events_after(&self, cursor: &EventCursor, limit: u32) -> Result<Vec<RecordedEvent>, StoreError>;

    /// Returns the position after the newest event. The default reads all events.
    async fn newest_event(&self) -> Result<EventCursor, StoreError> {
        let mut newest = EventCursor::start();
        while let Some(last) = self.events_after(&newest, 1000).await?.pop() {
            newest = last.cursor;
        }
        Ok(newest)
    }

    /// Returns up to `limit` matching events of all shipments, newest first: in the reverse order of commits, before
    /// the position if there is one. `limit` is at least 1.
    ///
    /// An event that cannot be read is listed in [`Page::broken`] and does not fail the call. A page may have fewer
    /// events than `limit`, or none, and still have a next page. Events of deleted shipments are not returned. The
    /// default reads all events.
    async fn events_before(
        &self,
        before: Option<&Cursor>,
        filter: &EventFilter,
        limit: u32,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        let (mut all, mut after) = (Vec::new(), EventCursor::start());
        loop {
            let found = self.events_after(&after, 1000).await?;
            let Some(last) = found.last() else { break };
            after = last.cursor.clone();
            all.extend(found);
        }
        if let Some(Cursor(before)) = before {
            let Some(end) = all.iter().position(|event| event.cursor.0 == *before) else {
                let reason = "it is not a position of this store; restart without a cursor".to_owned();
                return Err(StoreError::Broken { id: CURSOR.into(), reason });
            };
            all.truncate(end);
        }
        let mut items: Vec<_> = all.into_iter().rev().filter(|event| filter.matches(&event.event)).collect();
        let has_more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| has_more).map(|last| Cursor(last.cursor.0.clone()));
        Ok(Page { items, next, broken: Vec::new() })
    }

    /// Claims the record for one worker if its version is still `expected` and no other worker's claim
    /// [blocks](Claim::blocks) this one at `now`. The holder of a claim calls this again to renew it; `until` is then
    /// replaced.
    async fn claim(
        &self,
        id: ShipmentId,
        expected: &Version,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Version, StoreError>;

    /// Releases the claim if `holder` still holds it. Does nothing otherwise.
    async fn release(&self, id: ShipmentId, holder: &str) -> Result<(), StoreError>;

    /// Deletes the record with its events if its version is still `expected`.
    async fn delete(&self, id: ShipmentId, expected: &Version) -> Result<(), StoreError>;

    /// Proves that the store accepts writes: writes a small probe and makes it durable. Each call replaces the probe of
    /// the call before.
    async fn prove_write(&self) -> Result<(), StoreError>;

    /// Releases the space of deleted data, and removes purged secrets from where the store still keeps copies of them.
    /// Called once after each clean-up. The default is for stores whose service does this itself.
    async fn tidy(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Reads all stored data and returns what is damaged, one line for each finding. Slow: at start and once a day. The
    /// default is for stores whose service checks its data itself.
    async fn find_damage(&self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    /// Counts open shipments by reading the table and by reading the index. If the numbers differ, a query skips
    /// shipments without an error. `None` for stores without indexes of their own.
    async fn open_counts(&self) -> Result<Option<OpenCounts>, StoreError> {
        Ok(None)
    }

    /// Verifies that no event was changed or deleted outside of Keyferry. Slow: at start and once a day. `None` for
    /// stores without evidence.
    async fn verify_events(&self) -> Result<Option<EventChain>, StoreError> {
        Ok(None)
    }
}

/// Evidence for all events of a store: a chain whose newest entry is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventChain {
    /// Number of entries. 0 if the chain is broken.
    pub entries: u64,
    /// When the newest entry was signed. `None` if there is none, or if the chain is broken.
    pub signed_at: Option<Timestamp>,
    /// First entry that was changed, deleted or inserted, with the reason. `None`: the chain is intact.
    pub broken: Option<String>,
}

/// Number of open shipments, counted in two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenCounts {
    /// By reading the table.
    pub by_table: u64,
    /// By reading the index that queries use.
    pub by_index: u64,
}

/// Opaque version of a record (a row counter or an ETag).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(pub String);

/// Opaque position in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub String);

/// Opaque position in the list of all events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventCursor(pub String);

impl EventCursor {
    /// Returns the position before the first event.
    pub fn start() -> Self {
        Self(String::new())
    }
}

/// Event in the list of all events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Position after this event.
    pub cursor: EventCursor,
    /// Shipment of the event, or [`ShipmentId::ORGANISATION`].
    pub shipment: ShipmentId,
    /// The event. Its count may or may not include later repetitions.
    pub event: Event,
}

/// Conditions on events. The default matches all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Kinds. Empty for all.
    pub kinds: Vec<EventKind>,
    /// Time of the first occurrence.
    pub at: TimeRange,
}

impl EventFilter {
    /// Returns whether the event matches.
    pub fn matches(&self, event: &Event) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&event.kind)) && self.at.holds(Some(event.at))
    }
}

/// Record read from a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The shipment. If the record was edited to `complete` by hand, the change contains the completion by
    /// [`crate::CompletedBy::Record`] at the time of reading and its event. The next commit stores both.
    pub change: Change,
    /// Version of the record that was read.
    pub version: Version,
    /// Claim of the worker that processes the record, if any.
    pub claim: Option<Claim>,
}

impl Stored {
    /// Returns the shipment.
    pub fn shipment(&self) -> &Shipment {
        self.change.shipment()
    }
}

/// Page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// Rows of the page.
    pub items: Vec<T>,
    /// Position of the next page. `None` on the last page. An empty page can have a next page.
    pub next: Option<Cursor>,
    /// Unreadable rows: key and problem, for the log.
    pub broken: Vec<(String, String)>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { items: Vec::new(), next: None, broken: Vec::new() }
    }
}

/// Store of secrets by name.
///
/// A value may have up to 25,000 bytes if it is UTF-8 text, and 18,750 otherwise. This is the limit of the smallest
/// backend, which accepts text only and stores other values as base64url.
#[async_trait]
pub trait SecretStore: Send + Sync {
    /// Stores a value under a name that was never used before. Durable when this returns.
    async fn put(&self, name: &SecretName, value: &SecretBytes) -> Result<(), StoreError>;

    /// Returns the value. `None` if it does not exist or was deleted.
    async fn get(&self, name: &SecretName) -> Result<Option<SecretBytes>, StoreError>;

    /// Replaces the value of a name if it is still `from`. Durable when this returns.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if there is another value, or none. A backend without such a condition compares first,
    /// so callers must hold the claim on the shipment.
    async fn replace(&self, name: &SecretName, from: &SecretBytes, to: &SecretBytes) -> Result<(), StoreError>;

    /// Deletes the value, and purges it if the backend keeps deleted values and allows purging. Succeeds if the value
    /// does not exist.
    async fn purge(&self, name: &SecretName) -> Result<(), StoreError>;

    /// Returns a page of the names written by Keyferry, with the time of each write.
    async fn list(&self, after: Option<&Cursor>) -> Result<(Vec<(SecretName, Timestamp)>, Option<Cursor>), StoreError>;
}

/// Name of a secret: a prefix for its purpose, and Keyferry's id of its owner. All backends allow this form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretName {
    /// Opens the responses for the shipment's keys. Needed until the PIN can no longer be released.
    Shipment(ShipmentId),
    /// Queued order with address and contacts. Needed until the order is sent.
    Order(ShipmentId),
    /// Links to pages for the person whom the key is for, and who that is. Needed until the shipment ends.
    Person(ShipmentId),
    /// Secrets that sign the messages of a webhook. Needed as long as the webhook exists.
    Webhook(WebhookId),
}

impl SecretName {
    /// Creates the name of the secret that opens the shipment's responses.
    pub fn of(shipment: ShipmentId) -> Self {
        Self::Shipment(shipment)
    }

    /// Creates the name of the shipment's queued order.
    pub fn of_order(shipment: ShipmentId) -> Self {
        Self::Order(shipment)
    }

    /// Creates the name of the secret with the links to pages for the person.
    pub fn of_person(shipment: ShipmentId) -> Self {
        Self::Person(shipment)
    }

    /// Returns the shipment of the secret. `None` if it belongs to no shipment.
    pub fn shipment(&self) -> Option<ShipmentId> {
        match self {
            Self::Shipment(shipment) | Self::Order(shipment) | Self::Person(shipment) => Some(*shipment),
            Self::Webhook(_) => None,
        }
    }

    /// Parses a name. Returns `None` if the secret does not belong to Keyferry.
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, id) = text.split_at_checked(4)?;
        match prefix {
            "fpr-" => ShipmentId::parse(id).map(Self::Shipment),
            "fpo-" => ShipmentId::parse(id).map(Self::Order),
            "fpp-" => ShipmentId::parse(id).map(Self::Person),
            "fpw-" => WebhookId::parse(id).map(Self::Webhook),
            _ => None,
        }
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shipment(id) => write!(f, "fpr-{id}"),
            Self::Order(id) => write!(f, "fpo-{id}"),
            Self::Person(id) => write!(f, "fpp-{id}"),
            Self::Webhook(id) => write!(f, "fpw-{id}"),
        }
    }
}

/// Store of idempotency keys and their shipments.
///
/// Responses are not stored. The response to a repeated request is built from the shipment's record, so it always
/// matches the record.
#[async_trait]
pub trait IdempotencyStore: Send + Sync {
    /// Reserves the key for the record's shipment, if the key is not in use.
    async fn reserve(&self, record: &IdempotencyRecord) -> Result<Reservation, StoreError>;

    /// Transfers an abandoned reservation to another shipment, if it still belongs to `from`. Returns `false` if
    /// another request transferred it first.
    async fn take_over(&self, from: ShipmentId, to: &IdempotencyRecord) -> Result<bool, StoreError>;

    /// Releases the key of this shipment, so that a corrected request can use it again.
    async fn release(&self, shipment: ShipmentId) -> Result<(), StoreError>;

    /// Deletes records created before `before`. Returns their number.
    async fn sweep(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// Idempotency key in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// Caller that sent the key.
    pub caller: CallerId,
    /// Key as sent by the caller.
    pub key: String,
    /// SHA-256 of the request body, hex.
    pub body_hash: String,
    /// Shipment created for the key.
    pub shipment: ShipmentId,
    /// Time of the reservation.
    pub at: Timestamp,
}

/// Result of a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// The key is now reserved for this request.
    Made,
    /// The key is already in use by this record.
    Taken(IdempotencyRecord),
}

/// Store of leases, for work that only one replica may do at a time.
#[async_trait]
pub trait LeaseStore: Send + Sync {
    /// Takes or renews the lease of this name (`a-z` and `-`), unless another holder's lease
    /// [blocks](Claim::blocks) it at `now`. Returns whether `claim.holder` now holds the lease. Durable when this
    /// returns.
    async fn take_lease(&self, name: &str, claim: &Claim, now: Timestamp) -> Result<bool, StoreError>;

    /// Releases the lease if `holder` still holds it. Does nothing otherwise.
    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError>;

    /// Returns who took the lease last, and until when, also if it has expired. `None` if it is free.
    async fn lease(&self, name: &str) -> Result<Option<Claim>, StoreError>;
}

/// Next step if a store is damaged, without a period at its end.
pub const REPAIR: &str = "Stop Keyferry, make a copy of the data directory, and repair the database; restore it from \
                          its backup only if it cannot be repaired";

/// Id in [`StoreError::Broken`] for a cursor of events that is not a position of the store.
pub const CURSOR: &str = "the cursor";

/// Error of a store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The record was changed or deleted since it was read, or another worker holds a claim.
    #[error("the record of {0} was changed or claimed by another worker")]
    Conflict(String),
    /// A record or secret of this name already exists.
    #[error("{0} already exists")]
    Exists(String),
    /// Stored data or a cursor is invalid, or a record is too large for the store. A retry does not help. Occurs when
    /// reading and when writing.
    #[error("the data of {id} is invalid: {reason}. Correct it by hand or restore it from a backup")]
    Broken {
        /// Id of the shipment, or a description of the other item, for example [`CURSOR`].
        id: String,
        /// Problem with the data, without its values.
        reason: String,
    },
    /// Stored data cannot be read at all, for example because a page of the database is damaged. A retry does not help,
    /// and other data may be affected.
    #[error("the store is damaged: {0}. {REPAIR}")]
    Damaged(String),
    /// The store does not respond, or refuses the call.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
}

impl StoreError {
    /// Returns whether a cursor is not a position of the store.
    pub fn is_of_cursor(&self) -> bool {
        matches!(self, Self::Broken { id, .. } if id == CURSOR)
    }

    /// Returns whether stored data must be corrected before a retry can help.
    pub fn is_of_data(&self) -> bool {
        matches!(self, Self::Broken { .. } | Self::Damaged(_))
    }
}
