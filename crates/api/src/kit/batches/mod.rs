//! What the operations about batches share: ids, errors, bodies, and the conversion of rows.

mod body;
mod errors;
mod id;
mod result;
mod row;
mod rows;
mod schema;

pub(crate) use body::{BatchBody, BatchesBody};
pub(crate) use errors::rejected_file;
pub(crate) use id::{BatchKey, unknown as unknown_batch, unknown_row};
pub(crate) use result::{ResultFormat, result};
pub(crate) use row::{RowBody, RowsBody};
pub(crate) use rows::{columns, later, options, upload_row, warnings};
pub(crate) use schema::{BatchMapping, BatchRow};
