//! State of Graph.

use std::sync::Arc;

use uuid::Uuid;

use super::audits::Audits;
use super::challenge::Challenges;
use super::methods::Methods;
use super::passes::Passes;
use super::preset;
use super::sent_items::SentItems;
use crate::entra::Entra;
use crate::factory::Factory;
use crate::ground::clock::Clock;
use crate::ground::directory::{Directory, Kind, people};
use crate::ground::facts::Facts;
use crate::ground::guard::Guard;
use crate::ground::parts::Ground;
use crate::ground::policy::Policy;
use crate::ground::settings::Settings;
use crate::ground::shared::Shared;
use crate::ground::throttle::Throttle;
use crate::mailbox::Mailbox;

/// State of Graph.
///
/// Graph verifies tokens with Entra's keys, trusts the factory's test root, and delivers mail to the mailbox.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(super) guard: Arc<Guard>,
    pub(super) facts: Arc<Facts>,
    pub(super) clock: Arc<Clock>,
    pub(super) settings: Arc<Shared<Settings>>,
    pub(super) directory: Arc<Shared<Directory>>,
    pub(super) policy: Arc<Shared<Policy>>,
    pub(super) entra: Arc<Entra>,
    pub(super) factory: Arc<Factory>,
    pub(super) mailbox: Arc<Mailbox>,
    pub(crate) methods: Methods,
    pub(super) passes: Passes,
    pub(crate) sent_items: SentItems,
    pub(super) audits: Audits,
    pub(super) challenges: Challenges,
    /// Calls on authentication methods and audit records, by application.
    pub(crate) throttle: Throttle<Uuid>,
}

impl Graph {
    /// Creates a Graph with the initial passkeys, and without records.
    pub(crate) fn new(ground: &Ground, entra: Arc<Entra>, factory: Arc<Factory>, mailbox: Arc<Mailbox>) -> Self {
        let graph = Self {
            guard: Arc::clone(&ground.guard),
            facts: Arc::clone(&ground.facts),
            clock: Arc::clone(&ground.clock),
            settings: Arc::clone(&ground.settings),
            directory: Arc::clone(&ground.directory),
            policy: Arc::clone(&ground.policy),
            entra,
            factory,
            mailbox,
            methods: Methods::default(),
            passes: Passes::default(),
            sent_items: SentItems::default(),
            audits: Audits::default(),
            challenges: Challenges::new(),
            throttle: Throttle::default(),
        };
        graph.preset();
        graph
    }

    /// Registers the passkeys that exist at the start: those of people at the limit.
    fn preset(&self) {
        let people = people(self.facts.people, self.facts.seed).filter(|person| person.kind == Kind::AtLimit);
        let limit = self.settings.lock().max_passkeys;
        preset::fill(&self.methods, people.map(|person| person.user.id), limit, self.clock.tokens());
    }

    /// Restores the initial state, except for the key that encrypts challenges.
    pub(crate) fn reset(&self) {
        self.methods.clear();
        self.preset();
        self.passes.clear();
        self.sent_items.clear();
        self.audits.clear();
        self.challenges.clear_used();
        self.throttle.clear();
    }
}
