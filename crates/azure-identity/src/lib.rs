//! Tokens for resources that Microsoft Entra ID protects: app credentials, managed identity, token cache, authorized
//! calls, and Microsoft's SDK on top of `keyferry-http` with these tokens.
//!
//! An *app credential* is the secret, certificate or federated token by which the connector's app registration
//! authenticates. A *credential* without "app" is a passkey and does not occur here.
//!
//! The crate only obtains tokens. It does not verify the tokens of callers (`keyferry-api` does), and it calls neither
//! Graph (`keyferry-entra`) nor the stores (`keyferry-store-azure`).
//!
//! Start reading at [`TokenSource`], the trait that the adapters use. [`TokenCache`] implements it for each way to
//! acquire a token: [`ClientCredentialsGrant`] and [`IdentityEndpoint`] (managed identity).

mod app_credential;
mod authorization_code;
mod authorized;
mod cache;
mod certificate;
mod client_credentials;
mod expiries;
pub mod failures;
mod federated;
mod managed;
mod refusal;
pub mod sdk;
mod self_check;
pub mod settings;
mod token;

pub use app_credential::AppCredential;
pub use authorization_code::{AuthorizationCodeGrant, Prompt, SignInRequest};
pub use authorized::send_authorized;
pub use cache::{Acquire, Acquired, TokenCache};
pub use certificate::ClientCertificate;
pub use client_credentials::{AppTokens, ClientCredentialsGrant, GrantSettings};
pub use expiries::AppCredentialExpiries;
pub use federated::FederatedToken;
pub use managed::{IdentityEndpoint, ManagedIdentity, managed_identity};
pub use self_check::ClockCheck;
pub use token::{AccessToken, TokenSource};
