//! The HTTP API: routes, callers, and errors as callers see them.
//!
//! Paths, bodies and status codes are the guide's (section 10); what is ours beside them says so.

pub mod auth;
mod body;
mod limits;
mod openapi;
mod probes;
mod problem;
mod request;
mod router;
mod routes;
mod settings;
mod state;
mod status;
#[cfg(test)]
mod tests;

pub use limits::ShipmentLimits;
pub use openapi::openapi_json;
pub use probes::probes;
pub use router::router;
pub use settings::{CallerSettings, CallerTokenSettings};
pub use state::ApiState;
pub use status::StatusReport;
