//! Sends messages to webhooks by the Standard Webhooks convention
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).
//!
//! A receiver chooses its URL, so calls must not reach what only this machine or its network can reach: see
//! [`addresses`]. The response's body is never read by anyone.
//!
//! Start reading at [`Sender`].

pub mod addresses;
mod forwarder;
mod secret;
mod sender;
mod settings;
mod signature;

pub use forwarder::{ForwardedEvent, Forwarder, new_secret};
pub use sender::Sender;
pub use settings::WebhookSettings;
