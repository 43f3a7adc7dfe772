//! Temporary Access Passes, from
//! <https://learn.microsoft.com/graph/api/resources/temporaryaccesspassauthenticationmethod>. This is only their store.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ground::clock::rfc3339;

/// Pass of a user.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    pub(super) id: Uuid,
    pub(super) code: String,
    pub(super) created: DateTime<Utc>,
    pub(super) start: DateTime<Utc>,
    pub(super) minutes: i64,
    pub(super) once: bool,
}

impl Pass {
    /// Returns the pass in Graph's JSON form. Only the response to its creation has the code.
    pub(super) fn json(&self, now: DateTime<Utc>) -> Value {
        let end = self.start + TimeDelta::minutes(self.minutes);
        let reason = match () {
            () if now < self.start => "NotYetValid",
            () if end <= now => "Expired",
            () => "EnabledByPolicy",
        };
        json!({
            "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethod",
            "id": self.id,
            "temporaryAccessPass": null,
            "createdDateTime": rfc3339(self.created),
            "startDateTime": rfc3339(self.start),
            "lifetimeInMinutes": self.minutes,
            "isUsableOnce": self.once,
            "isUsable": reason == "EnabledByPolicy",
            "methodUsabilityReason": reason,
        })
    }
}

/// Store of all passes: a user has at most one.
#[derive(Debug, Default)]
pub(crate) struct Passes(Mutex<HashMap<Uuid, Pass>>);

impl Passes {
    /// Deletes all passes.
    pub(crate) fn clear(&self) {
        self.with(HashMap::clear);
    }

    /// Returns the pass of a user.
    pub(super) fn of(&self, user: Uuid) -> Option<Pass> {
        self.with(|passes| passes.get(&user).cloned())
    }

    /// Stores the pass of a user, in place of the one before.
    pub(super) fn put(&self, user: Uuid, pass: Pass) {
        self.with(|passes| passes.insert(user, pass));
    }

    /// Deletes a pass. Returns `false` if the user has no such pass.
    pub(super) fn remove(&self, user: Uuid, id: &str) -> bool {
        self.with(|passes| match passes.get(&user).is_some_and(|pass| pass.id.to_string() == id) {
            true => passes.remove(&user).is_some(),
            false => false,
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<Uuid, Pass>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
