//! What does not change while the sandbox runs.

use url::Url;

/// Addresses, and what the sandbox was started with.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// Ends with `/`.
    pub(crate) base_url: Url,
    /// Port of everything that speaks HTTP.
    pub(crate) http_port: u16,
    /// WebAuthn relying party id.
    pub(crate) rp_id: String,
    pub(crate) seed: u64,
    /// 0: only when stepped by hand.
    pub(crate) parcel_seconds_per_state: f64,
    /// STARTTLS.
    pub(crate) smtp_port: u16,
    /// Implicit TLS.
    pub(crate) smtps_port: u16,
    /// Base URL of the vault, without a slash at the end.
    pub(crate) vault_url: String,
}

impl Facts {
    /// Where a browser signs in: by name, since a relying party id is never an address.
    pub(crate) fn sign_in_page(&self) -> String {
        format!("http://localhost:{}/signin", self.http_port)
    }

    /// Returns a URL of the sandbox, from a path without a leading slash.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }
}
