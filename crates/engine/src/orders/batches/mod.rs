//! Batches of orders: upload, check, submission, pause and cancellation.
//!
//! A batch is stored with all its rows before anything is checked or ordered ([`upload`]). Callers change its state
//! ([`acts`]); one replica at a time does the work ([`worker`]): it checks the rows ([`check`]), and feeds them to the
//! queue, few at a time ([`feed`]). Each row has the id of its shipment from the upload on, so that a row that is fed
//! twice is one order.

mod acts;
mod cancel;
mod change;
mod check;
mod error;
mod feed;
mod handle;
mod rows;
mod upload;
mod view;
mod worker;

pub use self::change::RowContents;
pub use self::error::BatchError;
pub use self::handle::Batches;
pub use self::rows::ResultRow;
pub use self::upload::{Upload, UploadRow};
pub use self::view::{BatchProgress, BatchShipments, BatchView};
pub use self::worker::BatchWorker;
