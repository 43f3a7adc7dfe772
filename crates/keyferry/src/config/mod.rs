//! Settings: one table, read from the environment and `keyferry.toml`, checked at start.

mod build;
mod cloud;
mod parse;
#[cfg(test)]
mod parsers;
mod pin;
mod reference;
mod settings;
mod source;
mod store;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use keyferry_domain::Aaguid;
use keyferry_engine::{AddresseeRule, DisplayName, Schedule};
use keyferry_yubico::{ContentEncryption, EnvelopeFormat, KeyManagement};
use url::Url;

pub(crate) use build::{administration, build, probes};
pub(crate) use pin::PinBy;
pub(crate) use reference::markdown;
pub(crate) use source::{Secret, Source};
pub(crate) use store::{AzureIdentity, AzureStoreSettings, StoreSettings};

/// Every setting, checked. Secrets are read when they are used, so that a rotated file takes effect.
pub(crate) struct Settings {
    pub(crate) bind: IpAddr,
    pub(crate) api_port: u16,
    pub(crate) probe_port: u16,
    pub(crate) store: StoreSettings,
    pub(crate) log_level: &'static str,
    pub(crate) log_json: bool,
    pub(crate) extra_ca: Option<Vec<u8>>,
    pub(crate) callers: Callers,
    pub(crate) entra: EntraSettings,
    pub(crate) delivery: DeliverySettings,
    pub(crate) pin_by: PinBy,
    pub(crate) templates: Option<PathBuf>,
    pub(crate) process_schedule: Schedule,
    pub(crate) cleanup_schedule: Schedule,
    pub(crate) cleanup_completed_days: u32,
    pub(crate) flow: FlowSettings,
    pub(crate) trust_anchors: TrustAnchorSource,
    pub(crate) check_limits: bool,
}

/// Where the tenant's administrator works.
pub(crate) struct AdministrationSettings {
    pub(crate) graph_endpoint: Url,
    pub(crate) extra_ca: Option<Vec<u8>>,
    pub(crate) product_aaguids: BTreeMap<i64, Vec<Aaguid>>,
}

/// Where one of the connector's own secrets is.
pub(crate) enum SecretPlace {
    /// A setting gives it, or names its file.
    Given(Secret),
    /// Under this name in the vault of the store.
    Vault(String),
}

/// How the connector's app registration shows who it is.
pub(crate) enum AppCredential {
    /// By a client secret.
    Secret(SecretPlace),
    /// By assertions signed with a certificate's key.
    Certificate(SecretPlace),
    /// By the token in this file, of an issuer that the registration trusts.
    WorkloadIdentity(PathBuf),
    /// By a managed identity that the registration trusts, so that there is no secret at all.
    ManagedIdentity {
        /// Of the user-assigned identity.
        client_id: String,
        /// Whom the identity's token is for, such as `api://AzureADTokenExchange`.
        audience: String,
    },
}

/// Who checks callers.
pub(crate) enum Callers {
    /// We do.
    Tokens {
        audiences: Vec<String>,
        client_apps: Vec<String>,
        required_role: Option<String>,
        metadata_url: Option<Url>,
        extra_issuers: Vec<String>,
    },
    /// The platform in front, told in so many words.
    Platform,
}

pub(crate) struct EntraSettings {
    pub(crate) tenant_id: String,
    pub(crate) client_id: String,
    pub(crate) credential: AppCredential,
    pub(crate) api_version: String,
    pub(crate) login_endpoint: Url,
    pub(crate) graph_endpoint: Url,
    pub(crate) creation_options_by_query: bool,
    pub(crate) requests_per_10_seconds: u32,
}

pub(crate) struct DeliverySettings {
    pub(crate) base_url: Url,
    pub(crate) jwks_sign: Url,
    pub(crate) jwks_transport: Url,
    pub(crate) api_token: SecretPlace,
    pub(crate) envelope_format: &'static dyn EnvelopeFormat,
    pub(crate) envelope_alg: KeyManagement,
    pub(crate) envelope_enc: ContentEncryption,
}

pub(crate) struct FlowSettings {
    pub(crate) challenge_lifetime: Duration,
    pub(crate) create_budget: Duration,
    pub(crate) deadline_alarm: Duration,
    pub(crate) compare_user_handle: bool,
    pub(crate) one_open_order_per_user: bool,
    pub(crate) display_name: DisplayName,
    pub(crate) addressees: Vec<AddresseeRule>,
    pub(crate) contact_domains: Vec<String>,
    pub(crate) product_aaguids: BTreeMap<i64, Vec<Aaguid>>,
}

/// Where the trust anchors for attestations come from.
pub(crate) enum TrustAnchorSource {
    /// The vendor's published roots, which come with the program.
    Vendor,
    /// PEM read from a file.
    Pem(Vec<u8>),
}

/// A value that is wrong, in words for the person who set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SettingError(pub(crate) String);

impl std::fmt::Display for SettingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
