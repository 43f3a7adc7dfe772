//! What operations share. Nothing in here knows an operation.

pub mod auth;
pub(crate) mod body;
pub(crate) mod method;
pub(crate) mod problem;
pub(crate) mod shipment_key;
