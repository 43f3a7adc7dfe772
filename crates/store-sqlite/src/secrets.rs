//! Sealed secrets.

use async_trait::async_trait;
use keyferry_domain::ports::{Cursor, SecretName, SecretStore, StoreError};
use keyferry_domain::{SecretBytes, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::store::{SqliteStore, unavailable};
use crate::time;

/// Maximum size of a value in bytes, which is the limit of Azure Key Vault.
const MAX_BYTES: usize = 25 * 1024;

const PAGE: usize = 500;

#[async_trait]
impl SecretStore for SqliteStore {
    async fn put(&self, name: &SecretName, value: &SecretBytes) -> Result<(), StoreError> {
        if value.len() > MAX_BYTES {
            let length = value.len();
            return Err(StoreError::Unavailable(format!("{name} has {length} bytes; the limit is {MAX_BYTES}")));
        }
        let name = name.to_string();
        let value = SecretBytes::new(value.expose().to_vec());
        self.run(move |connection, inner| {
            let sealed = inner
                .sealer
                .seal(&purpose(&name), value.expose())
                .map_err(|error| StoreError::Unavailable(error.to_string()))?;
            let inserted = connection.execute(
                "INSERT INTO secrets (name, sealed, created_at) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO NOTHING",
                params![name, sealed, time::text(inner.clock.now())],
            );
            match inserted.map_err(unavailable)? {
                0 => Err(StoreError::Exists(format!("the secret {name}"))),
                _ => Ok(()),
            }
        })
        .await
    }

    async fn get(&self, name: &SecretName) -> Result<Option<SecretBytes>, StoreError> {
        let name = name.to_string();
        self.run(move |connection, inner| {
            let sealed: Option<Vec<u8>> = connection
                .query_row("SELECT sealed FROM secrets WHERE name = ?1", params![name], |row| row.get(0))
                .optional()
                .map_err(unavailable)?;
            let Some(sealed) = sealed else { return Ok(None) };
            let opened = inner.sealer.open(&purpose(&name), &sealed);
            opened.map(Some).map_err(|_| StoreError::Broken {
                id: name,
                reason: "it cannot be opened with the key file: it was sealed with another key, or changed since"
                    .into(),
            })
        })
        .await
    }

    async fn purge(&self, name: &SecretName) -> Result<(), StoreError> {
        let name = name.to_string();
        self.run(move |connection, _| {
            let deleted =
                connection.execute("DELETE FROM secrets WHERE name = ?1", params![name]).map_err(unavailable)?;
            if deleted > 0 {
                forget(connection);
            }
            Ok(())
        })
        .await
    }

    async fn list(&self, after: Option<&Cursor>) -> Result<(Vec<(SecretName, Timestamp)>, Option<Cursor>), StoreError> {
        let after = after.map_or_else(String::new, |cursor| cursor.0.clone());
        self.run(move |connection, _| {
            let mut statement = connection
                .prepare_cached("SELECT name, created_at FROM secrets WHERE name > ?1 ORDER BY name LIMIT ?2")
                .map_err(unavailable)?;
            let rows: Vec<(String, String)> = statement
                .query_map(params![after, PAGE as i64], |row| Ok((row.get(0)?, row.get(1)?)))
                .and_then(Iterator::collect)
                .map_err(unavailable)?;
            let next = rows.last().filter(|_| rows.len() == PAGE).map(|(name, _)| Cursor(name.clone()));
            // The caller purges abandoned secrets. Rows with a foreign name or an invalid time must not be among them.
            let names = rows.iter().filter_map(|(name, at)| Some((SecretName::parse(name)?, time::parse(at)?)));
            Ok((names.collect(), next))
        })
        .await
    }
}

/// Returns the purpose that binds a sealed value to its name, so that it cannot be opened under another name.
fn purpose(name: &str) -> String {
    format!("keyferry secret 1 {name}")
}

/// Truncates the write-ahead log, which still contains the deleted row. Best effort: a concurrent reader in another
/// process delays this to the next purge, and the remaining value is sealed.
fn forget(connection: &Connection) {
    let checkpoint = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    if let Err(error) = checkpoint {
        tracing::debug!(%error, "could not truncate write-ahead log after purge");
    }
}
