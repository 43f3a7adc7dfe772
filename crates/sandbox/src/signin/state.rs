//! State of the relying party.

use std::sync::Arc;

use super::challenges::Challenges;
use crate::factory::Factory;
use crate::graph::Graph;
use crate::ground::clock::Clock;
use crate::ground::directory::Directory;
use crate::ground::facts::Facts;
use crate::ground::guard::Guard;
use crate::ground::parts::Ground;
use crate::ground::policy::Policy;
use crate::ground::shared::Shared;

/// State of the relying party. It reads passkeys from Graph and updates the counters of the factory's keys.
#[derive(Debug)]
pub(crate) struct Signin {
    pub(super) guard: Arc<Guard>,
    pub(super) facts: Arc<Facts>,
    pub(super) clock: Arc<Clock>,
    pub(super) directory: Arc<Shared<Directory>>,
    pub(super) policy: Arc<Shared<Policy>>,
    pub(super) graph: Arc<Graph>,
    pub(super) factory: Arc<Factory>,
    pub(super) challenges: Challenges,
}

impl Signin {
    /// Creates a relying party without open challenges.
    pub(crate) fn new(ground: &Ground, graph: Arc<Graph>, factory: Arc<Factory>) -> Self {
        Self {
            guard: Arc::clone(&ground.guard),
            facts: Arc::clone(&ground.facts),
            clock: Arc::clone(&ground.clock),
            directory: Arc::clone(&ground.directory),
            policy: Arc::clone(&ground.policy),
            graph,
            factory,
            challenges: Challenges::default(),
        }
    }

    /// Deletes all open challenges.
    pub(crate) fn reset(&self) {
        self.challenges.clear();
    }
}
