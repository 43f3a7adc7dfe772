//! Sign-in of users: device authorization grant, authorization code grant with PKCE, refresh tokens, and the pages.
//!
//! Written from RFC 6749, 7636 and 8628, OpenID Connect Core 1.0, and Microsoft's pages "OAuth 2.0 device
//! authorization grant", "OAuth 2.0 authorization code flow", "ID token claims reference" and "Access token claims
//! reference".

mod authorize;
mod complete;
mod device;
mod kept;
mod logout;
mod model;
mod pages;
mod redeem;
mod request;
mod scopes;
mod sign_in;
mod silent;
mod store;
mod tokens;

#[cfg(test)]
mod tests;

pub(super) use authorize::authorize;
pub(super) use device::{begin, deviceauth, entered};
pub(super) use logout::logout;
pub(super) use redeem::{DEVICE_CODE, Kind, redeem};
pub(super) use sign_in::submit;
pub(crate) use silent::{SilentSignIn, revoke, sign_in_silently, summary};
pub(crate) use store::USER_PASSWORD;
pub(super) use store::Users;
