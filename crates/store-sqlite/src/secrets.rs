//! Sealed secrets.

use async_trait::async_trait;
use keyferry_domain::ports::{Cursor, SecretName, SecretStore, StoreError};
use keyferry_domain::{SecretBytes, Timestamp};
use rusqlite::{OptionalExtension as _, params};

use crate::seal::{current_key, secret_purpose, unavailable};
use crate::store::SqliteStore;
use crate::time;

/// Maximum size of a value in bytes: that of [`SecretStore`].
const MAX_BYTES: usize = 25_000;

const PAGE: usize = 500;

#[async_trait]
impl SecretStore for SqliteStore {
    async fn put(&self, name: &SecretName, value: &SecretBytes) -> Result<(), StoreError> {
        check_size(name, value)?;
        let name = name.to_string();
        let value = SecretBytes::new(value.expose().to_vec());
        self.write(format!("store the secret {name}"), move |transaction, context| {
            let key = current_key(transaction)?;
            let sealed = context.keyring.seal(&key, &secret_purpose(&name), value.expose()).map_err(unavailable)?;
            let inserted = transaction
                .prepare_cached(
                    "INSERT INTO secrets (name, sealing_key, sealed, created_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (name) DO NOTHING",
                )?
                .execute(params![name, key, sealed, time::text(context.clock.now())])?;
            match inserted {
                0 => Err(StoreError::Exists(format!("the secret {name}")).into()),
                _ => Ok(()),
            }
        })
        .await
    }

    async fn get(&self, name: &SecretName) -> Result<Option<SecretBytes>, StoreError> {
        let name = name.to_string();
        self.read(format!("read the secret {name}"), move |connection, context| {
            let sealed: Option<(String, Vec<u8>)> = connection
                .prepare_cached("SELECT sealing_key, sealed FROM secrets WHERE name = ?1")?
                .query_row(params![name], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((key, sealed)) = sealed else { return Ok(None) };
            let opened = context.keyring.open(&key, &secret_purpose(&name), &sealed);
            let broken = |_| StoreError::Broken {
                id: name,
                reason: format!(
                    "it cannot be opened with the key file: its key {key} is not in the file, or it was changed since"
                ),
            };
            Ok(Some(opened.map_err(broken)?))
        })
        .await
    }

    async fn replace(&self, name: &SecretName, from: &SecretBytes, to: &SecretBytes) -> Result<(), StoreError> {
        check_size(name, to)?;
        let name = name.to_string();
        let [from, to] = [from, to].map(|value| SecretBytes::new(value.expose().to_vec()));
        self.write(format!("replace the secret {name}"), move |transaction, context| {
            let conflict = || StoreError::Conflict(format!("the secret {name}"));
            let current: Option<(String, Vec<u8>)> = transaction
                .prepare_cached("SELECT sealing_key, sealed FROM secrets WHERE name = ?1")?
                .query_row(params![name], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let (key, sealed) = current.ok_or_else(conflict)?;
            // A value that does not open is not `from`, either.
            let opened = context.keyring.open(&key, &secret_purpose(&name), &sealed).map_err(|_| conflict())?;
            if opened.expose() != from.expose() {
                return Err(conflict().into());
            }
            let key = current_key(transaction)?;
            let sealed = context.keyring.seal(&key, &secret_purpose(&name), to.expose()).map_err(unavailable)?;
            transaction
                .prepare_cached("UPDATE secrets SET sealing_key = ?2, sealed = ?3 WHERE name = ?1")?
                .execute(params![name, key, sealed])?;
            Ok(())
        })
        .await
    }

    async fn purge(&self, name: &SecretName) -> Result<(), StoreError> {
        let name = name.to_string();
        self.purge_rows(format!("purge the secret {name}"), move |transaction, _| {
            Ok(transaction.prepare_cached("DELETE FROM secrets WHERE name = ?1")?.execute(params![name])?)
        })
        .await
    }

    async fn list(&self, after: Option<&Cursor>) -> Result<(Vec<(SecretName, Timestamp)>, Option<Cursor>), StoreError> {
        let after = after.map_or_else(String::new, |cursor| cursor.0.clone());
        self.read(format!("list secrets after `{after}`"), move |connection, _| {
            let mut statement = connection
                .prepare_cached("SELECT name, created_at FROM secrets WHERE name > ?1 ORDER BY name LIMIT ?2")?;
            let rows: Vec<(String, String)> = statement
                .query_map(params![after, PAGE as i64], |row| Ok((row.get(0)?, row.get(1)?)))
                .and_then(Iterator::collect)?;
            let next = rows.last().filter(|_| rows.len() == PAGE).map(|(name, _)| Cursor(name.clone()));
            // The caller purges abandoned secrets. Rows with a foreign name or an invalid time must not be among them.
            let names = rows.iter().filter_map(|(name, at)| Some((SecretName::parse(name)?, time::parse(at)?)));
            Ok((names.collect(), next))
        })
        .await
    }
}

fn check_size(name: &SecretName, value: &SecretBytes) -> Result<(), StoreError> {
    match value.len() {
        length if length > MAX_BYTES => {
            Err(StoreError::Unavailable(format!("{name} has {length} bytes; the limit is {MAX_BYTES}")))
        }
        _ => Ok(()),
    }
}
