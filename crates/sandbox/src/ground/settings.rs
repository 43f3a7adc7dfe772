//! Knobs for what the public record leaves open, or what differs between tenants. Set with `PUT /control/settings`.

use serde::{Deserialize, Serialize};

/// All knobs. A `PUT` may name some of them; the others keep their value.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// How ids in `excludeCredentials` are written.
    pub(crate) exclude_encoding: ExcludeEncoding,
    /// 5 requests in 10 seconds on authentication methods and audit records.
    pub(crate) throttle: bool,
    /// Passkeys that one user may hold. The real number is not public.
    pub(crate) max_passkeys: usize,
    /// 1 or 2: `requestedAccessTokenVersion` of the connector's app registration.
    pub(crate) access_token_version: u8,
    /// Whether a registration with `@odata.type` at its root is refused, as beta was seen to.
    pub(crate) root_odata_type_refused: bool,
    /// Answers creation options inside `{"value": …}`, as one page of the documentation shows them.
    pub(crate) wrap_creation_options: bool,
    /// About how many characters a challenge has.
    pub(crate) challenge_bytes: usize,
    /// Whether a challenge registers one key only.
    pub(crate) challenge_single_use: bool,
    /// beta gives challenges of five minutes, whatever was asked for, as version 1.0 does.
    pub(crate) challenge_timeout_ignored: bool,
    /// Seconds by which the `Date` of answers is wrong.
    pub(crate) date_skew_seconds: i64,
    /// Token that the delivery service accepts.
    pub(crate) delivery_token: String,
    /// Whether the delivery service enforces its documented limits on requests.
    pub(crate) delivery_limits: bool,
    /// Deleted secrets of the vault cannot be purged.
    pub(crate) vault_purge_protection: bool,
    /// The vault's firewall lets nobody through.
    pub(crate) vault_firewall: bool,
    /// So many looks at a deleted secret do not find it yet.
    pub(crate) vault_deletion_looks: u32,
    /// The Logic App answers 200 after the mail was "sent" instead of 202 at once.
    pub(crate) logic_app_sync: bool,
}

/// The three forms in which credential ids were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ExcludeEncoding {
    /// Standard alphabet with padding.
    Base64,
    /// base64url, then a digit that counts the padding.
    Token,
    /// base64url without padding.
    Base64url,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            exclude_encoding: ExcludeEncoding::Token,
            throttle: false,
            max_passkeys: 10,
            access_token_version: 1,
            root_odata_type_refused: true,
            wrap_creation_options: false,
            challenge_bytes: 6931,
            challenge_single_use: false,
            challenge_timeout_ignored: false,
            date_skew_seconds: 0,
            delivery_token: "sandbox-delivery-token".to_owned(),
            delivery_limits: true,
            vault_purge_protection: false,
            vault_firewall: false,
            vault_deletion_looks: 0,
            logic_app_sync: true,
        }
    }
}
