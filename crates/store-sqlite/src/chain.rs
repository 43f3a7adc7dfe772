//! Appending to the event chain.

use keyferry_domain::Timestamp;
use keyferry_domain::ports::StoreError;
use keyferry_evidence::{Checkpoint, Content, DELETION, Head, Signer};
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
    ///
    /// Entries that somebody else appended get no signature of their own: the checkpoint records that it does not
    /// follow on the one before. The commit succeeds, because a shipment must not be lost for it.
    pub(crate) fn sign(self, transaction: &Transaction<'_>, signer: &Signer, at: Timestamp) -> Result<(), Failure> {
        let Some((before, head)) = self.heads else { return Ok(()) };
        let query = "SELECT position, jws FROM checkpoints ORDER BY position DESC LIMIT 1";
        let newest: Option<(i64, String)> =
            transaction.prepare_cached(query)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let previous = newest.as_ref().map(|(_, jws)| signer.open(jws));
        let extends = match &previous {
            // The key file was lost, and with it the key that signed the checkpoint.
            Some(None) if is_first_of(transaction, signer)? => true,
            Some(None) => false,
            Some(Some(checkpoint)) => Signer::extends(&before, Some(checkpoint)),
            None => Signer::extends(&before, None),
        };
        if !extends {
            tracing::error!(
                entry = before.position,
                remedy = "run `keyferry audit verify`, and keep a copy of the database",
                "event chain was changed by somebody else: its newest entry is not the one that Keyferry signed"
            );
        }
        let (jws, checkpoint) =
            signer.sign(head, at, extends).map_err(|error| StoreError::Unavailable(error.to_string()))?;
        if let (Some((position, _)), Some(Some(previous))) = (&newest, &previous) {
            match previous.is_kept_before(&checkpoint) {
                true => log(previous, signer),
                false => {
                    transaction.execute("DELETE FROM checkpoints WHERE position = ?1", [position])?;
                }
            }
        }
        let mut statement =
            transaction.prepare_cached("INSERT OR REPLACE INTO checkpoints (position, jws) VALUES (?1, ?2)")?;
        statement.execute(params![checkpoint.position as i64, jws])?;
        Ok(())
    }
}

/// Whether the key has signed no checkpoint yet: its first checkpoint follows on one of the key before.
fn is_first_of(transaction: &Transaction<'_>, signer: &Signer) -> rusqlite::Result<bool> {
    let mut statement = transaction.prepare("SELECT jws FROM checkpoints ORDER BY position DESC")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if signer.open(&row.get::<_, String>(0)?).is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Logs a checkpoint that is kept. A copy of the log proves later that the chain was not replaced as a whole.
fn log(checkpoint: &Checkpoint, signer: &Signer) {
    tracing::info!(
        entries = checkpoint.position,
        hash = checkpoint.hash,
        at = %checkpoint.at.to_rfc3339(),
        kid = signer.kid(),
        "kept checkpoint of the event chain"
    );
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
