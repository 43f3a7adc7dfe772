//! Conditional writes whose answers may be lost.

use keyferry_domain::ports::StoreError;
use serde_json::Value;

use super::TableStore;
use super::columns::Columns;
use super::error::Refusal;
use super::service::Attempts;

/// Names the write that a row had last.
pub(super) const WRITE: &str = "write";

impl TableStore {
    /// Inserts a row; its ETag.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when somebody else's row is there.
    pub(super) async fn insert_row(
        &self,
        partition: &str,
        key: &str,
        mut columns: Columns,
    ) -> Result<String, StoreError> {
        let write = self.name_a_write();
        columns.insert("PartitionKey".into(), partition.into());
        columns.insert("RowKey".into(), key.into());
        columns.insert(WRITE.into(), Value::from(write.as_str()));
        let (mut attempts, mut in_doubt) = (Attempts::default(), false);
        loop {
            match self.service.insert(&columns).await {
                Err(Refusal::Later { error, wait }) => {
                    in_doubt = true;
                    self.service.pause(&mut attempts, wait).await.ok_or(error)?;
                }
                Err(Refusal::Exists) if in_doubt => {
                    return self
                        .etag_of_write(partition, key, &write)
                        .await?
                        .ok_or_else(|| StoreError::Exists(key.to_owned()));
                }
                answer => return answer.map_err(|refusal| refusal.into_store_error(key)),
            }
        }
    }

    /// Merges columns into a row that still has this ETag; the new one.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it has another one, or is gone.
    pub(super) async fn merge_row(
        &self,
        partition: &str,
        key: &str,
        etag: &str,
        mut columns: Columns,
    ) -> Result<String, StoreError> {
        let write = self.name_a_write();
        columns.insert(WRITE.into(), Value::from(write.as_str()));
        let (mut attempts, mut in_doubt) = (Attempts::default(), false);
        loop {
            match self.service.merge(partition, key, etag, &columns).await {
                Err(Refusal::Later { error, wait }) => {
                    in_doubt = true;
                    self.service.pause(&mut attempts, wait).await.ok_or(error)?;
                }
                Err(Refusal::Conflict) if in_doubt => {
                    let found = self.etag_of_write(partition, key, &write).await?;
                    return found.ok_or_else(|| StoreError::Conflict(key.to_owned()));
                }
                answer => return answer.map_err(|refusal| refusal.into_store_error(key)),
            }
        }
    }

    /// Deletes a row that still has this ETag.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it has another one, or is gone.
    pub(super) async fn delete_row(&self, partition: &str, key: &str, etag: &str) -> Result<(), StoreError> {
        let (mut attempts, mut in_doubt) = (Attempts::default(), false);
        loop {
            match self.service.delete(partition, key, etag).await {
                Err(Refusal::Later { error, wait }) => {
                    in_doubt = true;
                    self.service.pause(&mut attempts, wait).await.ok_or(error)?;
                }
                // Whoever deleted it, it is gone.
                Err(Refusal::Conflict) if in_doubt && self.service.row(partition, key).await?.is_none() => {
                    return Ok(());
                }
                answer => return answer.map_err(|refusal| refusal.into_store_error(key)),
            }
        }
    }

    /// The row's ETag if this write was its last.
    async fn etag_of_write(&self, partition: &str, key: &str, write: &str) -> Result<Option<String>, StoreError> {
        let row = self.service.row(partition, key).await?;
        Ok(row.filter(|row| row.text(WRITE) == write).map(|row| row.etag))
    }
}
