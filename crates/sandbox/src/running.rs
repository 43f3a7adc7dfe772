//! The running sandbox.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::world::World;

/// Addresses that a running sandbox listens on.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// HTTP: everything except SMTP and the vault.
    pub http: SocketAddr,
    /// SMTP with STARTTLS.
    pub smtp: SocketAddr,
    /// SMTP with implicit TLS.
    pub smtps: SocketAddr,
    /// HTTPS: the vault.
    pub vault: SocketAddr,
}

/// A sandbox that runs until it is shut down or dropped.
#[derive(Debug)]
pub struct RunningSandbox {
    addresses: Addresses,
    world: Arc<World>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl RunningSandbox {
    /// Takes ownership of the server tasks, which end when `stop` is cancelled.
    pub(crate) fn new(
        addresses: Addresses,
        world: Arc<World>,
        stop: CancellationToken,
        tasks: Vec<JoinHandle<()>>,
    ) -> Self {
        Self { addresses, world, stop, tasks }
    }

    /// Returns the addresses that the sandbox listens on.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Returns the base URL of the HTTP port. It ends with `/`.
    #[must_use]
    pub fn base_url(&self) -> &Url {
        &self.world.ground.facts.base_url
    }

    /// Returns the URL of the sign-in page.
    ///
    /// The host is `localhost`, not an IP address, because a WebAuthn relying party id must be a domain.
    #[must_use]
    pub fn sign_in_page(&self) -> String {
        self.world.ground.facts.sign_in_page()
    }

    /// Returns the base URL of the vault, without a trailing slash.
    #[must_use]
    pub fn vault_url(&self) -> &str {
        &self.world.ground.facts.vault_url
    }

    /// Returns the certificate authority of the vault and the SMTP ports, in PEM.
    #[must_use]
    pub fn ca_pem(&self) -> String {
        self.world.ground.tls.ca_pem.clone()
    }

    /// Returns a certificate and its private key, in PEM, issued by the sandbox's certificate authority.
    ///
    /// Another test service on this machine can use them.
    #[must_use]
    pub fn certificate_pem(&self) -> [String; 2] {
        [self.world.ground.tls.chain_pem.clone(), self.world.ground.tls.key_pem.clone()]
    }

    /// Returns the root of the simulated keys' attestation certificates, in PEM.
    ///
    /// Configure it only in a connector that works with a sandbox.
    #[must_use]
    pub fn attestation_root_pem(&self) -> String {
        self.world.factory.attestation_root_pem()
    }

    /// Publishes the settings of a connector that uses this sandbox in `GET /control/connector`.
    ///
    /// They must have no secrets except for those of the sandbox.
    pub fn publish_connector(&self, settings: BTreeMap<String, String>) {
        self.world.connector.set(Some(settings));
    }

    #[cfg(test)]
    pub(crate) fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// Stops listening, and waits until calls in progress are answered.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        for task in std::mem::take(&mut self.tasks) {
            if let Err(error) = task.await {
                tracing::error!(%error, "sandbox task failed during shutdown");
            }
        }
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
