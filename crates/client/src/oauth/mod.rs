//! Access tokens of an OAuth 2.0 token service (RFC 6749), as Microsoft Entra ID issues them.
//!
//! Client credentials (section 4.4), the device authorization grant (RFC 8628), and refresh tokens (section 6).
//! Addresses and parameters are those of Microsoft's public documentation of the identity platform.

mod device;
mod grant;

pub use device::{DeviceCode, Poll};
pub use grant::{Grant, OAuth};
