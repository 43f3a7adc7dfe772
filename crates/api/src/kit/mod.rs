//! Code that the operations share. Nothing in here depends on an operation.

pub(crate) mod accept;
pub(crate) mod access;
pub(crate) mod batches;
pub(crate) mod body;
pub(crate) mod limited_log;
pub(crate) mod method;
pub(crate) mod order;
pub(crate) mod parameters;
pub(crate) mod person_key;
pub(crate) mod problem;
pub(crate) mod reason;
pub(crate) mod rejections;
pub(crate) mod schemas;
pub(crate) mod shipment_key;
pub(crate) mod shipments;
pub(crate) mod time;
pub(crate) mod webhooks;
pub(crate) mod withdrawal;
