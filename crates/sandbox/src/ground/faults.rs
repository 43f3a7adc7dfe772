//! Injected faults: the calls that they affect, and how often.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::seeded_random::SeededRandom;

/// Effect of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Answers `status` (default: 503) and does nothing else.
    FailBefore,
    /// Performs the call, then answers `body` if there is one, or `status`, or closes the connection.
    FailAfter,
    /// Closes the connection and does nothing else.
    Reset,
    /// Waits for `delay_ms`, then performs the call.
    Delay,
    /// Answers `status` (default: 200) with `body`, a response of an unexpected kind, and does nothing else.
    WrongAnswer,
    /// Answers 429, with `Retry-After` if `retry_after` is given.
    Throttle,
}

/// A fault, in the form of `POST /control/faults`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// Name of the endpoint, its beginning and `*` (`graph.*`), or `*` for all.
    pub(crate) endpoint: String,
    /// Text that the path of the call contains, such as the id of a user or a shipment. Default: any path.
    #[serde(default)]
    pub(crate) path: Option<String>,
    /// Effect of the fault.
    pub(crate) kind: Kind,
    /// HTTP status. For the endpoint `smtp`: SMTP reply code.
    #[serde(default)]
    pub(crate) status: Option<u16>,
    /// Delay before everything else, in milliseconds. Applies to every kind.
    #[serde(default)]
    pub(crate) delay_ms: Option<u64>,
    /// Value of `Retry-After`, in seconds.
    #[serde(default)]
    pub(crate) retry_after: Option<u64>,
    /// Body of a wrong answer, or of an answer after the call was performed. Default of a wrong answer: the page of a
    /// captive portal.
    #[serde(default)]
    pub(crate) body: Option<String>,
    /// Number of calls that the fault affects. Default: no limit.
    #[serde(default)]
    pub(crate) times: Option<u64>,
    /// Probability for each call, from 0.0 to 1.0. Default: 1.0.
    #[serde(default)]
    pub(crate) probability: Option<f64>,
    /// Seed of the probability. Default: derived from the sandbox's seed.
    #[serde(default)]
    pub(crate) seed: Option<u64>,
}

impl Rule {
    fn covers(&self, endpoint: &str, path: &str) -> bool {
        let named = match self.endpoint.strip_suffix('*') {
            Some(beginning) => endpoint.starts_with(beginning),
            None => self.endpoint == endpoint,
        };
        named && self.path.as_deref().is_none_or(|text| path.contains(text))
    }
}

/// An active fault with its id and its counter.
#[derive(Debug, Serialize)]
pub(crate) struct ActiveFault {
    /// Id, for deletion.
    pub(crate) id: u64,
    /// Number of calls that the fault affected.
    pub(crate) struck: u64,
    /// The rule. Its `times` counts down.
    #[serde(flatten)]
    pub(crate) rule: Rule,
    #[serde(skip)]
    chance: SeededRandom,
}

/// All active faults.
#[derive(Debug)]
pub(crate) struct Faults {
    seed: u64,
    active: Mutex<(u64, Vec<ActiveFault>)>,
}

impl Faults {
    /// Creates an empty list. `seed` is for probabilities without their own seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, active: Mutex::default() }
    }

    /// Adds a rule and returns its id.
    pub(crate) fn add(&self, rule: Rule) -> u64 {
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        active.0 += 1;
        let id = active.0;
        active.1.push(ActiveFault {
            id,
            struck: 0,
            chance: SeededRandom::new(rule.seed.unwrap_or(self.seed ^ id)),
            rule,
        });
        id
    }

    /// Removes the rule with this id, or all rules. Returns `true` if a rule was removed.
    pub(crate) fn remove(&self, id: Option<u64>) -> bool {
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        let before = active.1.len();
        active.1.retain(|one| id.is_some_and(|id| one.id != id));
        active.1.len() != before
    }

    /// Reads the rules, including those whose `times` is 0.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&[ActiveFault]) -> T) -> T {
        read(&self.active.lock().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// Returns the first fault that applies to this call, and counts it. Calls without HTTP have an empty path.
    pub(crate) fn draw(&self, endpoint: &str, path: &str) -> Option<Rule> {
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        for one in &mut active.1 {
            if !one.rule.covers(endpoint, path) || one.rule.times == Some(0) {
                continue;
            }
            if one.rule.probability.is_some_and(|p| !one.chance.happens(p)) {
                continue;
            }
            one.struck += 1;
            if let Some(times) = one.rule.times.as_mut() {
                *times -= 1;
            }
            return Some(one.rule.clone());
        }
        None
    }
}

#[cfg(test)]
mod tests;
