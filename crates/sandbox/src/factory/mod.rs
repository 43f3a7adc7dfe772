//! The key factory: opens the requests of an order, makes the key, answers signed and sealed, and keeps the simulated
//! keys for those who hold them. It has no endpoint: orders come from the delivery service.

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
