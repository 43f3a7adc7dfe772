//! Batches: many orders that are checked, submitted, paused and cancelled together.

mod row;
mod state;

pub use self::row::{BatchRow, NewRow, RowCounts, RowFinding, RowMember, RowOrder, RowState};
pub use self::state::{
    Batch, BatchAct, BatchActKind, BatchColumn, BatchState, BatchStateName, CheckRun, SendRun, WrongBatchState,
};
