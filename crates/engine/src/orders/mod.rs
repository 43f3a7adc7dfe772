//! Orders: from a caller's request to an accepted shipment.
//!
//! Start at [`Orders::create`]. The intent is durable (`intent`) before the order is sent, and whatever came of it is on the record
//! (`outcome`) before the caller is answered.

mod create;
mod error;
mod idempotency;
mod intent;
mod outcome;
mod progress;
mod request;
mod user_lock;

pub use self::create::Orders;
pub use self::error::CreateError;
pub use self::request::{CreateRequest, Created};
