//! Batches: many orders that are checked, submitted, paused and cancelled together.

mod row;
mod state;

pub use self::row::{BatchRow, NewRow, RowChange, RowContent, RowCounts, RowFinding, RowMember, RowOrder, RowState};
pub use self::state::{
    Batch, BatchAct, BatchActKind, BatchColumn, BatchState, BatchStateName, CheckRun, LONGEST_ROW_CHANGE, SendRun,
    WrongBatchState,
};
