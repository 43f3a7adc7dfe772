//! Meaning of failures for a shipment.
//!
//! Adapters assign class and remedy of a failure. The engine maps the class to an obstacle or an outage, and never
//! interprets error codes. [`findings`] contains the engine's own checks.

pub mod findings;
mod meaning;
pub mod person;
mod text;

pub use self::meaning::{Meaning, Scope, meaning};
pub use self::text::explain;
pub(crate) use self::text::explain_without_call;
