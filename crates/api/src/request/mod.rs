//! What callers send, and its checking.

mod check;
mod create;
mod idempotency_key;
mod resolve;
mod shipment_key;

pub(crate) use create::CreateShipment;
pub(crate) use idempotency_key::idempotency_key;
pub(crate) use resolve::ResolveShipment;
pub(crate) use shipment_key::ShipmentKey;
