//! Atomic writes that append to the feed. Its entries form the event chain.
//!
//! One transaction writes the shipment's row, the new entries, and the head with its checkpoint. It is conditional on
//! the head that was read. If another replica was faster, entries and checkpoint are computed anew from its head.

use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::ports::StoreError;
use keyferry_evidence::{self as evidence, Content, Entry, NextCheckpoint, Previous};

use super::columns::columns;
use super::error::Refusal;
use super::head::{CHECKPOINT, Head};
use super::service::Attempts;
use super::signing::unavailable;
use super::transaction::{MAX_OPERATIONS, RowWrite};
use super::{TableStore, layout, partition};

/// How often a transaction is retried because another replica advanced the head. Each time that replica succeeded, so
/// an exponential back-off would only favour the others.
const MAX_ROUNDS: u32 = 100;

/// Longest pause between rounds.
const PAUSE: Duration = Duration::from_millis(20);

/// Most operations that this module adds to a transaction: the head, a kept checkpoint, and a public key.
pub(super) const OWN_OPERATIONS: usize = 3;

/// Transaction of a shipment.
#[async_trait]
pub(super) trait Appending: Send + Sync {
    /// Id of the shipment.
    fn shipment(&self) -> &str;

    /// Unique name of the transaction, of letters and digits.
    fn name(&self) -> &str;

    /// Numbers and texts of the entries to append.
    fn contents(&self) -> Vec<(u32, &str)>;

    /// Returns the operations for these entries, one for each content. The shipment's row comes first.
    fn operations(&self, entries: &[Entry]) -> Result<Vec<RowWrite>, StoreError>;

    /// Reads the shipment's row after the service refused the transaction. `in_doubt`: the answer to an earlier attempt
    /// was lost.
    async fn fate(&self, store: &TableStore, in_doubt: bool) -> Result<Fate, StoreError>;

    /// Prepares another attempt if neither the shipment's row nor the head is the reason of the refusal.
    ///
    /// # Errors
    /// The reason, if another attempt does not help.
    async fn prepare_again(&mut self, store: &TableStore, head: Option<&Head>) -> Result<(), StoreError>;
}

/// State of the shipment's row after a refused transaction.
pub(super) enum Fate {
    /// The transaction was committed earlier and its response was lost. Contains the row's ETag unless it was deleted.
    Done(Option<String>),
    /// The row is as it was before.
    Unchanged,
    /// The row was changed by another writer.
    Failed(StoreError),
}

/// Entries to append, and the head after them.
struct Step {
    entries: Vec<Entry>,
    /// Writes of checkpoints, keys, and last of the head.
    writes: Vec<RowWrite>,
    /// The new head, without its ETag.
    head: Head,
    checkpoint: NextCheckpoint,
}

impl TableStore {
    /// Executes the transaction. Returns the ETag of the shipment's row, if the response contained it.
    pub(super) async fn append(&self, transaction: &mut dyn Appending) -> Result<Option<String>, StoreError> {
        // Without new entries the head is neither read nor written.
        if transaction.contents().is_empty() {
            return self.transact_until_clear(transaction, None, &mut None).await.map(|(etag, _)| etag);
        }
        // Serialises the commits of this process, which would otherwise conflict with each other.
        let feed = &mut *self.feed.lock().await;
        // Removes the cached head: after a failure it must be read again.
        let head = match feed.cached.take() {
            Some(head) => head,
            None => self.read_head().await?,
        };
        let (etag, head) = self.transact_until_clear(transaction, Some(head), &mut feed.seen).await?;
        feed.cached = head;
        Ok(etag)
    }

    /// Sends the transaction until its outcome is known. Returns the row's ETag, and the new head if the response
    /// contained its ETag.
    async fn transact_until_clear(
        &self,
        transaction: &mut dyn Appending,
        mut head: Option<Head>,
        seen: &mut Option<evidence::Head>,
    ) -> Result<(Option<String>, Option<Head>), StoreError> {
        let (mut attempts, mut rounds, mut in_doubt) = (Attempts::default(), 0, false);
        let mut step = self.step(transaction, head.as_ref(), seen).await?;
        loop {
            let operations = operations(transaction, step.as_ref())?;
            match self.service.transact(partition::SHIPMENTS, &operations, transaction.name()).await {
                Ok(etags) => {
                    let head_etag = etags.last().cloned().flatten();
                    let etag = etags.into_iter().next().flatten();
                    let Some(step) = step else { return Ok((etag, None)) };
                    step.checkpoint.log();
                    *seen = Some(step.head.newest.clone());
                    let next = head_etag.map(|etag| Head { etag: Some(etag), ..step.head });
                    return Ok((etag, next));
                }
                Err(Refusal::Later { error, wait }) => {
                    in_doubt = true;
                    self.service.pause(&mut attempts, wait).await.ok_or(error)?;
                }
                Err(Refusal::Exists | Refusal::Conflict) => match transaction.fate(self, in_doubt).await? {
                    Fate::Done(etag) => {
                        // Which of the attempts was committed is unknown, but they differ in the signature only.
                        step.iter().for_each(|step| step.checkpoint.log());
                        return Ok((etag, None));
                    }
                    Fate::Failed(error) => return Err(error),
                    Fate::Unchanged => {
                        let now = match head {
                            Some(_) => Some(self.read_head().await?),
                            None => None,
                        };
                        if now == head {
                            transaction.prepare_again(self, head.as_ref()).await?;
                            continue;
                        }
                        rounds += 1;
                        if rounds == MAX_ROUNDS {
                            return Err(StoreError::Unavailable(format!(
                                "other replicas changed row `{}` {MAX_ROUNDS} times in a row",
                                layout::HEAD
                            )));
                        }
                        self.clock.sleep(self.jittered()).await;
                        head = now;
                        step = self.step(transaction, head.as_ref(), seen).await?;
                    }
                },
                Err(refusal) => return Err(refusal.into_store_error(transaction.shipment())),
            }
        }
    }

    /// Computes the entries of the transaction after this head, and signs the last one.
    async fn step(
        &self,
        transaction: &dyn Appending,
        head: Option<&Head>,
        seen: &mut Option<evidence::Head>,
    ) -> Result<Option<Step>, StoreError> {
        let Some(head) = head else { return Ok(None) };
        let previous = self.previous(head, seen.as_ref()).await?;
        if previous != Previous::RolledBack {
            *seen = Some(head.newest.clone());
        }
        let keys = self.signing.keys().await?;
        let signer = keys.signer();
        let shipment = transaction.shipment();
        let mut newest = head.newest.clone();
        let mut entries = Vec::new();
        for (seq, text) in transaction.contents() {
            let entry = newest.next(&Content { shipment, seq, text });
            newest = entry.head();
            entries.push(entry);
        }
        let now = self.clock.now();
        let checkpoint =
            NextCheckpoint::sign(signer, &head.newest, newest.clone(), &previous, now).map_err(unavailable)?;
        let next = Head { etag: None, newest, checkpoint: checkpoint.jws.clone() };
        let mut writes = Vec::new();
        if checkpoint.keeps_previous && !head.checkpoint.is_empty() {
            let key = layout::checkpoint(head.newest.position);
            writes.push(RowWrite::Upsert { key, columns: columns([(CHECKPOINT, &head.checkpoint)]) });
        }
        // The public key of the first checkpoint remains known if the private key is lost.
        if signer.open(&head.checkpoint).is_none() {
            let jwk = signer.public_key().to_string();
            writes.push(RowWrite::Upsert { key: layout::key(signer.kid()), columns: columns([(JWK, &jwk)]) });
        }
        writes.push(head.moved_to(&next));
        Ok(Some(Step { entries, writes, head: next, checkpoint }))
    }

    /// Returns who signed the checkpoint of the head.
    async fn previous(&self, head: &Head, seen: Option<&evidence::Head>) -> Result<Previous, StoreError> {
        if seen.is_some_and(|seen| head.is_older_than(seen)) {
            return Ok(Previous::RolledBack);
        }
        if head.checkpoint.is_empty() {
            return Ok(Previous::Missing);
        }
        if let Some(checkpoint) = self.signing.keys().await?.open(&head.checkpoint) {
            return Ok(Previous::Signed(checkpoint));
        }
        // Another replica may have created a key.
        let keys = self.signing.reload().await?;
        Ok(keys.open(&head.checkpoint).map_or(Previous::Foreign, Previous::Signed))
    }

    /// Returns a random duration between half of [`PAUSE`] and all of it, so that replicas do not retry in step.
    fn jittered(&self) -> Duration {
        let mut byte = [0];
        self.entropy.fill(&mut byte);
        PAUSE / 2 + PAUSE / 2 * u32::from(byte[0]) / 255
    }
}

/// Column with a public key.
pub(super) const JWK: &str = "jwk";

/// Returns all operations: the shipment's row first, the head last.
fn operations(transaction: &dyn Appending, step: Option<&Step>) -> Result<Vec<RowWrite>, StoreError> {
    let entries = step.map_or(&[][..], |step| &step.entries);
    let mut operations = transaction.operations(entries)?;
    operations.extend(step.into_iter().flat_map(|step| step.writes.iter().cloned()));
    if operations.len() > MAX_OPERATIONS {
        let reason = format!(
            "its change has {} events and needs {} writes, which do not fit into one transaction of Table Storage",
            entries.len(),
            operations.len()
        );
        return Err(StoreError::Broken { id: transaction.shipment().to_owned(), reason });
    }
    Ok(operations)
}
