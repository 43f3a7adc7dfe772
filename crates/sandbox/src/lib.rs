//! The other side of Keyferry's wires: stand-ins for Entra ID and Microsoft Graph, the delivery service, the key
//! factory, a mailbox, and a relying party to sign in to. One process, one HTTP port, state in memory, faults on demand.
//!
//! It shares no code with the adapters that it stands in for, so that a wrong reading of a reference on one side
//! shows up as a failure here. It holds test keys only: nothing outside may trust what it signs.

mod control;
mod delivery;
mod entra;
mod error;
mod factory;
mod graph;
mod ground;
mod layers;
mod mailbox;
mod options;
mod pages;
mod running;
mod server;
mod signin;
#[cfg(test)]
mod testing;
mod vault;
mod world;

pub use error::Error;
pub use options::SandboxOptions;
pub use running::{Addresses, RunningSandbox};
pub use server::Sandbox;
