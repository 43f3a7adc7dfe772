//! Reading of the event chain and of its checkpoints, for their verification and export.

use async_trait::async_trait;
use keyferry_domain::ports::StoreError;
use keyferry_evidence::{Entry, EvidenceStore, KnownKey, Link, SignedCheckpoint};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::signing;
use crate::store::SqliteStore;

#[async_trait]
impl EvidenceStore for SqliteStore {
    async fn links(&self, after: u64, up_to: u64, limit: u32) -> Result<Vec<Link>, StoreError> {
        let action = format!("read the event chain after position {after}");
        self.read(action, move |connection, _| Ok(links(connection, after, up_to, limit)?)).await
    }

    async fn position(&self, shipment: &str, seq: u32) -> Result<Option<u64>, StoreError> {
        let shipment = shipment.to_owned();
        self.read("find an event in the chain", move |connection, _| {
            let mut statement =
                connection.prepare_cached("SELECT position FROM event_chain WHERE shipment = ?1 AND seq = ?2")?;
            let position = |row: &rusqlite::Row<'_>| Ok(row.get::<_, i64>(0)?.unsigned_abs());
            Ok(statement.query_row(params![shipment, seq], position).optional()?)
        })
        .await
    }

    async fn checkpoints(&self, after: u64) -> Result<Vec<SignedCheckpoint>, StoreError> {
        self.read("read the checkpoints", move |connection, _| {
            let mut statement = connection
                .prepare_cached("SELECT position, jws FROM checkpoints WHERE position > ?1 ORDER BY position")?;
            let checkpoint = |row: &rusqlite::Row<'_>| {
                Ok(SignedCheckpoint { position: row.get::<_, i64>(0)?.unsigned_abs(), jws: row.get(1)? })
            };
            Ok(statement.query_map([signed(after)], checkpoint).and_then(Iterator::collect)?)
        })
        .await
    }

    async fn signing_keys(&self) -> Result<Vec<KnownKey>, StoreError> {
        self.read("read the signing keys", |connection, context| signing::known(connection, &context.keyring)).await
    }

    async fn event_without_entry(&self) -> Result<Option<(String, u32)>, StoreError> {
        self.read("compare the events with their chain", |connection, _| {
            // A record counts the events of its shipment, so that the end of the chain is not deleted unnoticed.
            let query = "WITH counted (shipment, seq) AS (
                    SELECT id, json_extract(record, '$.events') FROM fprshipments WHERE json_valid(record)
                    UNION ALL SELECT shipment, seq FROM events)
                SELECT shipment, seq FROM counted WHERE seq > 0 AND NOT EXISTS (
                    SELECT 1 FROM event_chain AS chain
                    WHERE chain.shipment = counted.shipment AND chain.seq = counted.seq)
                LIMIT 1";
            Ok(connection.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
        })
        .await
    }
}

fn links(connection: &Connection, after: u64, up_to: u64, limit: u32) -> rusqlite::Result<Vec<Link>> {
    let mut statement = connection.prepare_cached(
        "SELECT chain.position, chain.shipment, chain.seq, chain.digest, chain.hash, ifnull(chain.content, event),
                latest
         FROM event_chain AS chain
         LEFT JOIN events ON events.shipment = chain.shipment AND events.seq = chain.seq
         WHERE chain.position > ?1 AND chain.position <= ?2 ORDER BY chain.position LIMIT ?3",
    )?;
    let link = |row: &rusqlite::Row<'_>| {
        let entry = Entry {
            position: row.get::<_, i64>(0)?.unsigned_abs(),
            shipment: row.get(1)?,
            seq: row.get(2)?,
            digest: row.get(3)?,
            hash: row.get(4)?,
        };
        Ok(Link { entry, content: row.get(5)?, latest: row.get(6)? })
    };
    statement.query_map(params![signed(after), signed(up_to), limit], link)?.collect()
}

/// Converts a position to SQLite's integer. A larger one than SQLite can hold means all rows.
fn signed(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}
