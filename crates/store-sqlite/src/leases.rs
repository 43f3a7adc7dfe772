//! Leases on work that only one process may do at a time.

use async_trait::async_trait;
use keyferry_domain::Timestamp;
use keyferry_domain::ports::{Claim, LeaseStore, StoreError};
use rusqlite::{OptionalExtension as _, params};

use crate::store::SqliteStore;
use crate::time;

#[async_trait]
impl LeaseStore for SqliteStore {
    async fn take_lease(&self, name: &str, claim: &Claim, now: Timestamp) -> Result<bool, StoreError> {
        let (name, claim) = (name.to_owned(), claim.clone());
        self.write_claim(format!("take the lease {name}"), move |transaction, _| {
            let taken = transaction
                .prepare_cached(
                    "INSERT INTO leases (name, holder, held_until) VALUES (?1, ?2, ?3)
                 ON CONFLICT (name) DO UPDATE SET holder = ?2, held_until = ?3
                 WHERE holder = ?2 OR held_until <= ?4 OR held_until > ?5",
                )?
                .execute(params![
                    name,
                    claim.holder,
                    time::text(claim.until),
                    time::text(now),
                    time::text(claim.latest_valid())
                ])?;
            Ok(taken > 0)
        })
        .await
    }

    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        let (name, holder) = (name.to_owned(), holder.to_owned());
        self.write_claim(format!("release the lease {name}"), move |transaction, _| {
            transaction
                .prepare_cached("DELETE FROM leases WHERE name = ?1 AND holder = ?2")?
                .execute(params![name, holder])?;
            Ok(())
        })
        .await
    }

    async fn lease(&self, name: &str) -> Result<Option<Claim>, StoreError> {
        let name = name.to_owned();
        self.read(format!("read the lease {name}"), move |connection, _| {
            let held = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            let mut statement = connection.prepare_cached("SELECT holder, held_until FROM leases WHERE name = ?1")?;
            let held: Option<(String, String)> = statement.query_row([name], held).optional()?;
            Ok(held.and_then(|(holder, until)| Some(Claim { holder, until: time::parse(&until)? })))
        })
        .await
    }
}
