//! Replacement of the sealing key while the service runs.
//!
//! The new key is in the key file before a value is sealed with it. The row of `key_check` then names it, and from this
//! commit on every process seals new values with it. Old values are sealed anew in small transactions. The work can be
//! interrupted at any point and continued: each value names its key.

use keyferry_domain::ShipmentId;
use keyferry_domain::ports::StoreError;
use rusqlite::{Connection, Transaction, params};

use crate::batches::row_purpose;
use crate::failure::Failure;
use crate::seal::{self, KEY_CHECK, Keyring, current_key, secret_purpose, unavailable};
use crate::store::{Context, SqliteStore};
use crate::{files, signing};

/// Values that one transaction seals anew. It holds the write lock for some milliseconds.
const STEP: u32 = 50;

/// Result of [`SqliteStore::rekey`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rekeyed {
    /// Id of the key that seals all values.
    pub key: String,
    /// Whether an interrupted replacement was continued, instead of creating another key.
    pub continued: bool,
    /// Number of values that this call sealed anew.
    pub resealed: u64,
    /// Number of values under the key.
    pub sealed: u64,
    /// Secrets that could not be opened, and are not sealed anew.
    pub unreadable: Vec<String>,
    /// Number of older keys in the key file.
    pub older_keys: usize,
}

/// Result of [`SqliteStore::retire_keys`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retired {
    /// Id of the key that remains.
    pub key: String,
    /// Ids of the removed keys.
    pub removed: Vec<String>,
}

impl SqliteStore {
    /// Adds a sealing key to the key file, and seals all values with it. Continues an interrupted replacement.
    /// `progress` receives the number of values sealed anew, and the number of all values to seal, after each step.
    ///
    /// # Errors
    /// [`StoreError`] if database or key file cannot be read or written. The call can be repeated.
    pub async fn rekey(&self, mut progress: impl FnMut(u64, u64) + Send) -> Result<Rekeyed, StoreError> {
        let begun = self.write("add a sealing key", |transaction, context| begin(transaction, &context.keyring));
        let (key, continued, older_keys) = begun.await?;
        let (total, mut resealed, mut after, mut unreadable) =
            (self.unsealed(&key).await?, 0, String::new(), Vec::new());
        loop {
            let (current, from) = (key.clone(), after);
            let work = move |transaction: &Transaction<'_>, context: &Context| {
                step(transaction, &context.keyring, &current, &from)
            };
            let done = self.write("seal secrets with the new key", work).await?;
            resealed += done.resealed;
            unreadable.extend(done.unreadable);
            match done.last {
                Some(last) => after = last,
                None => break,
            }
            progress(resealed, total);
        }
        let mut after = (String::new(), 0);
        loop {
            let (current, from) = (key.clone(), after);
            let work = move |transaction: &Transaction<'_>, context: &Context| {
                step_rows(transaction, &context.keyring, &current, &from)
            };
            let done = self.write("seal orders of batches with the new key", work).await?;
            resealed += done.resealed;
            unreadable.extend(done.unreadable);
            match done.last {
                Some(last) => after = last,
                None => break,
            }
            progress(resealed, total);
        }
        // The write-ahead log contains the values under the old key.
        self.purge_rows("remove values under the old key", |_, _| Ok(1)).await?;
        let count = key.clone();
        let sealed =
            self.read("count sealed values", move |connection, _| Ok(sealed(connection, &count, "=")?)).await?;
        Ok(Rekeyed { key, continued, resealed, sealed, unreadable, older_keys })
    }

    /// Removes the keys from the key file under which no value is sealed. Backups of the database that are older than
    /// the last replacement cannot be opened then.
    ///
    /// # Errors
    /// [`StoreError`] if a value is sealed with another key than the newest, or a file cannot be written.
    pub async fn retire_keys(&self) -> Result<Retired, StoreError> {
        self.write("remove old sealing keys", |transaction, context| {
            let key = current_key(transaction)?;
            let others = sealed(transaction, &key, "<>")?;
            let keys = read(&context.keyring)?;
            let (kept, removed): (Vec<_>, Vec<_>) = keys.into_iter().partition(|one| seal::id(one) == key);
            if others > 0 || kept.is_empty() {
                let reason = format!("{others} values are sealed with another key; run `keyferry rekey` first");
                return Err(StoreError::Unavailable(reason).into());
            }
            let removed: Vec<String> = removed.iter().map(seal::id).collect();
            if !removed.is_empty() {
                context.keyring.replace(&kept).map_err(unavailable)?;
            }
            Ok(Retired { key, removed })
        })
        .await
    }

    async fn unsealed(&self, key: &str) -> Result<u64, StoreError> {
        let key = key.to_owned();
        self.read("count sealed values", move |connection, _| Ok(sealed(connection, &key, "<>")?)).await
    }
}

/// Number of values that are sealed with the key (`=`), or with another one (`<>`).
fn sealed(connection: &Connection, key: &str, comparison: &str) -> rusqlite::Result<u64> {
    let query = format!(
        "SELECT (SELECT count(*) FROM secrets WHERE sealing_key {comparison} ?1)
              + (SELECT count(*) FROM batch_rows WHERE sealing_key {comparison} ?1)
              + (SELECT count(*) FROM signing_keys WHERE sealing_key {comparison} ?1)"
    );
    connection.query_row(&query, [key], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
}

/// Makes the newest key of the file the current one, and adds a key before if there is nothing to continue. Returns its
/// id, whether work is continued, and the number of older keys. Holds the write lock, so that two processes do not both
/// add a key.
fn begin(transaction: &Transaction<'_>, keyring: &Keyring) -> Result<(String, bool, usize), Failure> {
    let current = current_key(transaction)?;
    let mut keys = read(keyring)?;
    let newest = keys.last().map(seal::id);
    let is_activated = newest.as_ref() == Some(&current);
    let continued = !is_activated || sealed(transaction, &current, "<>")? > 0;
    if !continued {
        keys.push(seal::new_key().map_err(unavailable)?);
        // Durable before it is used: no value may be sealed with a key that a crash loses.
        keyring.replace(&keys).map_err(unavailable)?;
    }
    let key = keys.last().map(seal::id).unwrap_or(current);
    let check = keyring.seal(&key, KEY_CHECK, KEY_CHECK.as_bytes()).map_err(unavailable)?;
    transaction.execute("UPDATE key_check SET sealing_key = ?1, sealed = ?2", params![key, check])?;
    Ok((key, continued, keys.len() - 1))
}

fn read(keyring: &Keyring) -> Result<Vec<files::Key>, StoreError> {
    let gone = || StoreError::Unavailable("the key file is missing: restore it from its backup".to_owned());
    keyring.stored().map_err(unavailable)?.ok_or_else(gone)
}

struct Step<T> {
    resealed: u64,
    unreadable: Vec<String>,
    /// Position of the last value that was read. `None` if there is none left.
    last: Option<T>,
}

fn step(transaction: &Transaction<'_>, keyring: &Keyring, key: &str, after: &str) -> Result<Step<String>, Failure> {
    let mut statement = transaction.prepare_cached(
        "SELECT name, sealing_key, sealed FROM secrets WHERE sealing_key <> ?1 AND name > ?2 ORDER BY name LIMIT ?3",
    )?;
    let rows: Vec<(String, String, Vec<u8>)> = statement
        .query_map(params![key, after, STEP], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .and_then(Iterator::collect)?;
    let mut step = Step { resealed: 0, unreadable: Vec::new(), last: rows.last().map(|(name, ..)| name.clone()) };
    for (name, old, value) in rows {
        let purpose = secret_purpose(&name);
        let Ok(opened) = keyring.open(&old, &purpose, &value) else {
            step.unreadable.push(name);
            continue;
        };
        let value = keyring.seal(key, &purpose, opened.expose()).map_err(unavailable)?;
        transaction
            .execute("UPDATE secrets SET sealing_key = ?1, sealed = ?2 WHERE name = ?3", params![key, value, name])?;
        step.resealed += 1;
    }
    step.resealed += signing::reseal(transaction, keyring, key)?;
    Ok(step)
}

fn step_rows(
    transaction: &Transaction<'_>,
    keyring: &Keyring,
    key: &str,
    after: &(String, u32),
) -> Result<Step<(String, u32)>, Failure> {
    let mut statement = transaction.prepare_cached(
        "SELECT batch, \"row\", record ->> '$.shipment', sealing_key, sealed FROM batch_rows
         WHERE sealing_key <> ?1 AND (batch, \"row\") > (?2, ?3) ORDER BY batch, \"row\" LIMIT ?4",
    )?;
    let rows: Vec<(String, u32, String, String, Vec<u8>)> = statement
        .query_map(params![key, after.0, after.1, STEP], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })
        .and_then(Iterator::collect)?;
    let last = rows.last().map(|(batch, row, ..)| (batch.clone(), *row));
    let mut step = Step { resealed: 0, unreadable: Vec::new(), last };
    for (batch, row, shipment, old, value) in rows {
        let opened = ShipmentId::parse(&shipment).and_then(|shipment| {
            let purpose = row_purpose(&batch, row, shipment);
            keyring.open(&old, &purpose, &value).ok().map(|opened| (purpose, opened))
        });
        let Some((purpose, opened)) = opened else {
            step.unreadable.push(format!("row {row} of the batch {batch}"));
            continue;
        };
        let value = keyring.seal(key, &purpose, opened.expose()).map_err(unavailable)?;
        transaction.execute(
            "UPDATE batch_rows SET sealing_key = ?1, sealed = ?2 WHERE batch = ?3 AND \"row\" = ?4",
            params![key, value, batch, row],
        )?;
        step.resealed += 1;
    }
    Ok(step)
}
