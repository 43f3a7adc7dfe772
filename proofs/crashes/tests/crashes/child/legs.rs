//! Which leg of the flow a call belongs to. The engine runs each create, each run, each resend and the clean-up in a
//! task of its own, and each begins with a call that only it makes; what a connection's task calls is a person's
//! question or word.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::task;

/// What a call tells about its task.
#[derive(Clone, Copy)]
pub(super) enum Leg {
    /// Only this leg begins with it, so the task is on it from now on.
    Begins(&'static str),
    /// Outside of the legs it means this.
    Otherwise(&'static str),
}

#[derive(Default)]
pub(super) struct Legs(Mutex<HashMap<task::Id, &'static str>>);

impl Legs {
    pub(super) fn of(&self, call: Leg) -> &'static str {
        let mut legs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = task::try_id().and_then(|id| legs.get(&id).copied());
        match (known, call) {
            (Some(leg), _) | (None, Leg::Otherwise(leg)) => leg,
            (None, Leg::Begins(leg)) => {
                legs.extend(task::try_id().map(|id| (id, leg)));
                leg
            }
        }
    }
}
