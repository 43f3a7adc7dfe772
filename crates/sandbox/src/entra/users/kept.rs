//! Values that are kept for a while, by an unguessable name.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use crate::ground::random;

/// Maximum number of values. The oldest are deleted.
const MOST: usize = 10_000;

/// Values by name. Names are secrets: they have no `Debug`.
pub(super) struct Kept<T>(HashMap<String, (DateTime<Utc>, T)>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> std::fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("values", &self.0.len()).finish()
    }
}

impl<T> Kept<T> {
    /// Adds a value, which is deleted after `until`. Returns its name.
    pub(super) fn add(&mut self, value: T, now: DateTime<Utc>, until: DateTime<Utc>) -> String {
        self.0.retain(|_, (until, _)| *until > now);
        if self.0.len() >= MOST
            && let Some(oldest) = self.0.iter().min_by_key(|(_, (until, _))| *until).map(|(name, _)| name.clone())
        {
            self.0.remove(&oldest);
        }
        let name = URL_SAFE_NO_PAD.encode(random::bytes::<48>());
        self.0.insert(name.clone(), (until, value));
        name
    }

    /// Returns the value with this name.
    pub(super) fn get(&mut self, name: &str, now: DateTime<Utc>) -> Option<&mut T> {
        self.0.get_mut(name).filter(|(until, _)| *until > now).map(|(_, value)| value)
    }

    /// Removes the value with this name.
    pub(super) fn take(&mut self, name: &str, now: DateTime<Utc>) -> Option<T> {
        self.0.remove(name).filter(|(until, _)| *until > now).map(|(_, value)| value)
    }

    /// Returns all values with their names.
    pub(super) fn all(&self, now: DateTime<Utc>) -> impl Iterator<Item = (&String, &T)> {
        self.0.iter().filter(move |(_, (until, _))| *until > now).map(|(name, (_, value))| (name, value))
    }
}
