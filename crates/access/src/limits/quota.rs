//! Quotas: numbers per hour and per day.

use std::time::Duration;

use keyferry_settings::Invalid;

use super::window::{LONGEST, Window};

/// Length of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Hour,
    Day,
}

impl Length {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    pub(super) fn duration(self) -> Duration {
        match self {
            Self::Hour => Duration::from_secs(3600),
            Self::Day => LONGEST,
        }
    }
}

/// Largest number within a window of any position in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) most: u32,
    pub(super) window: Length,
}

/// Rules that all apply. Without rules, nothing is limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota(Vec<Rule>);

impl Quota {
    /// Parses rules such as `10/hour, 20/day`, or `unlimited`.
    ///
    /// # Errors
    /// The reason why `text` is neither.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.trim().eq_ignore_ascii_case("unlimited") {
            return Ok(Self::unlimited());
        }
        let rules = text.split(',').map(|rule| {
            let (most, window) = rule.trim().split_once('/').ok_or("a rule has no slash")?;
            let most = most.trim().parse().ok().filter(|&most| most > 0).ok_or("a number is not positive")?;
            let window = match window.trim() {
                "hour" => Length::Hour,
                "day" => Length::Day,
                _ => return Err("a window is neither hour nor day".into()),
            };
            Ok(Rule { most, window })
        });
        rules.collect::<Result<_, Invalid>>().map(Self)
    }

    pub(super) fn unlimited() -> Self {
        Self(Vec::new())
    }

    pub(super) fn is_unlimited(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the rule that another request would exceed, and the time after which it would not.
    pub(super) fn reached(&self, window: &mut Window, now: Duration) -> Option<(Rule, Duration)> {
        let waits = self.0.iter().filter_map(|&rule| {
            let wait = window.wait(rule.most, rule.window.duration(), now)?;
            Some((rule, wait))
        });
        waits.max_by_key(|&(_, wait)| wait)
    }
}
