//! Writing of rows.

use keyferry_domain::ports::StoreError;
use keyferry_domain::{BatchId, BatchRow, NewRow};
use serde_json::Value;

use super::super::columns::Columns;
use super::super::error::Refusal;
use super::super::service::{Attempts, Query};
use super::super::transaction::{ANY, MAX_OPERATIONS, RowWrite};
use super::super::write::WRITE;
use super::super::{TableStore, partition};
use super::rows::purpose;
use super::{layout, record};

/// Text in the columns of one transaction, in bytes. Rows with more text are written in several transactions. The
/// limit of the service is 4 MiB; the form of a transaction can double the text.
const MAX_TEXT: usize = 1_500_000;

/// Rows whose keys are read at once, to delete them or their orders.
const AT_ONCE: usize = 1_000;

/// How often a change of rows is tried while others delete some of them.
const MAX_TRIES: usize = 5;

impl TableStore {
    pub(super) async fn insert_batch_rows(&self, batch: BatchId, rows: &[NewRow]) -> Result<(), StoreError> {
        let mut new = Vec::new();
        for new_row in rows {
            new.push((new_row.row.row, self.sealed_columns(batch, new_row).await?));
        }
        for new in pieces(new) {
            self.insert_piece(batch, new).await?;
        }
        Ok(())
    }

    /// Returns all columns of a row, with its sealed order.
    async fn sealed_columns(&self, batch: BatchId, NewRow { row, order }: &NewRow) -> Result<Columns, StoreError> {
        let mut columns = record::row_columns(batch, row)?;
        match order {
            Some(order) => {
                let keys = self.sealing.keys().await?;
                let key = keys.last().ok_or_else(|| StoreError::Unavailable("there is no sealing key".into()))?;
                let sealed = key.seal(&purpose(batch, row), order.expose())?;
                record::put_order(&mut columns, batch, row.row, key.id(), &sealed)?;
            }
            None => record::put_no_order(&mut columns),
        }
        Ok(columns)
    }

    pub(super) async fn replace_batch_row(&self, batch: BatchId, row: &NewRow) -> Result<bool, StoreError> {
        let columns = self.sealed_columns(batch, row).await?;
        let key = layout::row(row.row.row);
        let partition = partition::rows_of(batch);
        if self.service.row(&partition, &key).await?.is_none() {
            return Ok(false);
        }
        self.write_existing(batch, vec![RowWrite::Merge { key, etag: ANY.to_owned(), columns }]).await?;
        Ok(true)
    }

    /// Inserts rows in one transaction.
    async fn insert_piece(&self, batch: BatchId, rows: Vec<(u32, Columns)>) -> Result<(), StoreError> {
        let (partition, name) = (partition::rows_of(batch), self.name_a_write());
        let operations: Vec<_> = rows
            .into_iter()
            .map(|(number, mut columns)| {
                columns.insert(WRITE.to_owned(), Value::from(name.as_str()));
                RowWrite::Insert { key: layout::row(number), columns }
            })
            .collect();
        let Some(first) = operations.first().map(RowWrite::key) else { return Ok(()) };
        let (mut attempts, mut in_doubt) = (Attempts::default(), false);
        loop {
            match self.service.transact(&partition, &operations, &name).await {
                Ok(_) => return Ok(()),
                Err(Refusal::Later { error, wait }) => {
                    in_doubt = true;
                    self.service.pause(&mut attempts, wait).await.ok_or(error)?;
                }
                // The answer to an earlier attempt was lost.
                Err(Refusal::Exists) if in_doubt && self.etag_of_write(&partition, first, &name).await?.is_some() => {
                    return Ok(());
                }
                Err(refusal) => return Err(refusal.into_store_error(&format!("a row of the batch {batch}"))),
            }
        }
    }

    pub(super) async fn change_batch_rows(&self, batch: BatchId, rows: &[BatchRow]) -> Result<(), StoreError> {
        let mut changed = Vec::new();
        for row in rows {
            let mut columns = record::row_columns(batch, row)?;
            if !row.state.needs_order() {
                record::put_no_order(&mut columns);
            }
            changed.push((row.row, columns));
        }
        for changed in pieces(changed) {
            let merge = |(number, columns)| RowWrite::Merge { key: layout::row(number), etag: ANY.to_owned(), columns };
            self.write_existing(batch, changed.into_iter().map(merge).collect()).await?;
        }
        Ok(())
    }

    pub(super) async fn drop_batch_orders(&self, batch: BatchId) -> Result<(), StoreError> {
        let mut no_order = Columns::new();
        record::put_no_order(&mut no_order);
        self.write_where(&layout::orders_to_drop(batch), batch, |key| RowWrite::Merge {
            key,
            etag: ANY.to_owned(),
            columns: no_order.clone(),
        })
        .await
    }

    pub(super) async fn delete_batch_rows(&self, batch: BatchId) -> Result<(), StoreError> {
        self.write_where(&layout::all_rows(batch), batch, |key| RowWrite::Delete { key, etag: ANY.to_owned() }).await
    }

    /// Writes all rows that match the filter. After `write`, a row must not match it any more.
    async fn write_where(
        &self,
        filter: &str,
        batch: BatchId,
        write: impl Fn(String) -> RowWrite,
    ) -> Result<(), StoreError> {
        loop {
            let (rows, more) = self.service.some_rows(&Query::keys(filter.to_owned(), AT_ONCE)).await?;
            for rows in rows.chunks(MAX_OPERATIONS) {
                self.write_existing(batch, rows.iter().map(|row| write(row.key().to_owned())).collect()).await?;
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// Executes writes of rows, whatever their ETag is, in one transaction. Leaves out rows that do not exist.
    async fn write_existing(&self, batch: BatchId, mut operations: Vec<RowWrite>) -> Result<(), StoreError> {
        let partition = partition::rows_of(batch);
        let mut attempts = Attempts::default();
        for _ in 0..MAX_TRIES {
            if operations.is_empty() {
                return Ok(());
            }
            match self.service.transact(&partition, &operations, &self.name_a_write()).await {
                Ok(_) => return Ok(()),
                Err(Refusal::Later { error, wait }) => {
                    self.service.pause(&mut attempts, wait).await.ok_or(error)?;
                }
                Err(Refusal::Conflict) => self.retain_existing(batch, &mut operations).await?,
                Err(refusal) => return Err(refusal.into_store_error(&format!("rows of the batch {batch}"))),
            }
        }
        Err(StoreError::Unavailable(format!("rows of the batch {batch} are repeatedly deleted by others")))
    }

    async fn retain_existing(&self, batch: BatchId, operations: &mut Vec<RowWrite>) -> Result<(), StoreError> {
        let mut existing = Vec::new();
        for operation in std::mem::take(operations) {
            if self.service.row(&partition::rows_of(batch), operation.key()).await?.is_some() {
                existing.push(operation);
            }
        }
        *operations = existing;
        Ok(())
    }
}

/// Splits rows into pieces that fit into a transaction.
fn pieces(rows: Vec<(u32, Columns)>) -> Vec<Vec<(u32, Columns)>> {
    let (mut pieces, mut text) = (vec![Vec::new()], 0);
    for row in rows {
        let length: usize = row.1.values().filter_map(Value::as_str).map(str::len).sum();
        let full = |piece: &Vec<_>| piece.len() == MAX_OPERATIONS || (!piece.is_empty() && text + length > MAX_TEXT);
        if pieces.last().is_none_or(full) {
            pieces.push(Vec::new());
            text = 0;
        }
        text += length;
        if let Some(piece) = pieces.last_mut() {
            piece.push(row);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::super::super::columns::columns;
    use super::*;

    #[test]
    fn pieces_fit_into_a_transaction() {
        let rows = |length: usize| (0..100).map(|row| (row, columns([("x", &*"x".repeat(length))]))).collect();
        let sizes = |length| pieces(rows(length)).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(2_000), [100]);
        assert_eq!(sizes(300_000), [5; 20]);
        assert_eq!(sizes(MAX_TEXT + 1), [1; 100]);
        assert_eq!(pieces(Vec::new()), [Vec::new()]);
    }
}
