//! State of the vault.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::secrets::{Attributes, Secrets};
use crate::entra::Entra;
use crate::ground::clock::Clock;
use crate::ground::directory::Directory;
use crate::ground::facts::Facts;
use crate::ground::guard::Guard;
use crate::ground::parts::Ground;
use crate::ground::settings::Settings;
use crate::ground::shared::Shared;

/// State of the vault. It verifies tokens with the signing keys of `entra`.
#[derive(Debug)]
pub(crate) struct Vault {
    pub(super) guard: Arc<Guard>,
    pub(super) facts: Arc<Facts>,
    pub(super) clock: Arc<Clock>,
    pub(super) settings: Arc<Shared<Settings>>,
    pub(super) directory: Arc<Shared<Directory>>,
    pub(super) entra: Arc<Entra>,
    secrets: Mutex<Secrets>,
}

impl Vault {
    /// Creates a vault with the connector's two secrets, named as in the integration guide.
    pub(crate) fn new(ground: &Ground, entra: Arc<Entra>) -> Self {
        Self {
            guard: Arc::clone(&ground.guard),
            facts: Arc::clone(&ground.facts),
            clock: Arc::clone(&ground.clock),
            settings: Arc::clone(&ground.settings),
            directory: Arc::clone(&ground.directory),
            entra,
            secrets: Mutex::new(Secrets::fixed()),
        }
    }

    /// Restores the initial secrets.
    pub(crate) fn reset(&self) {
        *self.secrets() = Secrets::fixed();
    }

    /// Adds a version of a secret, as an administrator: without a token and without a check of roles.
    ///
    /// # Errors
    /// Returns the vault's message if the name or the value is invalid.
    pub(crate) fn put(&self, name: &str, value: String, attributes: Attributes) -> Result<(), String> {
        let now = self.clock.tokens();
        self.secrets().put(name, value, attributes, now)
    }

    /// Changes the latest version of a secret, as an administrator. Attributes that are `None` remain. Returns `false`
    /// if there is no such secret.
    pub(crate) fn change(&self, name: &str, change: &Attributes) -> bool {
        let now = self.clock.tokens();
        self.secrets().change(name, None, change, now)
    }

    /// Locks the secrets. Do not hold the lock across an `await`.
    pub(crate) fn secrets(&self) -> MutexGuard<'_, Secrets> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
