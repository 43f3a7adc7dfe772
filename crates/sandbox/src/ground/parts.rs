//! All parts of the ground.

use std::sync::Arc;

use super::clock::Clock;
use super::directory::Directory;
use super::facts::Facts;
use super::faults::Faults;
use super::guard::Guard;
use super::journal::Journal;
use super::policy::Policy;
use super::settings::Settings;
use super::shared::Shared;
use super::tls::Tls;
use crate::error::Error;

/// All parts of the ground. Each part has its own lock. A service keeps the parts that it uses.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) facts: Arc<Facts>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) guard: Arc<Guard>,
    pub(crate) directory: Arc<Shared<Directory>>,
    pub(crate) policy: Arc<Shared<Policy>>,
    pub(crate) settings: Arc<Shared<Settings>>,
    pub(crate) tls: Arc<Tls>,
}

impl Ground {
    /// Creates all parts in their initial state, with new certificates.
    pub(crate) fn new(facts: Facts) -> Result<Self, Error> {
        let clock = Arc::new(Clock::default());
        let faults = Arc::new(Faults::new(facts.seed));
        let journal = Arc::new(Journal::default());
        Ok(Self {
            guard: Arc::new(Guard::new(Arc::clone(&clock), Arc::clone(&faults), Arc::clone(&journal))),
            clock,
            faults,
            journal,
            directory: Arc::new(Shared::new(Directory::new(facts.people, facts.seed))),
            policy: Arc::default(),
            settings: Arc::new(Shared::new(Settings::with_pace(facts.parcel_seconds_per_state))),
            tls: Arc::new(Tls::new()?),
            facts: Arc::new(facts),
        })
    }

    /// Restores the initial state. Facts and certificates stay.
    pub(crate) fn reset(&self) {
        self.clock.reset();
        self.faults.remove(None);
        self.journal.clear();
        self.directory.set(Directory::new(self.facts.people, self.facts.seed));
        self.policy.reset();
        self.settings.set(Settings::with_pace(self.facts.parcel_seconds_per_state));
    }
}
