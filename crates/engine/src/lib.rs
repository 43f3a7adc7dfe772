//! The flow of an order: create, process, hand over the PIN, resend, clean up; and when each happens.
//!
//! The engine knows ports only. It has no HTTP, no SQL and no vendor in it.

mod addressee;
mod bundle;
mod claim;
pub mod cleanup;
pub mod create;
pub mod display_name;
mod engine;
pub mod failures;
mod idempotency;
mod lead;
pub mod measure;
pub mod process;
pub mod resend;
pub mod resolve;
mod runner;
pub mod schedule;
pub mod settings;
mod verify;
mod views;

pub use addressee::AddresseeRule;
pub use create::{CreateError, CreateRequest, Created};
pub use display_name::DisplayName;
pub use engine::{Engine, Ports};
pub use process::RunReport;
pub use resend::ResendError;
pub use resolve::{Outcome, ResolveError};
pub use schedule::Schedule;
pub use settings::EngineSettings;
pub use views::{ShipmentDetails, ShipmentView};
