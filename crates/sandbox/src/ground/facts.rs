//! Constants of a running sandbox.

use url::Url;

/// Addresses and start options of the sandbox. They do not change while it runs.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// Base URL of the HTTP port. It ends with `/`.
    pub(crate) base_url: Url,
    /// HTTP port.
    pub(crate) http_port: u16,
    /// WebAuthn relying party id.
    pub(crate) rp_id: String,
    pub(crate) seed: u64,
    /// Number of generated users of the tenant.
    pub(crate) people: u32,
    /// Initial pace: seconds until a parcel enters its next state; 0 if only the control API moves parcels.
    pub(crate) parcel_seconds_per_state: f64,
    /// Port for SMTP with STARTTLS.
    pub(crate) smtp_port: u16,
    /// Port for SMTP with implicit TLS.
    pub(crate) smtps_port: u16,
    /// Base URL of the vault, without a trailing slash.
    pub(crate) vault_url: String,
}

impl Facts {
    /// Returns the URL of the sign-in page.
    ///
    /// The host is `localhost`, not an IP address, because a WebAuthn relying party id must be a domain.
    pub(crate) fn sign_in_page(&self) -> String {
        format!("http://localhost:{}/signin", self.http_port)
    }

    /// Returns the sandbox's URL of `path`, which has no leading slash.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }
}
