//! Errors of acts on batches.

use keyferry_domain::ports::StoreError;
use keyferry_domain::{BatchId, WrongBatchState};

/// Reason why nothing was done with a batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The batch does not exist.
    #[error("batch {0} does not exist")]
    NotFound(BatchId),
    /// The batch has no row with this number.
    #[error("batch {0} has no row {1}")]
    NoRow(BatchId, u32),
    /// The state of the batch does not permit the act.
    #[error("{0}")]
    WrongState(#[from] WrongBatchState),
    /// The caller confirmed another number of orders than the batch would place.
    #[error("the batch would place {ready} orders, but {confirmed} were confirmed")]
    OtherCount {
        /// Number that the caller confirmed.
        confirmed: u32,
        /// Number of rows that would be ordered.
        ready: u32,
    },
    /// No row can be ordered.
    #[error("no row of the batch can be ordered: all have findings with severity `error`")]
    NothingToOrder,
    /// The rows are more than a batch may have.
    #[error("the batch has more than {0} rows")]
    TooManyRows(u32),
    /// Others changed the batch during all attempts.
    #[error("the batch is being changed. Try again in a minute")]
    Busy,
    /// The store failed.
    #[error("{0}")]
    Store(#[from] StoreError),
}
