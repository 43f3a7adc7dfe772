//! Simulator of the key factory.
//!
//! It opens the sealed requests of an order, makes a key, and returns signed and sealed responses. It stores the
//! simulated keys for their holders. It has no endpoint; orders come from the delivery service.

pub(crate) mod attestation;
pub(crate) mod authenticators;
mod creation_options;
mod credential;
pub(crate) mod device;
mod envelope;
mod pin;
pub(crate) mod programme;
mod state;
pub(crate) mod tamper;
#[cfg(test)]
mod tests;

pub(crate) use state::Factory;
