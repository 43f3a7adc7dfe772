//! Options that a sandbox starts with.

use std::net::{IpAddr, Ipv4Addr};

use url::Url;

/// Addresses of the sandbox, and the initial behaviour of its world.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// IP address of all four ports. Default: loopback, because the control API has no authentication.
    pub bind: IpAddr,
    /// HTTP port, for everything except SMTP and the vault; 0 for any free port.
    pub http_port: u16,
    /// Port for SMTP with STARTTLS; 0 for any free port.
    pub smtp_port: u16,
    /// Port for SMTP with implicit TLS; 0 for any free port.
    pub smtps_port: u16,
    /// HTTPS port of the vault; 0 for any free port.
    pub vault_port: u16,
    /// WebAuthn relying party id. With `localhost`, a browser on this machine can use the delivered keys.
    pub rp_id: String,
    /// Seed of shipment ids, serial numbers, generated users and fault probabilities, but not of keys and PINs.
    pub seed: u64,
    /// Number of generated users of the tenant, in addition to the ones that the documentation lists.
    pub people: u32,
    /// Seconds until a parcel enters its next state; 0 if only the control API moves parcels.
    pub parcel_seconds_per_state: f64,
    /// Base URL for clients. Default: `http://{bind}:{http_port}/`.
    pub public_base: Option<Url>,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            http_port: 8090,
            smtp_port: 8025,
            smtps_port: 8465,
            vault_port: 0,
            rp_id: "localhost".to_owned(),
            seed: 1,
            people: 0,
            parcel_seconds_per_state: 2.0,
            public_base: None,
        }
    }
}

impl SandboxOptions {
    /// Returns options for tests: free ports, and parcels that move only through the control API.
    #[must_use]
    pub fn ephemeral() -> Self {
        Self { http_port: 0, smtp_port: 0, smtps_port: 0, parcel_seconds_per_state: 0.0, ..Self::default() }
    }
}
