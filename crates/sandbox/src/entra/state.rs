//! State of the token service.

use std::sync::Arc;

use super::signing::SigningKeys;
use super::users::Users;
use crate::error::Error;
use crate::ground::clock::Clock;
use crate::ground::directory::Directory;
use crate::ground::facts::Facts;
use crate::ground::guard::Guard;
use crate::ground::parts::Ground;
use crate::ground::settings::Settings;
use crate::ground::shared::Shared;

/// State of the token service. It calls no other service. Services that accept its tokens verify them with its keys.
#[derive(Debug)]
pub(crate) struct Entra {
    pub(super) guard: Arc<Guard>,
    pub(super) facts: Arc<Facts>,
    pub(super) clock: Arc<Clock>,
    pub(super) settings: Arc<Shared<Settings>>,
    pub(super) directory: Arc<Shared<Directory>>,
    pub(crate) keys: SigningKeys,
    pub(super) users: Shared<Users>,
}

impl Entra {
    /// Creates a token service with a new signing key.
    pub(crate) fn new(ground: &Ground) -> Result<Self, Error> {
        Ok(Self {
            guard: Arc::clone(&ground.guard),
            facts: Arc::clone(&ground.facts),
            clock: Arc::clone(&ground.clock),
            settings: Arc::clone(&ground.settings),
            directory: Arc::clone(&ground.directory),
            keys: SigningKeys::new()?,
            users: Shared::default(),
        })
    }

    /// Ends all sign-ins of users.
    pub(crate) fn reset(&self) {
        self.users.reset();
    }
}
