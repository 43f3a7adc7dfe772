//! Settings for behaviour that is not documented publicly or that differs between tenants.
//!
//! `PUT /control/settings` changes them.

use serde::{Deserialize, Serialize};

use super::throttle::Rate;

/// All settings. A `PUT` changes the members that it names; the others keep their values.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Encoding of the ids in `excludeCredentials`.
    pub(crate) exclude_encoding: ExcludeEncoding,
    /// Limit of calls on authentication methods and audit records, for each application. Microsoft documents 5 requests
    /// in 10 seconds.
    pub(crate) graph_rate: Option<Rate>,
    /// Limit of calls with the API token of the delivery service. The real limit is not public.
    pub(crate) delivery_rate: Option<Rate>,
    /// Seconds until a parcel enters its next state; 0 if only the control API moves parcels.
    pub(crate) parcel_seconds: f64,
    /// Maximum number of passkeys of one user. The real limit is not public.
    pub(crate) max_passkeys: usize,
    /// `requestedAccessTokenVersion` of the connector's app registration: 1 or 2.
    pub(crate) access_token_version: u8,
    /// Lifetime of access tokens of users, in seconds.
    pub(crate) user_token_seconds: u32,
    /// Lifetime of device codes, in seconds.
    pub(crate) device_code_seconds: u32,
    /// Time between two requests of a client with a device code, in seconds.
    pub(crate) device_code_interval: u32,
    /// Whether Graph refuses a registration with `@odata.type` at its root, as observed with beta.
    pub(crate) root_odata_type_refused: bool,
    /// Whether creation options are inside `{"value": …}`, as on one page of Graph's documentation.
    pub(crate) wrap_creation_options: bool,
    /// Approximate length of a challenge, in characters.
    pub(crate) challenge_bytes: usize,
    /// Whether a challenge can register only one key.
    pub(crate) challenge_single_use: bool,
    /// Whether beta ignores `challengeTimeoutInMinutes`, like v1.0. Challenges then last 5 minutes.
    pub(crate) challenge_timeout_ignored: bool,
    /// Error of the `Date` header of responses, in seconds.
    pub(crate) date_skew_seconds: i64,
    /// API token that the delivery service accepts.
    pub(crate) delivery_token: String,
    /// Whether the delivery service enforces its documented limits of request fields.
    pub(crate) delivery_limits: bool,
    /// Whether the policy allows Temporary Access Passes.
    pub(crate) access_passes: bool,
    /// Length of Temporary Access Passes: the policy's, 8 to 48 characters.
    pub(crate) access_pass_length: usize,
    /// Whether the vault has purge protection: deleted secrets cannot be purged.
    pub(crate) vault_purge_protection: bool,
    /// Whether the vault's firewall blocks all callers.
    pub(crate) vault_firewall: bool,
    /// Number of reads of a deleted secret that still answer 404.
    pub(crate) vault_deletion_looks: u32,
    /// Whether the Logic App answers 200 after it sent the mail. Otherwise it answers 202 at once.
    pub(crate) logic_app_sync: bool,
    /// Whether the Logic App's trigger has a policy for Entra tokens, and refuses signatures.
    pub(crate) logic_app_policy: bool,
}

/// Encodings of credential ids that were observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ExcludeEncoding {
    /// Standard alphabet with padding.
    Base64,
    /// base64url without padding, then the number of padding characters as a digit.
    Token,
    /// base64url without padding.
    Base64url,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            exclude_encoding: ExcludeEncoding::Token,
            graph_rate: None,
            delivery_rate: None,
            parcel_seconds: 0.0,
            max_passkeys: 10,
            access_token_version: 1,
            user_token_seconds: 3599,
            device_code_seconds: 900,
            device_code_interval: 5,
            root_odata_type_refused: true,
            wrap_creation_options: false,
            challenge_bytes: 6931,
            challenge_single_use: false,
            challenge_timeout_ignored: false,
            date_skew_seconds: 0,
            delivery_token: "sandbox-delivery-token".to_owned(),
            delivery_limits: true,
            access_passes: true,
            access_pass_length: 8,
            vault_purge_protection: false,
            vault_firewall: false,
            vault_deletion_looks: 0,
            logic_app_sync: true,
            logic_app_policy: false,
        }
    }
}

impl Settings {
    /// Returns the initial settings of a sandbox whose parcels move at this pace.
    pub(super) fn with_pace(parcel_seconds: f64) -> Self {
        Self { parcel_seconds, ..Self::default() }
    }
}
