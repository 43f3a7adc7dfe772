//! Everything outside of a connector, simulated in memory: identity provider, delivery service with its factory, PIN
//! delivery, stores and clock, each with its state, and faults of calls.
//!
//! [`Node`] implements all ports for one connector, written from their documentation. Several nodes may share one
//! [`Outside`], as replicas share their stores, and each node can crash at any call. Needs a current-thread runtime of
//! tokio.

mod backup;
mod books;
mod clock;
mod delivery;
pub mod factory;
mod life;
mod lock;
mod meddler;
mod node;
mod node_batches;
mod node_stores;
mod node_webhooks;
pub mod people;
mod pins;
mod tamper;
pub mod trouble;
mod vault;

pub use self::backup::Backup;
pub use self::books::{Damage, Outside};
pub use self::clock::VirtualClock;
pub use self::delivery::{Delivery, Parcel, ProducedKey, STATES};
pub use self::factory::{FACTORY, MODEL};
pub use self::life::Life;
pub use self::lock::lock;
pub use self::meddler::{About, Ended, Fate, Meddler};
pub use self::node::Node;
pub use self::people::People;
pub use self::pins::{Pins, Sent};
pub use self::tamper::Tamper;
pub use self::trouble::{Call, Faults, Trouble};
pub use self::vault::Vault;
