//! What the operations about batches share: ids, errors, bodies, and the conversion of rows.

mod body;
mod errors;
mod id;
mod result;
mod row;
mod rows;

pub(crate) use body::{BatchBody, BatchesBody};
pub(crate) use errors::rejected_file;
pub(crate) use id::{BatchKey, unknown as unknown_batch};
pub(crate) use result::{ResultFormat, result};
pub(crate) use row::{RowBody, RowsBody};
pub(crate) use rows::{columns, later, upload_row, warnings};
