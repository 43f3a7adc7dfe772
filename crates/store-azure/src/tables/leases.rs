//! Leases on work that only one replica may do at a time.

use async_trait::async_trait;
use keyferry_domain::Timestamp;
use keyferry_domain::ports::{Claim, LeaseStore, StoreError};

use super::columns::{Row, columns};
use super::{TableStore, partition, row};

const HOLDER: &str = "holder";
const UNTIL: &str = "held_until";

/// How often a change of a lease is tried. Another task of this process may renew it in between.
const MAX_TRIES: usize = 3;

#[async_trait]
impl LeaseStore for TableStore {
    async fn take_lease(&self, name: &str, claim: &Claim, now: Timestamp) -> Result<bool, StoreError> {
        let until = row::time_text(claim.until);
        let wanted = || columns([(HOLDER, &claim.holder), (UNTIL, &until)]);
        for _ in 0..MAX_TRIES {
            let taken = match self.service.row(partition::LEASES, name).await? {
                None => self.insert_row(partition::LEASES, name, wanted()).await,
                Some(held) if lease(&held).is_some_and(|held| held.blocks(claim, now)) => return Ok(false),
                Some(held) => self.merge_row(partition::LEASES, name, &held.etag, wanted()).await,
            };
            match taken {
                Ok(_) => return Ok(true),
                Err(StoreError::Conflict(_) | StoreError::Exists(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        for _ in 0..MAX_TRIES {
            let Some(held) = self.service.row(partition::LEASES, name).await? else { return Ok(()) };
            if held.text(HOLDER) != holder {
                return Ok(());
            }
            match self.delete_row(partition::LEASES, name, &held.etag).await {
                Err(StoreError::Conflict(_)) => {}
                answer => return answer,
            }
        }
        Ok(())
    }

    async fn lease(&self, name: &str) -> Result<Option<Claim>, StoreError> {
        Ok(self.service.row(partition::LEASES, name).await?.as_ref().and_then(lease))
    }
}

/// Reads the lease. `None`: its end cannot be read, so it has expired.
fn lease(held: &Row) -> Option<Claim> {
    Some(Claim { holder: held.text(HOLDER).to_owned(), until: row::time(held.text(UNTIL))? })
}
