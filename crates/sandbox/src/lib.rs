//! The other side of Keyferry's wires: stand-ins for Entra ID and Microsoft Graph, the delivery service, the key
//! factory, a mailbox, and a relying party to sign in to. One process, one HTTP port, state in memory, faults on demand.
//!
//! It shares no code with the adapters that it stands in for, so that a wrong reading of a reference on one side
//! shows up as a failure here. It holds test keys only: nothing outside may trust what it signs.
//!
//! # Structure
//!
//! Each layer uses only layers below it. Services on one layer do not know each other.
//!
//! | layer | contains |
//! | --- | --- |
//! | `server`, `running` | opens the ports, serves, stops |
//! | `control` | the control API: steers services and the ground |
//! | `world` | assembles the ground and all services |
//! | `signin` | reads the passkeys in `graph`, and updates counters in `factory` |
//! | `graph`, `vault`, `delivery` | call `entra`, `factory`, `mailbox`; `entra`; `factory` |
//! | `entra`, `factory`, `mailbox` | call no other service |
//! | `ground` | facts, clocks, faults, journal, settings, directory, policy, TLS: knows no service |
//!
//! Each service folder has the same parts. `state.rs` holds the service's state, with an `Arc` of each service and each
//! part of the ground that it uses. `routes.rs` has `router(&Arc<Service>) -> Router`. The handlers take
//! `State<Arc<Service>>`. `mod.rs` only declares and re-exports; an item that two files use is in a third.
//!
//! # Add a stand-in for another provider
//!
//! For example, for Okta:
//!
//! 1. Create the folder `okta` with the parts above. `Okta::new(&ground, …)` takes the services that it calls, such as
//!    the factory for its test root of attestation. Give each endpoint a name with `guard.named("okta.…", …)`, so that
//!    faults and journal cover it. Keep what belongs to this provider alone in this folder: its users, its policy, its
//!    signing keys.
//! 2. In `world.rs`, add a field, and a line each in `new`, `router` and `reset`.
//! 3. For what tests must steer, add a file to `control` and its routes to `control/routes.rs`. Add its addresses and
//!    credentials to `control/description.rs`, its variations to `ground/settings.rs`, and both to
//!    `docs/reference/sandbox.md`.

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
