//! Rows of events.
//!
//! Each event has two rows. One belongs to its shipment and counts repetitions. The other one is at the event's
//! position in the feed, the order of all events, and never changes.

use keyferry_domain::ports::{EventCursor, RecordedEvent, StoreError};
use keyferry_domain::{Change, Event, EventWrite, ShipmentId};

use super::columns::{Columns, Row, columns};
use super::head::{Head, POSITION, position};
use super::service::Query;
use super::transaction::{ANY, RowWrite};
use super::{TableStore, layout, long_text, row};

const EVENT: &str = "event";
const SHIPMENT: &str = "shipment";

/// Maximum number of events in one answer.
const MAX: u32 = 1000;

/// Returns the number of feed positions that the change needs.
pub(super) fn appended(change: &Change) -> u64 {
    change.writes().map(|write| u64::from(matches!(write, EventWrite::Append(_)))).sum()
}

/// Returns the writes of the change's events, at the positions after the head.
pub(super) fn operations(change: &Change, head: Option<&Head>) -> Result<Vec<RowWrite>, StoreError> {
    let id = change.shipment().id();
    let mut position = head.map_or(0, |head| head.position);
    let mut operations = Vec::new();
    for write in change.writes() {
        match write {
            EventWrite::Append(event) => {
                position += 1;
                let mut own = to_columns(id, event)?;
                let mut feed = own.clone();
                own.insert(POSITION.into(), position.to_string().into());
                feed.insert(SHIPMENT.into(), id.to_string().into());
                operations.push(RowWrite::Insert { key: layout::event(id, event.seq), columns: own });
                operations.push(RowWrite::Insert { key: layout::feed(position), columns: feed });
            }
            EventWrite::Recount(event) => {
                let columns = to_columns(id, event)?;
                let key = layout::event(id, event.seq);
                operations.push(RowWrite::Merge { key, etag: ANY.into(), columns });
            }
        }
    }
    Ok(operations)
}

fn to_columns(id: ShipmentId, event: &Event) -> Result<Columns, StoreError> {
    let broken = |reason: String| StoreError::Broken { id: id.to_string(), reason };
    let json =
        serde_json::to_string(event).map_err(|error| broken(format!("could not serialise its event: {error}")))?;
    let mut columns = columns([("kind", event.kind.as_str()), ("at", &row::time_text(event.at))]);
    long_text::write(&mut columns, EVENT, &json, 0)
        .ok_or_else(|| broken("one of its events exceeds the maximum size of a row in Table Storage".into()))?;
    Ok(columns)
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
        let broken = |reason: &str| StoreError::Broken { id: "the reader of events".into(), reason: reason.into() };
        let after = match cursor.0.as_str() {
            "" => 0,
            text => position(text).ok_or_else(|| broken("its cursor is not a number; restart with an empty cursor"))?,
        };
        let head = self.read_head().await?.position;
        if after > head {
            let reason = "its cursor is after the last event, for example because a backup of the table was restored; \
                          restart with an empty cursor";
            return Err(broken(reason));
        }
        if after == head {
            return Ok(Vec::new());
        }
        let query = Query::new(layout::feed_between(after, head), limit.clamp(1, MAX) as usize);
        self.service.some_rows(&query).await?.0.iter().map(recorded).collect()
    }
}

fn event(row: &Row) -> Result<Event, StoreError> {
    let (json, _) = long_text::read(row, EVENT).map_err(|reason| broken(row, reason))?;
    // serde's message would quote values of the event, so only the place is reported.
    serde_json::from_str(&json).map_err(|error| {
        broken(row, format!("column `{EVENT}` is not an event (line {}, column {})", error.line(), error.column()))
    })
}

fn recorded(row: &Row) -> Result<RecordedEvent, StoreError> {
    let position = row.key().rsplit('-').next().and_then(position);
    let position = position.ok_or_else(|| broken(row, "its key does not end with a number".into()))?;
    let shipment = ShipmentId::parse(row.text(SHIPMENT))
        .ok_or_else(|| broken(row, format!("column `{SHIPMENT}` is not an id")))?;
    Ok(RecordedEvent { cursor: EventCursor(position.to_string()), shipment, event: event(row)? })
}

fn broken(row: &Row, reason: String) -> StoreError {
    StoreError::Broken { id: format!("row `{}`", keyferry_http::clean(row.key())), reason }
}

/// Returns the key of the event's feed row, from the event's own row.
pub(super) fn feed_key(row: &Row) -> Option<String> {
    position(row.text(POSITION)).map(layout::feed)
}
