//! Appending to the event chain.

use keyferry_domain::Timestamp;
use keyferry_domain::ports::StoreError;
use keyferry_evidence::{Content, DELETION, Head, NextCheckpoint, Previous, Signer};
use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::failure::Failure;

/// Entries that one transaction appends.
#[derive(Default)]
pub(crate) struct Appending {
    /// Head before the first and after the last of them.
    heads: Option<(Head, Head)>,
}

impl Appending {
    /// Appends an entry.
    pub(crate) fn add(&mut self, transaction: &Transaction<'_>, content: &Content<'_>) -> Result<(), Failure> {
        let (before, head) = match self.heads.take() {
            Some(heads) => heads,
            None => {
                let head = head(transaction)?;
                (head.clone(), head)
            }
        };
        let entry = head.next(content);
        let own = (content.seq == DELETION).then_some(content.text);
        let mut statement = transaction.prepare_cached(
            "INSERT INTO event_chain (position, shipment, seq, digest, hash, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        let position = entry.position as i64;
        statement.execute(params![position, entry.shipment, entry.seq, entry.digest, entry.hash, own])?;
        self.heads = Some((before, entry.head()));
        Ok(())
    }

    /// Signs the last entry. Does nothing without an entry.
    pub(crate) fn sign(self, transaction: &Transaction<'_>, signer: &Signer, at: Timestamp) -> Result<(), Failure> {
        let Some((before, head)) = self.heads else { return Ok(()) };
        let query = "SELECT position, jws FROM checkpoints ORDER BY position DESC LIMIT 1";
        let newest: Option<(i64, String)> =
            transaction.prepare_cached(query)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let previous = match &newest {
            None => Previous::Missing,
            Some((_, jws)) => match signer.open(jws) {
                Some(checkpoint) => Previous::Signed(checkpoint),
                None => Previous::Foreign,
            },
        };
        let position = head.position as i64;
        let next = NextCheckpoint::sign(signer, &before, head, &previous, at)
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        next.log();
        if let Some((position, _)) = newest.filter(|_| !next.keeps_previous) {
            transaction.prepare_cached("DELETE FROM checkpoints WHERE position = ?1")?.execute([position])?;
        }
        let mut statement =
            transaction.prepare_cached("INSERT OR REPLACE INTO checkpoints (position, jws) VALUES (?1, ?2)")?;
        statement.execute(params![position, next.jws])?;
        Ok(())
    }
}

/// Chains the events of a database whose schema had no chain. Their content is taken as it is.
pub(crate) fn begin(
    transaction: &Transaction<'_>,
    signer: &Signer,
    at: Timestamp,
) -> rusqlite::Result<Result<(), crate::Error>> {
    let mut chain = Appending::default();
    let mut statement = transaction.prepare("SELECT shipment, seq, event FROM events ORDER BY position")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (shipment, seq, text): (String, u32, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if let Err(failure) = chain.add(transaction, &Content { shipment: &shipment, seq, text: &text }) {
            return of_failure(failure);
        }
    }
    match chain.sign(transaction, signer, at) {
        Ok(()) => Ok(Ok(())),
        Err(failure) => of_failure(failure),
    }
}

fn of_failure(failure: Failure) -> rusqlite::Result<Result<(), crate::Error>> {
    match failure {
        Failure::Sqlite(error) => Err(error),
        Failure::Store(_) => Ok(Err(crate::Error::Cryptography("signing the event chain"))),
    }
}

fn head(transaction: &Transaction<'_>) -> rusqlite::Result<Head> {
    let mut statement =
        transaction.prepare_cached("SELECT position, hash FROM event_chain ORDER BY position DESC LIMIT 1")?;
    let head = |row: &rusqlite::Row<'_>| Ok(Head { position: row.get::<_, i64>(0)?.unsigned_abs(), hash: row.get(1)? });
    Ok(statement.query_row([], head).optional()?.unwrap_or_else(Head::start))
}
