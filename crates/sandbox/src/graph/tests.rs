//! Tests of Graph over HTTP.

mod audits;
mod eligibility;
mod envelope;
mod mail;
mod methods;
mod options;
mod passes;
mod registration;
mod roles;
mod users;
