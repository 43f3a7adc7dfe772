//! The steps, and how they are told.

use std::fmt;
use std::time::Duration;

use keyferry_domain::{Clock, Timestamp};

const TITLES: [&str; 18] = [
    "A caller with a token orders a key",
    "The connector asks Graph for creation options",
    "Entra ID gives them, and they are sealed",
    "The order goes to the delivery service",
    "The factory makes the credential",
    "The parcel is shipped",
    "The connector looks at the shipment",
    "It takes over tracking, serial number and firmware",
    "The caller sees the shipment complete",
    "The credential response was opened",
    "Graph holds the method",
    "The PIN response was opened and handed over",
    "The PIN arrives, apart from the key",
    "The person signs in",
    "A browser shows the mail",
    "The key is plugged in",
    "The person signs in in the browser",
    "Without the PIN nobody signs in",
];

/// A step that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// 1 to 14, as in the guide's process flow; from 15 on in a browser.
    pub number: u8,
    /// What it is.
    pub title: &'static str,
    /// What happened. Never a PIN, a token or a secret.
    pub detail: String,
    /// How long it took; `None` for what happened inside a call that an earlier step made.
    pub took: Option<Duration>,
}

impl fmt::Display for Step {
    /// Two lines: number, title and time; what happened.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>2}. {}", self.number, self.title)?;
        if let Some(took) = self.took {
            write!(f, " [{:.3} s]", took.as_secs_f64())?;
        }
        write!(f, "\n    {}", self.detail)
    }
}

/// What the step with this number is.
pub(super) fn title(number: u8) -> &'static str {
    usize::from(number).checked_sub(1).and_then(|index| TITLES.get(index)).copied().unwrap_or("Before the first step")
}

/// The steps so far, and the one under way.
pub(super) struct Steps<'a> {
    clock: &'a dyn Clock,
    tell: &'a mut (dyn FnMut(&Step) + Send),
    done: Vec<Step>,
    current: u8,
    started: Timestamp,
    begun: Timestamp,
}

impl<'a> Steps<'a> {
    pub(super) fn new(clock: &'a dyn Clock, tell: &'a mut (dyn FnMut(&Step) + Send)) -> Self {
        let now = clock.now();
        Self { clock, tell, done: Vec::new(), current: 1, started: now, begun: now }
    }

    pub(super) fn current(&self) -> u8 {
        self.current
    }

    pub(super) fn clock(&self) -> &'a dyn Clock {
        self.clock
    }

    /// The step under way is done, and took the time since the one before.
    pub(super) fn done(&mut self, detail: String) {
        let took = self.since(self.begun);
        self.push(detail, Some(took));
    }

    /// The step under way turned out to have been done inside an earlier one's call.
    pub(super) fn was_done(&mut self, detail: String) {
        self.push(detail, None);
    }

    /// Time since `then`.
    pub(super) fn since(&self, then: Timestamp) -> Duration {
        (self.clock.now() - then).to_std().unwrap_or_default()
    }

    /// All of it, and how long it took.
    pub(super) fn finish(self) -> (Vec<Step>, Duration) {
        let took = self.since(self.started);
        (self.done, took)
    }

    fn push(&mut self, detail: String, took: Option<Duration>) {
        let step = Step { number: self.current, title: title(self.current), detail, took };
        (self.tell)(&step);
        self.done.push(step);
        self.current += 1;
        self.begun = self.clock.now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_told_in_two_lines() {
        let mut step = Step {
            number: 6,
            title: title(6),
            detail: "state 103".to_owned(),
            took: Some(Duration::from_micros(1_234_567)),
        };
        assert_eq!(step.to_string(), " 6. The parcel is shipped [1.235 s]\n    state 103");
        step.took = None;
        assert_eq!(step.to_string(), " 6. The parcel is shipped\n    state 103");
        assert_eq!(title(14), "The person signs in");
    }
}
