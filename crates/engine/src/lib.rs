//! The flow of an order: create, process, hand over the PIN, resend, clean up; and when each happens.
//!
//! The engine knows ports only. It has no HTTP, no SQL and no vendor in it. Its rooms are [`orders`], [`processing`], [`operator`] and
//! [`schedules`] over one context; [`ceremony`] is what happens between an identity provider's consent and a registered credential,
//! and `pins` finds the addressee of a PIN. Start at [`Engine`].

pub mod ceremony;
mod claim;
mod context;
mod delivery;
mod engine;
pub mod failures;
mod metrics;
pub mod operator;
pub mod orders;
mod outages;
mod pins;
mod ports;
pub mod processing;
mod providers;
pub mod schedules;
pub mod settings;
mod views;

pub use ceremony::DisplayName;
pub use engine::Engine;
pub use operator::{Outcome, ResendError, ResolveError};
pub use orders::{CreateError, CreateRequest, Created};
pub use pins::AddresseeRule;
pub use ports::Ports;
pub use processing::{Run, RunReport};
pub use providers::{Provider, Providers, Registration};
pub use schedules::Schedule;
pub use settings::EngineSettings;
pub use views::{ShipmentDetails, ShipmentView};
