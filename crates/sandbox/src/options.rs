//! How a sandbox is started.

use std::net::{IpAddr, Ipv4Addr};

use url::Url;

/// Where the sandbox listens and how its world behaves from the start.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// Address of all four ports. Loopback by default: the control API knows no authentication.
    pub bind: IpAddr,
    /// HTTP port for everything but SMTP; 0 for any free one.
    pub http_port: u16,
    /// SMTP with STARTTLS; 0 for any free port.
    pub smtp_port: u16,
    /// SMTP with implicit TLS; 0 for any free port.
    pub smtps_port: u16,
    /// HTTPS port of the vault; 0 for any free one.
    pub vault_port: u16,
    /// WebAuthn relying party id. `localhost` lets a browser on this machine use the delivered keys.
    pub rp_id: String,
    /// Seed of shipment ids, serial numbers and faults with a probability. Keys and PINs do not depend on it.
    pub seed: u64,
    /// Seconds that a parcel stays in one state before it moves on by itself; 0: only when stepped by hand.
    pub parcel_seconds_per_state: f64,
    /// Base URL that others reach the sandbox by, when it is not `http://{bind}:{http_port}/`.
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
            parcel_seconds_per_state: 2.0,
            public_base: None,
        }
    }
}

impl SandboxOptions {
    /// For tests: any free ports, and parcels that move only when stepped.
    #[must_use]
    pub fn ephemeral() -> Self {
        Self { http_port: 0, smtp_port: 0, smtps_port: 0, parcel_seconds_per_state: 0.0, ..Self::default() }
    }
}
