//! Faults on demand: which call they strike, and how often.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::chance::Chance;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Nothing happens but the answer `status` (503 by default).
    FailBefore,
    /// The effect is committed, then the answer is lost: `status`, or a cut connection without one.
    FailAfter,
    /// The connection is cut and nothing happens.
    Reset,
    /// `delay_ms` pass, then all is well.
    Delay,
    /// Nothing happens but an answer of another kind than expected: `status` (200 by default) with `body`.
    WrongAnswer,
    /// 429, with `Retry-After` when `retry_after` is given.
    Throttle,
}

/// A fault as it was ordered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// Name of the endpoint, or `*`.
    pub(crate) endpoint: String,
    /// What goes wrong.
    pub(crate) kind: Kind,
    /// HTTP status (or SMTP reply code for `smtp`).
    #[serde(default)]
    pub(crate) status: Option<u16>,
    /// Milliseconds before anything else, for every kind.
    #[serde(default)]
    pub(crate) delay_ms: Option<u64>,
    /// Seconds.
    #[serde(default)]
    pub(crate) retry_after: Option<u64>,
    /// Body of a wrong answer; by default the page of a captive portal.
    #[serde(default)]
    pub(crate) body: Option<String>,
    /// How often; for ever when absent.
    #[serde(default)]
    pub(crate) times: Option<u64>,
    /// How likely, each time; always when absent.
    #[serde(default)]
    pub(crate) probability: Option<f64>,
    /// Seed of the probability; the sandbox's own by default.
    #[serde(default)]
    pub(crate) seed: Option<u64>,
}

/// A rule under its id.
#[derive(Debug, Serialize)]
pub(crate) struct Standing {
    /// For deletion.
    pub(crate) id: u64,
    /// Times it has struck.
    pub(crate) struck: u64,
    /// The rule; `times` counts down.
    #[serde(flatten)]
    pub(crate) rule: Rule,
    #[serde(skip)]
    chance: Chance,
}

/// All faults that stand.
#[derive(Debug)]
pub(crate) struct Faults {
    seed: u64,
    standing: Mutex<(u64, Vec<Standing>)>,
}

impl Faults {
    /// None yet; `seed` for probabilities without a seed of their own.
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, standing: Mutex::default() }
    }

    /// Adds a rule and tells its id.
    pub(crate) fn add(&self, rule: Rule) -> u64 {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        standing.0 += 1;
        let id = standing.0;
        standing.1.push(Standing { id, struck: 0, chance: Chance::new(rule.seed.unwrap_or(self.seed ^ id)), rule });
        id
    }

    /// Removes one rule, or all. True when there was something to remove.
    pub(crate) fn remove(&self, id: Option<u64>) -> bool {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = standing.1.len();
        standing.1.retain(|one| id.is_some_and(|id| one.id != id));
        standing.1.len() != before
    }

    /// Reads the rules, those that are used up among them.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&[Standing]) -> T) -> T {
        read(&self.standing.lock().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// The fault that this call meets, if any. Counts it.
    pub(crate) fn draw(&self, endpoint: &str) -> Option<Rule> {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        for one in &mut standing.1 {
            if (one.rule.endpoint != "*" && one.rule.endpoint != endpoint) || one.rule.times == Some(0) {
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
