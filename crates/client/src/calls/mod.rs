//! Operations of the API as methods, by subject.

mod actions;
mod batches;
mod service;
mod shipments;
mod webhooks;
