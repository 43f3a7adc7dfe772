//! Creates the ground and the services. A service gets only the parts of the ground and the services that it uses.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;

use crate::delivery::{self, Delivery};
use crate::entra::{self, Entra};
use crate::error::Error;
use crate::factory::Factory;
use crate::graph::{self, Graph};
use crate::ground::facts::Facts;
use crate::ground::parts::Ground;
use crate::ground::shared::Shared;
use crate::mailbox::{self, Mailbox};
use crate::signin::{self, Signin};
use crate::vault::Vault;

/// The ground and all services.
///
/// Each service locks its own state, and does not wait for another service while it holds the lock.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) ground: Ground,
    /// Settings of the connector that the demo started. They survive a reset, as the connector does.
    pub(crate) connector: Shared<Option<BTreeMap<String, String>>>,
    pub(crate) entra: Arc<Entra>,
    pub(crate) factory: Arc<Factory>,
    pub(crate) delivery: Arc<Delivery>,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) graph: Arc<Graph>,
    pub(crate) signin: Arc<Signin>,
    pub(crate) vault: Arc<Vault>,
}

impl World {
    /// Creates a world in its initial state.
    pub(crate) fn new(facts: Facts) -> Result<Self, Error> {
        let ground = Ground::new(facts)?;
        let entra = Arc::new(Entra::new(&ground)?);
        let factory = Arc::new(Factory::new(ground.facts.seed)?);
        let delivery = Arc::new(Delivery::new(&ground, Arc::clone(&factory))?);
        let mailbox = Arc::new(Mailbox::new(&ground, Arc::clone(&entra)));
        let graph = Arc::new(Graph::new(&ground, Arc::clone(&entra), Arc::clone(&factory), Arc::clone(&mailbox)));
        let signin = Arc::new(Signin::new(&ground, Arc::clone(&graph), Arc::clone(&factory)));
        let vault = Arc::new(Vault::new(&ground, Arc::clone(&entra)));
        Ok(Self { connector: Shared::new(None), ground, entra, factory, delivery, mailbox, graph, signin, vault })
    }

    /// Returns the routes of all services on the HTTP port. The vault has its own port.
    pub(crate) fn router(&self) -> Router {
        Router::new()
            .merge(entra::router(&self.entra))
            .merge(graph::router(&self.graph))
            .merge(signin::router(&self.signin))
            .merge(delivery::router(&self.delivery))
            .merge(mailbox::router(&self.mailbox))
    }

    /// Restores the initial state. Signing keys, transport keys and certificates stay, so clients need no restart.
    pub(crate) fn reset(&self) {
        self.ground.reset();
        self.entra.reset();
        self.graph.reset();
        self.signin.reset();
        self.delivery.reset();
        self.factory.reset();
        self.mailbox.reset();
        self.vault.reset();
    }
}
