//! Reading of chain and checkpoints in order, also while the service appends to them.

use std::collections::VecDeque;

use async_trait::async_trait;
use keyferry_domain::ports::StoreError;
use serde_json::Value;

use crate::Entry;

/// Entries that are read at once.
const PAGE: u32 = 1000;

/// Store with a chain.
#[async_trait]
pub trait EvidenceStore: Send + Sync {
    /// Returns up to `limit` entries with a position greater than `after` and at most `up_to`, in order.
    async fn links(&self, after: u64, up_to: u64, limit: u32) -> Result<Vec<Link>, StoreError>;

    /// Returns the position of the entry of an event. `None` if the chain has none.
    async fn position(&self, shipment: &str, seq: u32) -> Result<Option<u64>, StoreError>;

    /// Returns the checkpoints with a position greater than `after`, in order. Entries and their checkpoint become
    /// visible together.
    async fn checkpoints(&self, after: u64) -> Result<Vec<SignedCheckpoint>, StoreError>;

    /// Returns the public keys with which checkpoints were signed, oldest first.
    async fn signing_keys(&self) -> Result<Vec<KnownKey>, StoreError>;

    /// Returns shipment and number of an event that is stored, or that the shipment's record counts, but that is not in
    /// the chain.
    async fn event_without_entry(&self) -> Result<Option<(String, u32)>, StoreError>;
}

/// Entry, with its content if it is still stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The entry.
    pub entry: Entry,
    /// Content that the digest covers. `None` if it was deleted.
    pub content: Option<String>,
    /// The event with its repetitions, if it occurred again. Differs from `content` in `times`, `last_at` and
    /// `correlation` only.
    pub latest: Option<String>,
}

/// Checkpoint as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// Position under which it is stored.
    pub position: u64,
    /// JWS in compact serialisation.
    pub jws: String,
}

/// Public key of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownKey {
    /// The JWK.
    pub jwk: Value,
    /// Whether the store holds the private key. A public key that somebody else added does not have one.
    pub is_held: bool,
}

/// Part of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// Entry.
    Link(Link),
    /// Checkpoint, after the entry that it signs.
    Checkpoint(SignedCheckpoint),
}

/// Reads the whole chain and passes it to `visit`, until `visit` returns an error.
///
/// Ends with the newest checkpoint. Entries that a running service appends meanwhile are read, too, with their
/// checkpoint. Entries after the newest checkpoint are passed without one.
///
/// # Errors
/// [`StoreError`] of the store. The inner error is that of `visit`.
pub async fn read<E>(
    store: &dyn EvidenceStore,
    mut visit: impl FnMut(Item) -> Result<(), E>,
) -> Result<Result<(), E>, StoreError> {
    let mut reading = Reading::default();
    while let Some(items) = reading.next(store).await? {
        for item in items {
            if let Err(error) = visit(item) {
                return Ok(Err(error));
            }
        }
    }
    Ok(Ok(()))
}

/// Reading of the whole chain in parts, as [`read`] does it, for readers that pause in between.
#[derive(Debug, Default)]
pub struct Reading {
    /// Position of the last entry that was read.
    at: u64,
    round: Option<Round>,
    is_done: bool,
}

/// Entries up to a checkpoint that was the newest one, and their checkpoints.
#[derive(Debug)]
struct Round {
    up_to: u64,
    is_unsigned: bool,
    checkpoints: VecDeque<SignedCheckpoint>,
}

impl Reading {
    /// Returns the next items, at most a thousand entries and their checkpoints. `None` at the end.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn next(&mut self, store: &dyn EvidenceStore) -> Result<Option<Vec<Item>>, StoreError> {
        if self.is_done {
            return Ok(None);
        }
        if self.round.is_none() {
            self.round = self.begin(store).await?;
        }
        let Some(round) = &mut self.round else {
            self.is_done = true;
            return Ok(None);
        };
        let links = store.links(self.at, round.up_to, PAGE).await?;
        let mut items = Vec::with_capacity(links.len());
        let Some(last) = links.last() else {
            // Checkpoints of entries that do not exist any more.
            for signed in round.checkpoints.drain(..) {
                self.at = self.at.max(signed.position);
                items.push(Item::Checkpoint(signed));
            }
            self.is_done = round.is_unsigned;
            self.round = None;
            return Ok(Some(items));
        };
        // A position that does not increase would be read again for ever.
        self.at = last.entry.position.max(self.at + 1);
        for link in links {
            let position = link.entry.position;
            items.push(Item::Link(link));
            while let Some(signed) = round.checkpoints.pop_front_if(|signed| signed.position <= position) {
                items.push(Item::Checkpoint(signed));
            }
        }
        Ok(Some(items))
    }

    /// `None` if there are no entries after those that were read.
    async fn begin(&self, store: &dyn EvidenceStore) -> Result<Option<Round>, StoreError> {
        let mut checkpoints = store.checkpoints(self.at).await?;
        if checkpoints.is_empty() {
            if store.links(self.at, u64::MAX, 1).await?.is_empty() {
                return Ok(None);
            }
            // The entry may have been appended after the checkpoints were read. It then has a checkpoint.
            checkpoints = store.checkpoints(self.at).await?;
        }
        Ok(Some(Round {
            up_to: checkpoints.last().map_or(u64::MAX, |newest| newest.position),
            is_unsigned: checkpoints.is_empty(),
            checkpoints: checkpoints.into(),
        }))
    }
}
