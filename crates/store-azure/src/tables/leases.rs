//! What only one replica should do at a time.

use async_trait::async_trait;
use keyferry_domain::Timestamp;
use keyferry_domain::ports::{Claim, LeaseStore, StoreError};

use super::columns::{Row, columns};
use super::{TableStore, partition, row};

const HOLDER: &str = "holder";
const UNTIL: &str = "held_until";

/// How often a lease that somebody changed in the meantime is looked at again. It may have been another task of ours that renewed it.
const LOOKS: usize = 3;

#[async_trait]
impl LeaseStore for TableStore {
    async fn take_lease(&self, name: &str, claim: &Claim, now: Timestamp) -> Result<bool, StoreError> {
        let until = row::time_text(claim.until);
        let wanted = || columns([(HOLDER, &claim.holder), (UNTIL, &until)]);
        for _ in 0..LOOKS {
            let taken = match self.service.row(partition::LEASES, name).await? {
                None => self.insert_row(partition::LEASES, name, wanted()).await,
                Some(held) if held.text(HOLDER) != claim.holder && is_alive(&held, now) => return Ok(false),
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

    async fn give_back_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        for _ in 0..LOOKS {
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
}

/// One whose end cannot be read has ended.
fn is_alive(held: &Row, now: Timestamp) -> bool {
    row::time(held.text(UNTIL)).is_some_and(|until| until > now)
}
