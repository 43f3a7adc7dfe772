//! The key that signs checkpoints of the event chain, sealed like a secret.

use std::path::Path;

use keyferry_evidence::{KnownKey, Signer};
use rusqlite::{Connection, Transaction, params};

use crate::Error;
use crate::failure::Failure;
use crate::seal::{Keyring, current_key, unavailable};

/// Purpose that binds a sealed key to its use.
const PURPOSE: &str = "keyferry signing key 1";

struct Row {
    id: i64,
    jwk: String,
    sealing_key: String,
    sealed: Vec<u8>,
}

/// Returns the newest key that the key file opens. Creates one if there is none, for example after the key file was
/// lost.
pub(crate) fn take(transaction: &Transaction<'_>, keyring: &Keyring, database: &Path) -> Result<Signer, Error> {
    let failed = |source| Error::Database { database: database.to_owned(), source };
    let rows = rows(transaction).map_err(failed)?;
    let existed = !rows.is_empty();
    if let Some(signer) = rows.into_iter().rev().find_map(|row| open(keyring, &row)) {
        return Ok(signer);
    }
    let signer = Signer::generate()?;
    let key = current_key(transaction).map_err(failed)?;
    let sealed = keyring.seal(&key, PURPOSE, signer.to_pkcs8()?.expose())?;
    transaction
        .execute(
            "INSERT INTO signing_keys (kid, jwk, sealing_key, sealed) VALUES (?1, ?2, ?3, ?4)",
            params![signer.kid(), signer.public_key().to_string(), key, sealed],
        )
        .map_err(failed)?;
    if existed {
        tracing::warn!(
            kid = signer.kid(),
            remedy = "verify the chain with `keyferry audit verify --trust` and the id of the lost key",
            "the key file does not open the signing key of the event chain; created a new signing key"
        );
    } else {
        tracing::info!(kid = signer.kid(), "created signing key of the event chain");
    }
    Ok(signer)
}

/// Returns the public keys, oldest first. That of a key which the key file opens is computed from the private key.
pub(crate) fn known(connection: &Connection, keyring: &Keyring) -> Result<Vec<KnownKey>, Failure> {
    let known = rows(connection)?.into_iter().map(|row| match open(keyring, &row) {
        Some(signer) => KnownKey { jwk: signer.public_key(), is_held: true },
        None => KnownKey { jwk: serde_json::from_str(&row.jwk).unwrap_or_default(), is_held: false },
    });
    Ok(known.collect())
}

/// Seals the keys with the current key that are sealed with another one. Returns their number.
pub(crate) fn reseal(transaction: &Transaction<'_>, keyring: &Keyring, key: &str) -> Result<u64, Failure> {
    let mut resealed = 0;
    for row in rows(transaction)?.into_iter().filter(|row| row.sealing_key != key) {
        // A key whose key file was lost cannot be opened. Its public key stays.
        let Ok(opened) = keyring.open(&row.sealing_key, PURPOSE, &row.sealed) else { continue };
        let sealed = keyring.seal(key, PURPOSE, opened.expose()).map_err(unavailable)?;
        transaction.execute(
            "UPDATE signing_keys SET sealing_key = ?1, sealed = ?2 WHERE id = ?3",
            params![key, sealed, row.id],
        )?;
        resealed += 1;
    }
    Ok(resealed)
}

fn open(keyring: &Keyring, row: &Row) -> Option<Signer> {
    let der = keyring.open(&row.sealing_key, PURPOSE, &row.sealed).ok()?;
    Signer::from_pkcs8(der.expose()).ok()
}

fn rows(connection: &Connection) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare("SELECT id, jwk, sealing_key, sealed FROM signing_keys ORDER BY id")?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Row { id: row.get(0)?, jwk: row.get(1)?, sealing_key: row.get(2)?, sealed: row.get(3)? })
    };
    statement.query_map([], read)?.collect()
}
