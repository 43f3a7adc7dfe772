//! Results of actions on many shipments, for the page that shows them.
//!
//! A result is kept in the memory of this process, for the user who acted. The form of a confirmation contains a token
//! that is used once: a form that is sent twice, or a page that is loaded again, does nothing again. Another process
//! does not know the token. There, only the number of shipments protects, which the operation compares.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::check::Why;
use crate::shipment::Verb;

/// Most results that are kept. The oldest are forgotten first.
const MOST: usize = 100;

/// Length of a token, in bytes.
const LENGTH: usize = 16;

/// Results of actions. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Outcomes(Arc<Mutex<VecDeque<Kept>>>);

struct Kept {
    token: String,
    user: String,
    outcome: Outcome,
}

/// What is known about an action.
#[derive(Clone)]
pub(super) enum Outcome {
    /// It is in progress.
    Running,
    Done(Arc<Done>),
}

/// Result of an action.
pub(super) struct Done {
    pub(super) verb: Verb,
    pub(super) done: u64,
    pub(super) left: u64,
    pub(super) refused: Vec<Why>,
    /// Address of the list.
    pub(super) list: String,
    /// Address of the dry run, for what is left.
    pub(super) again: String,
}

/// An action in progress. Dropped without a result, for example because the browser closed the connection, it leaves
/// no trace here; the timeline of each shipment has it.
pub(super) struct Running {
    outcomes: Outcomes,
    token: String,
    is_done: bool,
}

/// Returns a new token. `None` if the system provides no random bytes.
pub(super) fn token() -> Option<String> {
    let mut bytes = [0; LENGTH];
    rand::fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

fn is_token(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == LENGTH)
}

impl Outcomes {
    fn with<T>(&self, work: impl FnOnce(&mut VecDeque<Kept>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Uses a token. `None` if it was used before, or is none.
    pub(super) fn begin(&self, token: &str, user: &str) -> Option<Running> {
        self.with(|kept| {
            if !is_token(token) || kept.iter().any(|one| one.token == token) {
                return None;
            }
            if kept.len() >= MOST {
                kept.pop_front();
            }
            kept.push_back(Kept { token: token.to_owned(), user: user.to_owned(), outcome: Outcome::Running });
            Some(Running { outcomes: self.clone(), token: token.to_owned(), is_done: false })
        })
    }

    /// Returns what is known about the action of a user with this token.
    pub(super) fn find(&self, token: &str, user: &str) -> Option<Outcome> {
        self.with(|kept| kept.iter().find(|one| one.token == token && one.user == user).map(|one| one.outcome.clone()))
    }
}

impl Running {
    /// Keeps the result.
    pub(super) fn finish(mut self, done: Done) {
        self.is_done = true;
        self.outcomes.with(|kept| {
            if let Some(one) = kept.iter_mut().find(|one| one.token == self.token) {
                one.outcome = Outcome::Done(Arc::new(done));
            }
        });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.is_done {
            self.outcomes.with(|kept| kept.retain(|one| one.token != self.token));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(number: u64) -> Done {
        Done {
            verb: Verb::Retry,
            done: number,
            left: 0,
            refused: Vec::new(),
            list: String::new(),
            again: String::new(),
        }
    }

    #[test]
    fn token_is_used_once_and_its_result_is_the_users() {
        let (outcomes, token) = (Outcomes::default(), token().unwrap());
        let running = outcomes.begin(&token, "grace").unwrap();
        assert!(outcomes.begin(&token, "grace").is_none(), "sent twice");
        assert!(matches!(outcomes.find(&token, "grace"), Some(Outcome::Running)));
        running.finish(done(3));
        assert!(matches!(outcomes.find(&token, "grace"), Some(Outcome::Done(done)) if done.done == 3));
        assert!(outcomes.find(&token, "alan").is_none());
        assert!(outcomes.begin(&token, "grace").is_none(), "loaded again");
        for other in ["", "x", "AAAA", "../../x"] {
            assert!(outcomes.begin(other, "grace").is_none(), "{other}");
        }
    }

    #[test]
    fn interrupted_action_leaves_no_result_and_old_ones_are_forgotten() {
        let outcomes = Outcomes::default();
        let first = token().unwrap();
        drop(outcomes.begin(&first, "grace"));
        assert!(outcomes.find(&first, "grace").is_none());
        outcomes.begin(&first, "grace").unwrap().finish(done(1));
        for _ in 0..MOST {
            outcomes.begin(&token().unwrap(), "grace").unwrap().finish(done(2));
        }
        assert!(outcomes.find(&first, "grace").is_none());
        assert_eq!(outcomes.with(|kept| kept.len()), MOST);
    }
}
