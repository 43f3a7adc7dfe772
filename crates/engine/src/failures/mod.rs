//! What a failure means for a shipment.
//!
//! Adapters say what class of failure it is and what to do about it; the engine maps the class to an obstacle or an outage, and knows no
//! code. What the engine itself finds wrong is in [`findings`].

pub mod findings;
mod meaning;
mod text;

pub use self::meaning::{Meaning, Scope, meaning};
pub use self::text::explain;
pub(crate) use self::text::explain_without_call;
