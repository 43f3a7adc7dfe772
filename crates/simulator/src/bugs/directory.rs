//! Directory with a planted bug.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use keyferry_domain::{Directory, DirectoryEntry, Failure, FoundUser, ObjectId, Person, Profile, UserRef};

use super::Bug;

pub(super) struct People {
    bug: Bug,
    inner: Arc<dyn Directory>,
    manager: Mutex<Option<Person>>,
}

impl People {
    pub(super) fn new(bug: Bug, inner: Arc<dyn Directory>) -> Self {
        Self { bug, inner, manager: Mutex::default() }
    }

    /// Returns the manager of the first user whose display name begins with the same word.
    async fn by_name(&self, entry: DirectoryEntry) -> Result<DirectoryEntry, Failure> {
        let word = |name: Option<String>| name.and_then(|name| name.split_whitespace().next_back().map(str::to_owned));
        let Some(name) = word(entry.person.display_name.clone()) else { return Ok(entry) };
        let start: String = name.chars().take(6).collect();
        let Some(found) = self.inner.search(&start, 1).await?.into_iter().next() else { return Ok(entry) };
        let other = self.inner.entry(&UserRef::ObjectId(found.id), true).await?;
        Ok(DirectoryEntry { manager: other.manager, ..entry })
    }
}

#[async_trait]
impl Directory for People {
    async fn entry(&self, user: &UserRef, with_manager: bool) -> Result<DirectoryEntry, Failure> {
        let mut entry = self.inner.entry(user, with_manager).await?;
        if !with_manager {
            return Ok(entry);
        }
        match self.bug {
            Bug::AddresseeByName => self.by_name(entry).await,
            Bug::AddresseeCached => {
                let mut cached = self.manager.lock().unwrap_or_else(PoisonError::into_inner);
                if cached.is_none() {
                    cached.clone_from(&entry.manager);
                }
                entry.manager.clone_from(&cached);
                Ok(entry)
            }
            _ => Ok(entry),
        }
    }

    async fn profile(&self, user: &UserRef) -> Result<Profile, Failure> {
        self.inner.profile(user).await
    }

    async fn search(&self, text: &str, limit: usize) -> Result<Vec<FoundUser>, Failure> {
        self.inner.search(text, limit).await
    }

    async fn memberships(&self, user: &UserRef, groups: &[ObjectId]) -> Result<Vec<ObjectId>, Failure> {
        self.inner.memberships(user, groups).await
    }

    async fn privileged_roles(&self, user: &UserRef) -> Result<Vec<String>, Failure> {
        self.inner.privileged_roles(user).await
    }
}
