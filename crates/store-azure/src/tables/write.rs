//! Conditional writes that are retried when their answer is lost.

use keyferry_domain::ports::StoreError;
use serde_json::Value;

use super::TableStore;
use super::columns::Columns;
use super::error::Refusal;
use super::service::Attempts;

/// Column with the name of the row's last write.
pub(super) const WRITE: &str = "write";

impl TableStore {
    /// Inserts a row and returns its ETag.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if the row exists and was not inserted by this call.
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

    /// Merges columns into a row that still has this ETag, and returns the new ETag.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the row has another ETag or no longer exists.
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

    /// Inserts a row, or merges the columns into it whatever it contains.
    pub(super) async fn upsert_row(&self, partition: &str, key: &str, columns: &Columns) -> Result<(), StoreError> {
        let mut attempts = Attempts::default();
        loop {
            match self.service.upsert(partition, key, columns).await {
                Err(Refusal::Later { error, wait }) => self.service.pause(&mut attempts, wait).await.ok_or(error)?,
                answer => return answer.map_err(|refusal| refusal.into_store_error(key)),
            }
        }
    }

    /// Deletes a row that still has this ETag.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the row has another ETag or no longer exists.
    pub(super) async fn delete_row(&self, partition: &str, key: &str, etag: &str) -> Result<(), StoreError> {
        let (mut attempts, mut in_doubt) = (Attempts::default(), false);
        loop {
            match self.service.delete(partition, key, etag).await {
                Err(Refusal::Later { error, wait }) => {
                    in_doubt = true;
                    self.service.pause(&mut attempts, wait).await.ok_or(error)?;
                }
                // The answer to an earlier attempt was lost. It is irrelevant who deleted the row.
                Err(Refusal::Conflict) if in_doubt && self.service.row(partition, key).await?.is_none() => {
                    return Ok(());
                }
                answer => return answer.map_err(|refusal| refusal.into_store_error(key)),
            }
        }
    }

    /// Returns the row's ETag if this write was the row's last.
    pub(super) async fn etag_of_write(
        &self,
        partition: &str,
        key: &str,
        write: &str,
    ) -> Result<Option<String>, StoreError> {
        let row = self.service.row(partition, key).await?;
        Ok(row.filter(|row| row.text(WRITE) == write).map(|row| row.etag))
    }
}
