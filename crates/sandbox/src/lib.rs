//! Simulators of the services that Keyferry calls: Microsoft Entra ID, Microsoft Graph, Azure Key Vault, the delivery
//! service, its key factory, a mailbox, and a relying party to sign in to.
//!
//! One process serves all of them. State is in memory, and faults are injected on demand.
//!
//! The sandbox shares no code with Keyferry's adapters. If one side misreads a specification, a test fails.
//!
//! It holds test keys only. Production systems must not trust its signatures. It implements only what a
//! connector, its operator and the tests call.
//!
//! Start reading at [`Sandbox::start`], then at `world.rs`, then at `routes.rs` and `state.rs` of one service.
//!
//! # Structure
//!
//! A layer uses only the layers below it. Services on the same layer do not call each other.
//!
//! | layer | contains |
//! | --- | --- |
//! | `server`, `running` | opens the ports, serves, stops |
//! | `control` | control API: changes services and the ground |
//! | `world` | creates the ground and all services |
//! | `signin` | reads passkeys from `graph`, updates counters in `factory` |
//! | `graph`, `vault`, `delivery` | call `entra`, `factory`, `mailbox`; `entra`; `factory` |
//! | `entra`, `factory`, `mailbox` | call no other service |
//! | `ground` | facts, clocks, faults, journal, settings, directory, policy, TLS; uses no service |
//!
//! Each service folder has the same parts:
//!
//! - `state.rs` holds the service's state, with an `Arc` of each service and each part of the ground that it uses.
//! - `routes.rs` has `router(&Arc<Service>) -> Router`. Handlers take `State<Arc<Service>>`.
//! - `mod.rs` only declares and re-exports. An item that two files use is in a third file.
//!
//! # Add a simulator of another provider
//!
//! For example, for Okta:
//!
//! 1. Create the folder `okta` with the parts above. `Okta::new(&ground, …)` takes the services that it calls, such as
//!    the factory for its attestation test root. Name each endpoint with `guard.named("okta.…", …)`, so that faults and
//!    the journal cover it. Keep everything that only this provider has in this folder: users, policy, signing keys.
//! 2. In `world.rs`, add a field, and one line each to `new`, `router` and `reset`.
//! 3. Add control routes for tests: a file in `control`, and its routes in `control/routes.rs`. Add addresses and app
//!    credentials to `control/description.rs` and variations to `ground/settings.rs`. Describe both in
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
