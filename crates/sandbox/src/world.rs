//! The world that all endpoints share. Each part locks itself; none holds two locks at once.

use std::ops::Deref;
use std::sync::MutexGuard;

use crate::error::Error;
use crate::ground::directory::Directory;
use crate::ground::facts::Facts;
use crate::ground::parts::Ground;
use crate::ground::policy::Policy;
use crate::ground::settings::Settings;
use crate::{delivery, entra, factory, graph, mailbox, signin, vault};

/// Everything.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) ground: Ground,
    pub(crate) entra: entra::State,
    pub(crate) graph: graph::State,
    pub(crate) signin: signin::State,
    pub(crate) delivery: delivery::State,
    pub(crate) factory: factory::State,
    pub(crate) mailbox: mailbox::State,
    pub(crate) vault: vault::State,
}

impl Deref for World {
    type Target = Ground;

    fn deref(&self) -> &Ground {
        &self.ground
    }
}

impl World {
    /// A world at its beginning.
    pub(crate) fn new(facts: Facts) -> Result<Self, Error> {
        let seed = facts.seed;
        Ok(Self {
            ground: Ground::new(facts)?,
            entra: entra::State::new()?,
            graph: graph::State::new(),
            signin: signin::State::default(),
            delivery: delivery::State::new(seed)?,
            factory: factory::State::new(seed)?,
            mailbox: mailbox::State::default(),
            vault: vault::State::new(),
        })
    }

    /// Back to the beginning. Signing keys, transport keys and certificates stay, so that clients need not start again.
    pub(crate) fn reset(&self) {
        self.ground.reset();
        self.graph.reset();
        self.signin.reset();
        self.delivery.reset();
        self.factory.reset();
        self.mailbox.reset();
        self.vault.reset();
    }

    /// Users and apps. Hold it briefly, and not across an `await`.
    pub(crate) fn directory(&self) -> MutexGuard<'_, Directory> {
        self.ground.directory.lock()
    }

    /// The FIDO2 policy as it stands.
    pub(crate) fn policy(&self) -> Policy {
        self.ground.policy.get()
    }

    /// Replaces the FIDO2 policy.
    pub(crate) fn set_policy(&self, policy: Policy) {
        self.ground.policy.set(policy);
    }

    /// The knobs as they stand.
    pub(crate) fn settings(&self) -> Settings {
        self.ground.settings.get()
    }

    /// Replaces the knobs.
    pub(crate) fn set_settings(&self, settings: Settings) {
        self.ground.settings.set(settings);
    }

    /// An URL of the sandbox, from a path without a leading slash.
    pub(crate) fn url(&self, path: &str) -> String {
        self.ground.facts.url(path)
    }
}
