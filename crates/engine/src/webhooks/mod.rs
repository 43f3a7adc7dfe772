//! Webhooks: events of all shipments, sent to receivers.
//!
//! A webhook has its own position in the list of all events. `fan_out` turns the events after it into deliveries, which
//! the store keeps, and moves the position in the same transaction. `pass` sends what is due: at least once, in order
//! for each shipment, again with growing pauses for three days, and then it keeps the delivery for a replay. The
//! [`Worker`] of one replica at a time runs a pass for each webhook, so that a slow receiver delays no other.

mod administration;
mod configured;
mod error;
mod fan_out;
mod pass;
mod released;
mod retry;
mod secrets;
mod worker;

pub use self::administration::{NewWebhook, Replay, TestResult, WebhookChange, Webhooks};
pub use self::error::WebhookError;
pub(crate) use self::released::Released;
pub use self::worker::Worker;
