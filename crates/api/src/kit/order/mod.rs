//! Orders in requests: bodies, their validation, and errors. Shared by all operations that order.

mod errors;
#[cfg(test)]
mod file_rows;
mod idempotency_key;
mod partial;
mod queue;
mod queued;
mod request;
mod validation;

pub(crate) use errors::{first_problem, inside_order, open_order_of_another_caller, outside_limits};
pub(crate) use idempotency_key::{REPLAYED, idempotency_key};
pub(crate) use partial::{PartialAddress, PartialRecipient};
pub(crate) use queue::{QueuedBody, queue};
pub(crate) use queued::{QueueOrder, QueuedOrder};
pub(crate) use request::CreateShipment;
pub(crate) use validation::{parcel_path, path};
