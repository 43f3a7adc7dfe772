//! Orders: the steps from a caller's request to an accepted shipment.
//!
//! Start at [`Orders::create`]. The intent is stored durably (`intent`) before the order is sent, and the outcome is
//! recorded (`outcome`) before the caller receives the response.

pub(crate) mod batches;
mod completion;
mod create;
mod error;
mod filling;
mod idempotency;
mod intent;
mod outcome;
mod place;
mod preflight;
mod progress;
pub(crate) mod queue;
mod recipients;
mod request;
mod rules;
mod user_lock;

pub use self::batches::{
    BatchError, BatchProgress, BatchShipments, BatchView, BatchWorker, Batches, ResultRow, RowContents, Upload,
    UploadRow,
};
pub use self::completion::Completion;
pub use self::create::Orders;
pub use self::error::CreateError;
pub use self::preflight::{CheckRow, Listed, Preflight, PreflightOptions, PreflightSession};
pub use self::queue::{Dispatcher, Enqueued, GivenAddress, QueueRequest};
pub use self::recipients::{PinAddressee, Recipient, Recipients};
pub use self::request::{CreateRequest, Created};
