//! Reading of chain and checkpoints in order, also while the service appends to them.

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
    let mut at = 0;
    loop {
        let mut checkpoints = store.checkpoints(at).await?;
        if checkpoints.is_empty() {
            if store.links(at, u64::MAX, 1).await?.is_empty() {
                return Ok(Ok(()));
            }
            // The entry may have been appended after the checkpoints were read. It then has a checkpoint.
            checkpoints = store.checkpoints(at).await?;
        }
        let unsigned = checkpoints.is_empty();
        let up_to = checkpoints.last().map_or(u64::MAX, |newest| newest.position);
        let mut checkpoints = checkpoints.into_iter().peekable();
        loop {
            let links = store.links(at, up_to, PAGE).await?;
            let Some(last) = links.last() else { break };
            let last = last.entry.position;
            // A position that does not increase would be read again for ever.
            at = last.max(at + 1);
            for link in links {
                let position = link.entry.position;
                if let Err(error) = visit(Item::Link(link)) {
                    return Ok(Err(error));
                }
                while let Some(signed) = checkpoints.next_if(|signed| signed.position <= position) {
                    if let Err(error) = visit(Item::Checkpoint(signed)) {
                        return Ok(Err(error));
                    }
                }
            }
        }
        // Checkpoints of entries that do not exist any more.
        for signed in checkpoints {
            at = at.max(signed.position);
            if let Err(error) = visit(Item::Checkpoint(signed)) {
                return Ok(Err(error));
            }
        }
        if unsigned {
            return Ok(Ok(()));
        }
    }
}
