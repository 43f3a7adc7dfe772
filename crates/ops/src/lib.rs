//! Operator commands that run beside the service: audit, doctor, scenario and setup.
//!
//! The scenario calls the service over HTTP, as any caller does. The doctor checks external systems with the service's
//! own settings and app credentials.
//!
//! The service does not use this crate. The crate does not parse the command line and does not create adapters: the
//! program passes them. A check that belongs to one external system is in its adapter (`SelfCheck`), not here.
//!
//! Start reading at the function of each command: [`doctor::examine`], [`scenario::run`], `run` in [`setup`],
//! [`audit::timeline`].

pub mod audit;
pub mod doctor;
pub mod scenario;
pub mod setup;
mod webdriver;
