//! Steps of the scenario and their output.

use std::fmt;
use std::time::Duration;

use keyferry_domain::{Clock, Timestamp};

/// Titles of the process flow: 14, and 4 in a browser.
pub(super) const FLOW: [&str; 18] = [
    "A caller with a token orders a key",
    "The connector requests creation options from Graph",
    "The connector seals the creation options",
    "The delivery service accepts the order",
    "The factory creates the credential",
    "The parcel is shipped",
    "The connector processes the shipment",
    "The connector stores tracking, serial number and firmware",
    "The caller sees the shipment as complete",
    "The connector opened the credential response",
    "Graph lists the method",
    "The connector opened the PIN response and delivered the PIN",
    "The PIN arrives separately from the key",
    "The holder signs in",
    "A browser shows the mail",
    "The key is plugged in",
    "The holder signs in with the browser",
    "Signing in without the PIN fails",
];

/// A completed step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Number, from 1. In the process flow, 1 to 14 are those of the guide, and 15 to 18 are in a browser.
    pub number: u8,
    /// Title of the step.
    pub title: &'static str,
    /// What happened. Contains no PIN, token or secret.
    pub detail: String,
    /// Duration. `None` for a step that happened inside a call of an earlier step.
    pub took: Option<Duration>,
}

impl fmt::Display for Step {
    /// Formats the step in two lines: number, title and duration; then the detail.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>2}. {}", self.number, self.title)?;
        if let Some(took) = self.took {
            write!(f, " [{:.3} s]", took.as_secs_f64())?;
        }
        write!(f, "\n    {}", self.detail)
    }
}

/// Completed steps, and the current step.
pub(super) struct Steps<'a> {
    clock: &'a dyn Clock,
    on_step: &'a mut (dyn FnMut(&Step) + Send),
    titles: Vec<&'static str>,
    done: Vec<Step>,
    current: u8,
    started: Timestamp,
    begun: Timestamp,
}

impl<'a> Steps<'a> {
    pub(super) fn new(
        clock: &'a dyn Clock,
        on_step: &'a mut (dyn FnMut(&Step) + Send),
        titles: Vec<&'static str>,
    ) -> Self {
        let now = clock.now();
        Self { clock, on_step, titles, done: Vec::new(), current: 1, started: now, begun: now }
    }

    pub(super) fn current(&self) -> u8 {
        self.current
    }

    /// Returns the title of the current step.
    pub(super) fn title(&self) -> &'static str {
        let index = usize::from(self.current).saturating_sub(1);
        self.titles.get(index).copied().unwrap_or("after the last step")
    }

    pub(super) fn clock(&self) -> &'a dyn Clock {
        self.clock
    }

    /// Completes the current step. Its duration is the time since the previous step.
    pub(super) fn done(&mut self, detail: String) {
        let took = self.since(self.begun);
        self.push(detail, Some(took));
    }

    /// Completes the current step, which happened inside a call of an earlier step and has no duration of its own.
    pub(super) fn done_earlier(&mut self, detail: String) {
        self.push(detail, None);
    }

    /// Returns the time since `then`.
    pub(super) fn since(&self, then: Timestamp) -> Duration {
        (self.clock.now() - then).to_std().unwrap_or_default()
    }

    /// Returns all steps and the total time.
    pub(super) fn finish(self) -> (Vec<Step>, Duration) {
        let took = self.since(self.started);
        (self.done, took)
    }

    fn push(&mut self, detail: String, took: Option<Duration>) {
        let step = Step { number: self.current, title: self.title(), detail, took };
        (self.on_step)(&step);
        self.done.push(step);
        self.current += 1;
        self.begun = self.clock.now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_has_two_lines() {
        let mut step = Step {
            number: 6,
            title: FLOW[5],
            detail: "state 103".to_owned(),
            took: Some(Duration::from_micros(1_234_567)),
        };
        assert_eq!(step.to_string(), " 6. The parcel is shipped [1.235 s]\n    state 103");
        step.took = None;
        assert_eq!(step.to_string(), " 6. The parcel is shipped\n    state 103");
    }
}
