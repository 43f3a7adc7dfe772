//! Reading of the event chain and of its checkpoints, for their verification and export.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyferry_domain::ShipmentId;
use keyferry_domain::ports::StoreError;
use keyferry_evidence::{DELETION, Entry, EvidenceStore, KnownKey, Link, SignedCheckpoint};

use super::append::JWK;
use super::columns::Row;
use super::events::{DIGEST, EVENT, SEQ, SHIPMENT, position_of};
use super::head::{CHECKPOINT, HASH, POSITION, position};
use super::service::Query;
use super::{TableStore, layout, long_text, row};

/// Number of concurrent reads.
const CONCURRENCY: usize = 8;

/// Number of rows that are read at once.
const PAGE: usize = 1000;

/// Columns that compare events with entries.
const ENTRY_COLUMNS: &str = "PartitionKey,RowKey,Timestamp,shipment,seq";

/// Texts of a shipment's events, by number.
type Texts = BTreeMap<u32, Option<String>>;

#[async_trait]
impl EvidenceStore for TableStore {
    /// The content is that of the entry. It counts as deleted if the event's own row was deleted, because readers of a
    /// shipment see only that row.
    async fn links(&self, after: u64, up_to: u64, limit: u32) -> Result<Vec<Link>, StoreError> {
        let query = Query::new(layout::feed_between(after, up_to), limit.max(1) as usize);
        let rows = self.service.some_rows(&query).await?.0;
        let shipments: BTreeSet<_> = rows.iter().filter_map(|row| ShipmentId::parse(row.text(SHIPMENT))).collect();
        let events: BTreeMap<String, Texts> = stream::iter(shipments)
            .map(|id| async move { Ok::<_, StoreError>((id.to_string(), self.texts(id).await?)) })
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await?;
        Ok(rows.iter().map(|row| link(row, events.get(row.text(SHIPMENT)))).collect())
    }

    async fn position(&self, shipment: &str, seq: u32) -> Result<Option<u64>, StoreError> {
        let Some(id) = ShipmentId::parse(shipment) else { return Ok(None) };
        let row = self.service.row(super::partition::SHIPMENTS, &layout::event(id, seq)).await?;
        Ok(row.and_then(|row| position(row.text(POSITION))))
    }

    /// Reads the head first: a checkpoint that is kept later is at the position of this head, or after it.
    async fn checkpoints(&self, after: u64) -> Result<Vec<SignedCheckpoint>, StoreError> {
        let head = self.read_head().await?;
        let position = head.newest.position;
        if head.checkpoint.is_empty() {
            return self.kept_checkpoints(after, u64::MAX).await;
        }
        let mut checkpoints = self.kept_checkpoints(after, position).await?;
        if position > after {
            checkpoints.push(SignedCheckpoint { position, jws: head.checkpoint });
        }
        Ok(checkpoints)
    }

    async fn signing_keys(&self) -> Result<Vec<KnownKey>, StoreError> {
        let held = self.signing.existing().await?;
        let held: Vec<_> = held.iter().flat_map(|keys| keys.signers()).map(|signer| signer.public_key()).collect();
        let rows = self.service.some_rows(&Query::new(layout::keys(), usize::MAX)).await?.0;
        let others = rows.iter().filter(|row| held.iter().all(|jwk| layout::key(kid(jwk)) != row.key()));
        let mut known: Vec<_> = others
            .map(|row| KnownKey { jwk: serde_json::from_str(row.text(JWK)).unwrap_or_default(), is_held: false })
            .collect();
        known.extend(held.into_iter().map(|jwk| KnownKey { jwk, is_held: true }));
        Ok(known)
    }

    /// Reads events and records first. Each event has its entry from then on, because entries are never deleted. A
    /// record counts the events of its shipment, so that the end of the chain is not deleted unnoticed.
    async fn event_without_entry(&self) -> Result<Option<(String, u32)>, StoreError> {
        let (mut events, mut after) = (BTreeSet::new(), String::new());
        loop {
            let (rows, more) = self.service.some_rows(&Query::keys(layout::all_events(&after), PAGE)).await?;
            let event = |row: &Row| match layout::event_of(row.key()) {
                Some((shipment, seq)) => (shipment.to_owned(), seq),
                None => (row.key().to_owned(), DELETION),
            };
            events.extend(rows.iter().map(event));
            match rows.last() {
                Some(last) if more => after = last.key().to_owned(),
                _ => break,
            }
        }
        let mut after = None::<String>;
        loop {
            let query = Query::new(layout::shipments(after.as_deref()), PAGE);
            let (rows, more) = self.service.some_rows(&query).await?;
            let newest =
                |row: &Row| Some((row.key().to_owned(), row::number_of_events(row)?)).filter(|(_, seq)| *seq > 0);
            events.extend(rows.iter().filter_map(newest));
            match rows.last() {
                Some(last) if more => after = Some(last.key().to_owned()),
                _ => break,
            }
        }
        let mut after = 0;
        while !events.is_empty() {
            let query = Query::of(ENTRY_COLUMNS, layout::feed_between(after, u64::MAX), PAGE);
            let (rows, more) = self.service.some_rows(&query).await?;
            for row in &rows {
                events.remove(&(row.text(SHIPMENT).to_owned(), seq(row)));
            }
            match rows.last().and_then(position_of) {
                Some(last) if more => after = last,
                _ => break,
            }
        }
        Ok(events.pop_first())
    }
}

impl TableStore {
    /// Returns the checkpoints that are kept beside the newest one, after one position and before the other.
    pub(super) async fn kept_checkpoints(&self, after: u64, before: u64) -> Result<Vec<SignedCheckpoint>, StoreError> {
        let query = Query::new(layout::checkpoints_between(after, before), usize::MAX);
        let rows = self.service.some_rows(&query).await?.0;
        let checkpoint = |row: &Row| SignedCheckpoint {
            position: position_of(row).unwrap_or_default(),
            jws: row.text(CHECKPOINT).to_owned(),
        };
        Ok(rows.iter().map(checkpoint).collect())
    }

    async fn texts(&self, id: ShipmentId) -> Result<Texts, StoreError> {
        let rows = self.service.some_rows(&Query::new(layout::events(id, 0), usize::MAX)).await?.0;
        let text = |row: &Row| Some((layout::event_of(row.key())?.1, text(row)));
        Ok(rows.iter().filter_map(text).collect())
    }
}

/// Returns the entry of a row. A column that cannot be read has a value that its hash does not cover.
fn link(row: &Row, events: Option<&Texts>) -> Link {
    let entry = Entry {
        position: position_of(row).unwrap_or_default(),
        shipment: row.text(SHIPMENT).to_owned(),
        seq: seq(row),
        digest: row.text(DIGEST).to_owned(),
        hash: row.text(HASH).to_owned(),
    };
    let own = events.and_then(|events| events.get(&entry.seq));
    let content = text(row).filter(|_| own.is_some() || entry.seq == DELETION);
    let latest = own.filter(|own| content.is_some() && **own != content);
    // An event whose text cannot be read was changed.
    let latest = latest.map(|latest| latest.clone().unwrap_or_default());
    Link { entry, content, latest }
}

fn seq(row: &Row) -> u32 {
    row.text(SEQ).parse().unwrap_or(u32::MAX)
}

/// Returns the event in JSON. `None` if it was removed or cannot be read.
fn text(row: &Row) -> Option<String> {
    long_text::read(row, EVENT).ok().map(|(text, _)| text).filter(|text| !text.is_empty())
}

fn kid(jwk: &serde_json::Value) -> &str {
    jwk["kid"].as_str().unwrap_or_default()
}
