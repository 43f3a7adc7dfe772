//! Rows of events.
//!
//! Each event has two rows. One belongs to its shipment and counts repetitions. The other one is at the event's
//! position in the feed, the order of all events, and is the entry of the event chain: it never changes until the
//! shipment is deleted. Its content is then removed. The deletion of a shipment is an entry of the feed, too.

use keyferry_domain::ports::{CURSOR, Cursor, EventCursor, EventFilter, Page, RecordedEvent, StoreError};
use keyferry_domain::{Change, Event, EventWrite, ShipmentId};
use keyferry_evidence::{DELETION, Entry};

use super::columns::{Columns, Row, columns};
use super::head::{HASH, POSITION, position};
use super::service::Query;
use super::transaction::{ANY, RowWrite};
use super::{TableStore, layout, long_text, row};

pub(super) const EVENT: &str = "event";
pub(super) const SHIPMENT: &str = "shipment";
pub(super) const SEQ: &str = "seq";
pub(super) const DIGEST: &str = "digest";
const KIND: &str = "kind";
const AT: &str = "at";

/// Maximum number of events in one answer.
const MAX: u32 = 1000;

/// Windows of [`MAX`] positions that one call reads backwards at most, while it finds no event.
const MOST_WINDOWS: usize = 10;

/// Events of a change.
pub(super) struct EventRows {
    appended: Vec<EventRow>,
    recounted: Vec<EventRow>,
}

struct EventRow {
    seq: u32,
    /// The event in JSON.
    text: String,
    columns: Columns,
}

impl EventRows {
    pub(super) fn of(change: &Change) -> Result<Self, StoreError> {
        let (mut appended, mut recounted) = (Vec::new(), Vec::new());
        for write in change.writes() {
            match write {
                EventWrite::Append(event) => appended.push(EventRow::of(change.shipment().id(), event)?),
                EventWrite::Recount(event) => recounted.push(EventRow::of(change.shipment().id(), event)?),
            }
        }
        Ok(Self { appended, recounted })
    }

    /// Returns numbers and texts of the new events.
    pub(super) fn contents(&self) -> Vec<(u32, &str)> {
        self.appended.iter().map(|event| (event.seq, event.text.as_str())).collect()
    }

    /// Returns the writes. `entries` are those of the new events.
    pub(super) fn operations(&self, id: ShipmentId, entries: &[Entry]) -> Result<Vec<RowWrite>, StoreError> {
        let mut operations = Vec::new();
        for (event, entry) in self.appended.iter().zip(entries) {
            let mut own = event.columns.clone();
            own.insert(POSITION.into(), entry.position.to_string().into());
            operations.push(RowWrite::Insert { key: layout::event(id, event.seq), columns: own });
            operations.push(insert_entry(entry, event.columns.clone()));
        }
        for event in &self.recounted {
            let (key, columns) = (layout::event(id, event.seq), event.columns.clone());
            operations.push(RowWrite::Merge { key, etag: ANY.into(), columns });
        }
        Ok(operations)
    }
}

impl EventRows {
    /// Returns the rows of one event.
    pub(super) fn of_event(id: ShipmentId, event: &Event) -> Result<Self, StoreError> {
        Ok(Self { appended: vec![EventRow::of(id, event)?], recounted: Vec::new() })
    }
}

impl EventRow {
    fn of(id: ShipmentId, event: &Event) -> Result<Self, StoreError> {
        let broken = |reason: String| StoreError::Broken { id: id.to_string(), reason };
        let text =
            serde_json::to_string(event).map_err(|error| broken(format!("could not serialise its event: {error}")))?;
        let mut columns = columns([(KIND, event.kind.as_str()), (AT, &row::time_text(event.at))]);
        long_text::write(&mut columns, EVENT, &text, 0)
            .ok_or_else(|| broken("one of its events exceeds the maximum size of a row in Table Storage".into()))?;
        Ok(Self { seq: event.seq, text, columns })
    }
}

/// Returns the write of an entry with its content.
pub(super) fn insert_entry(entry: &Entry, mut content: Columns) -> RowWrite {
    let seq = entry.seq.to_string();
    content.extend(columns([(SHIPMENT, &entry.shipment), (SEQ, &seq), (DIGEST, &entry.digest), (HASH, &entry.hash)]));
    RowWrite::Insert { key: layout::feed(entry.position), columns: content }
}

/// Returns the columns that remove the content of an entry, which has this number of parts.
pub(super) fn without_content(parts: usize) -> Columns {
    let mut columns = columns([(KIND, ""), (AT, "")]);
    long_text::write(&mut columns, EVENT, "", parts);
    columns
}

impl TableStore {
    pub(super) async fn read_events(&self, id: ShipmentId, after: u32, limit: u32) -> Result<Vec<Event>, StoreError> {
        let query = Query::new(layout::events(id, after), limit.clamp(1, MAX) as usize);
        self.service.some_rows(&query).await?.0.iter().map(event).collect()
    }

    /// Returns events after the cursor, which is a position in decimal.
    ///
    /// Reads the head first, and no rows after it. All rows up to the head are committed, so that no row can appear
    /// later between those that were returned.
    pub(super) async fn read_feed(&self, cursor: &EventCursor, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        let broken = |reason: &str| StoreError::Broken { id: CURSOR.into(), reason: reason.into() };
        let mut after = match cursor.0.as_str() {
            "" => 0,
            text => position(text).ok_or_else(|| broken("it is not a number; restart with an empty cursor"))?,
        };
        let head = self.read_head().await?.newest.position;
        if after > head {
            let reason = "it is after the last event, for example because a backup of the table was restored; \
                          restart with an empty cursor";
            return Err(broken(reason));
        }
        let limit = limit.clamp(1, MAX) as usize;
        let mut found = Vec::new();
        while after < head && found.len() < limit {
            let query = Query::new(layout::feed_between(after, head), limit - found.len());
            let (rows, more) = self.service.some_rows(&query).await?;
            for row in rows.iter().filter(|row| has_event(row)) {
                found.push(recorded(row)?);
            }
            match rows.last().and_then(position_of) {
                Some(last) if more => after = last,
                _ => break,
            }
        }
        Ok(found)
    }
}

impl TableStore {
    /// Returns matching events before the position in decimal, newest first. Reads a bounded number of rows.
    ///
    /// Rows can be read only in ascending order. Positions are consecutive, so windows of them are read backwards.
    pub(super) async fn read_feed_before(
        &self,
        before: Option<&Cursor>,
        filter: &EventFilter,
        limit: u32,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        let limit = limit.clamp(1, MAX) as usize;
        let is_filtered = *filter != EventFilter::default();
        let mut end = match before {
            None => self.read_head().await?.newest.position,
            Some(Cursor(text)) => position(text)
                .ok_or_else(|| {
                    let reason = "it is not a number; restart without a cursor".to_owned();
                    StoreError::Broken { id: CURSOR.into(), reason }
                })?
                .saturating_sub(1),
        };
        let mut page = Page::default();
        for _ in 0..MOST_WINDOWS {
            let size = if is_filtered { u64::from(MAX) } else { (limit - page.items.len()) as u64 };
            let begin = end.saturating_sub(size);
            let query = Query::new(layout::feed_between(begin, end), usize::MAX);
            for row in self.service.some_rows(&query).await?.0.iter().rev().filter(|row| may_match(row, filter)) {
                match recorded(row) {
                    Ok(_) if page.items.len() == limit => {
                        page.next = page.items.last().map(|last: &RecordedEvent| Cursor(last.cursor.0.clone()));
                        return Ok(page);
                    }
                    Ok(event) => page.items.push(event),
                    Err(error) => page.broken.push((row.key().to_owned(), error.to_string())),
                }
            }
            end = begin;
            if end == 0 {
                return Ok(page);
            }
            if page.items.len() >= limit {
                break;
            }
        }
        page.next = Some(Cursor((end + 1).to_string()));
        Ok(page)
    }
}

/// Returns whether an entry contains an event that matches, as far as its columns show. A time that cannot be read is
/// reported with its event.
fn may_match(row: &Row, filter: &EventFilter) -> bool {
    let kind = row.text(KIND);
    let is_kind = filter.kinds.is_empty() || filter.kinds.iter().any(|wanted| wanted.as_str() == kind);
    has_event(row) && is_kind && row::time(row.text(AT)).is_none_or(|at| filter.at.holds(Some(at)))
}

/// Returns whether an entry contains an event. Those of deleted shipments and of deletions do not.
fn has_event(row: &Row) -> bool {
    !row.text(EVENT).is_empty() && row.text(SEQ) != DELETION.to_string()
}

fn event(row: &Row) -> Result<Event, StoreError> {
    let (json, _) = long_text::read(row, EVENT).map_err(|reason| broken(row, reason))?;
    // serde's message would quote values of the event, so only the place is reported.
    serde_json::from_str(&json).map_err(|error| {
        broken(row, format!("column `{EVENT}` is not an event (line {}, column {})", error.line(), error.column()))
    })
}

fn recorded(row: &Row) -> Result<RecordedEvent, StoreError> {
    let position = position_of(row).ok_or_else(|| broken(row, "its key does not end with a number".into()))?;
    let shipment = ShipmentId::parse(row.text(SHIPMENT))
        .ok_or_else(|| broken(row, format!("column `{SHIPMENT}` is not an id")))?;
    Ok(RecordedEvent { cursor: EventCursor(position.to_string()), shipment, event: event(row)? })
}

fn broken(row: &Row, reason: String) -> StoreError {
    StoreError::Broken { id: format!("row `{}`", keyferry_http::clean(row.key())), reason }
}

/// Returns the position in the key of an entry or a checkpoint.
pub(super) fn position_of(row: &Row) -> Option<u64> {
    row.key().rsplit('-').next().and_then(position)
}
