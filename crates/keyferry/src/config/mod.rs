//! Settings, read from the environment and `keyferry.toml` and validated at start. The crates declare their settings.
//! This module collects the declarations, reads the values, and validates what involves several crates.

mod app_credential;
mod client;
mod declarations;
mod effective;
#[cfg(test)]
mod parsers;
mod read;
mod reference;
mod service;
mod service_links;
mod source;
mod store;
#[cfg(test)]
mod tests;
mod unknown;

pub(crate) use app_credential::{AppCredentialSettings, SecretPlace};
pub(crate) use client::variable;
pub(crate) use read::{AdministrationSettings, Settings, administration, probes, read};
pub(crate) use reference::markdown;
pub(crate) use service::TrustAnchorSettings;
pub(crate) use source::Source;
pub(crate) use store::{AzureIdentity, AzureStores, StoreSettings};
pub(crate) use unknown::UnknownName;
