//! Operator commands that run beside the service: audit, doctor, scenario and setup.
//!
//! The scenario calls the service over HTTP, as any caller does. The doctor checks external systems with the service's
//! own settings and app credentials.

pub mod audit;
pub mod doctor;
pub mod scenario;
pub mod setup;
mod webdriver;
