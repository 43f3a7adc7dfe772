//! A sandbox that runs.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::world::World;

/// Where a running sandbox listens.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// Everything that speaks HTTP.
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
    /// Takes over the tasks that serve, which end when `stop` is cancelled.
    pub(crate) fn new(
        addresses: Addresses,
        world: Arc<World>,
        stop: CancellationToken,
        tasks: Vec<JoinHandle<()>>,
    ) -> Self {
        Self { addresses, world, stop, tasks }
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Base URL of everything that speaks HTTP; ends with `/`.
    #[must_use]
    pub fn base_url(&self) -> &Url {
        &self.world.ground.facts.base_url
    }

    /// Where a browser signs in: by name, since a relying party id is never an address.
    #[must_use]
    pub fn sign_in_page(&self) -> String {
        self.world.ground.facts.sign_in_page()
    }

    /// Base URL of the vault, without a slash at the end.
    #[must_use]
    pub fn vault_url(&self) -> &str {
        &self.world.ground.facts.vault_url
    }

    /// Certificate authority of the vault and the SMTP ports, PEM.
    #[must_use]
    pub fn ca_pem(&self) -> String {
        self.world.ground.tls.ca_pem.clone()
    }

    /// Certificate and private key, PEM, for a service beside the sandbox on this machine that the same authority vouches for.
    #[must_use]
    pub fn certificate_pem(&self) -> [String; 2] {
        [self.world.ground.tls.chain_pem.clone(), self.world.ground.tls.key_pem.clone()]
    }

    /// Root of the attestation certificates of the simulated keys, PEM. Only for a connector that serves a sandbox.
    #[must_use]
    pub fn attestation_root_pem(&self) -> String {
        self.world.factory.attestation_root_pem()
    }

    #[cfg(test)]
    pub(crate) fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// Stops listening and waits until the calls under way are answered.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        for task in std::mem::take(&mut self.tasks) {
            if let Err(error) = task.await {
                tracing::error!(%error, "a part of the sandbox did not stop cleanly");
            }
        }
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
