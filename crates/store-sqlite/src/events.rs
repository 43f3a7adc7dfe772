//! Rows of events.

use keyferry_domain::ports::{CURSOR, Cursor, EventCursor, EventFilter, Page, RecordedEvent, StoreError};
use keyferry_domain::shipment::EventWrite;
use keyferry_domain::{Change, Event, ShipmentId};
use keyferry_evidence::{Content, DELETION, deletion};
use rusqlite::{Connection, Transaction, params};

use crate::chain::Appending;
use crate::failure::Failure;
use crate::store::Context;
use crate::time;

/// Maximum number of events in one page.
const PAGE: u32 = 1000;

/// Writes the events of a change, in the transaction that writes the record.
pub(crate) fn write(transaction: &Transaction<'_>, context: &Context, change: &Change) -> Result<(), Failure> {
    let id = change.shipment().id().to_string();
    let mut chain = Appending::default();
    for write in change.writes() {
        let (EventWrite::Append(event) | EventWrite::Recount(event)) = write;
        let json = serde_json::to_string(event).map_err(|error| broken(&id, event.seq, &error))?;
        let statement = match write {
            EventWrite::Append(_) => "INSERT INTO events (shipment, seq, kind, at, event) VALUES (?1, ?2, ?3, ?4, ?5)",
            // A repetition keeps position, kind and time of the first occurrence, and the text that the chain covers.
            EventWrite::Recount(_) => {
                "UPDATE events SET latest = ?5 WHERE shipment = ?1 AND seq = ?2 AND kind = ?3 AND at = ?4"
            }
        };
        let mut statement = transaction.prepare_cached(statement)?;
        let written = statement.execute(params![id, event.seq, event.kind.as_str(), time::text(event.at), json])?;
        if written != 1 {
            let reason = format!("its event {} is missing or has another kind or time", event.seq);
            return Err(StoreError::Broken { id, reason }.into());
        }
        if matches!(write, EventWrite::Append(_)) {
            chain.add(transaction, &Content { shipment: &id, seq: event.seq, text: &json })?;
        }
    }
    chain.sign(transaction, &context.signer, context.clock.now())
}

/// Writes an event of the organisation.
pub(crate) fn append(transaction: &Transaction<'_>, context: &Context, event: &Event) -> Result<(), Failure> {
    let id = ShipmentId::ORGANISATION.to_string();
    let json = serde_json::to_string(event).map_err(|error| broken(&id, event.seq, &error))?;
    let mut statement = transaction.prepare_cached(
        "INSERT INTO events (shipment, seq, kind, at, event) SELECT ?1, ?2, ?3, ?4, ?5
            WHERE NOT EXISTS (SELECT 1 FROM events WHERE shipment = ?1 AND seq = ?2)",
    )?;
    let written = statement.execute(params![id, event.seq, event.kind.as_str(), time::text(event.at), json])?;
    if written != 1 {
        return Err(StoreError::Exists(format!("event {} of the organisation", event.seq)).into());
    }
    let mut chain = Appending::default();
    chain.add(transaction, &Content { shipment: &id, seq: event.seq, text: &json })?;
    chain.sign(transaction, &context.signer, context.clock.now())
}

/// Deletes a shipment's events, in the transaction that deletes the record. The chain keeps their hashes.
pub(crate) fn delete(transaction: &Transaction<'_>, context: &Context, id: &str) -> Result<(), Failure> {
    let now = context.clock.now();
    let events = transaction.prepare_cached("DELETE FROM events WHERE shipment = ?1")?.execute([id])?;
    let mut chain = Appending::default();
    chain.add(transaction, &Content { shipment: id, seq: DELETION, text: &deletion(now, events as u64) })?;
    chain.sign(transaction, &context.signer, now)
}

/// Returns the events of one shipment after a number.
pub(crate) fn of(connection: &Connection, id: ShipmentId, after: u32, limit: u32) -> Result<Vec<Event>, Failure> {
    let query = "SELECT seq, ifnull(latest, event) FROM events WHERE shipment = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    let mut statement = connection.prepare_cached(query)?;
    let id = id.to_string();
    let rows = statement
        .query_map(params![id, after, limit.min(PAGE)], |row| Ok((row.get(0)?, row.get(1)?)))
        .and_then(Iterator::collect::<rusqlite::Result<Vec<(u32, String)>>>)?;
    rows.into_iter().map(|(seq, json)| Ok(read(&id, seq, &json)?)).collect()
}

/// Returns the events of all shipments after the cursor, in the order of commits.
pub(crate) fn all(connection: &Connection, cursor: &EventCursor, limit: u32) -> Result<Vec<RecordedEvent>, Failure> {
    let query = "SELECT position, shipment, seq, ifnull(latest, event) FROM events
        WHERE position > ?1 ORDER BY position LIMIT ?2";
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement
        .query_map(params![position(connection, cursor)?, limit.min(PAGE)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .and_then(Iterator::collect::<rusqlite::Result<Vec<(i64, String, u32, String)>>>)?;
    let rows = rows.into_iter().map(|(position, id, seq, json)| {
        let shipment = ShipmentId::parse(&id).ok_or_else(|| StoreError::Broken {
            id: id.clone(),
            reason: format!("column `shipment` of event {position} is not an id"),
        })?;
        Ok(RecordedEvent { cursor: EventCursor(position.to_string()), shipment, event: read(&id, seq, &json)? })
    });
    rows.collect()
}

/// Returns the matching events of all shipments before the position, newest first.
pub(crate) fn before(
    connection: &Connection,
    before: Option<&Cursor>,
    filter: &EventFilter,
    limit: u32,
) -> Result<Page<RecordedEvent>, Failure> {
    let query = "SELECT position, shipment, seq, ifnull(latest, event) FROM events
        WHERE position < ?1 AND (?2 IS NULL OR kind IN (SELECT value FROM json_each(?2)))
            AND (?3 IS NULL OR at >= ?3) AND (?4 IS NULL OR at < ?4)
        ORDER BY position DESC LIMIT ?5";
    let before = match before {
        None => i64::MAX,
        Some(Cursor(text)) => number(text).ok_or_else(|| StoreError::Broken {
            id: CURSOR.into(),
            reason: "it is not a position of this store; restart without a cursor".into(),
        })?,
    };
    let kinds: Vec<_> = filter.kinds.iter().map(|kind| kind.as_str()).collect();
    let kinds = (!kinds.is_empty()).then(|| serde_json::json!(kinds).to_string());
    let (from, end) = (filter.at.from.map(time::text), filter.at.before.map(time::text));
    let limit = limit.clamp(1, PAGE);
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement
        .query_map(params![before, kinds, from, end, limit], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .and_then(Iterator::collect::<rusqlite::Result<Vec<(i64, String, u32, String)>>>)?;
    let next = rows.last().filter(|_| rows.len() == limit as usize).map(|last| Cursor(last.0.to_string()));
    let mut page = Page { next, ..Page::default() };
    for (position, id, seq, json) in rows {
        match (ShipmentId::parse(&id), read(&id, seq, &json)) {
            (Some(shipment), Ok(event)) => {
                page.items.push(RecordedEvent { cursor: EventCursor(position.to_string()), shipment, event });
            }
            (None, _) => page.broken.push((format!("event {position}"), "its shipment is not an id".into())),
            (_, Err(error)) => page.broken.push((id, error.to_string())),
        }
    }
    Ok(page)
}

/// Returns the position after the newest event. Positions of deleted events are never used again.
pub(crate) fn newest(connection: &Connection) -> Result<EventCursor, Failure> {
    Ok(EventCursor(newest_position(connection)?.to_string()))
}

fn newest_position(connection: &Connection) -> Result<i64, Failure> {
    let query = "SELECT ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)";
    Ok(connection.prepare_cached(query)?.query_row([], |row| row.get(0))?)
}

fn position(connection: &Connection, cursor: &EventCursor) -> Result<i64, Failure> {
    if *cursor == EventCursor::start() {
        return Ok(0);
    }
    let position = number(&cursor.0);
    let newest = newest_position(connection)?;
    position.filter(|position| *position <= newest).ok_or_else(|| {
        let reason = "it is not a position of this store, or is after the last event, for example because a backup \
                      was restored; restart with an empty cursor";
        StoreError::Broken { id: CURSOR.into(), reason: reason.into() }.into()
    })
}

fn number(text: &str) -> Option<i64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

fn read(id: &str, seq: u32, json: &str) -> Result<Event, StoreError> {
    let event: Event = serde_json::from_str(json).map_err(|error| broken(id, seq, &error))?;
    if event.seq != seq {
        let reason = format!("column `seq` is {seq}, but its event has number {}", event.seq);
        return Err(StoreError::Broken { id: id.to_owned(), reason });
    }
    Ok(event)
}

/// Returns the error for an event that cannot be read. serde's message would quote values, so only the place is
/// reported.
fn broken(id: &str, seq: u32, error: &serde_json::Error) -> StoreError {
    let reason = format!("its event {seq} is invalid (line {}, column {})", error.line(), error.column());
    StoreError::Broken { id: id.to_owned(), reason }
}
