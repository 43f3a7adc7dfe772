//! Every step is told before and after; at the one that was chosen, the work stands still until the process is killed.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use super::Strike;
use super::legs::{Leg, Legs};

pub(super) struct Steps {
    strike: Option<Strike>,
    seen: Mutex<HashMap<String, u32>>,
    legs: Legs,
}

impl Steps {
    pub(super) fn new(strike: Option<Strike>) -> Self {
        Self { strike, seen: Mutex::default(), legs: Legs::default() }
    }

    /// Does one call of a port.
    pub(super) async fn around<T>(&self, leg: Leg, call: &str, work: impl Future<Output = T>) -> T {
        let leg = self.legs.of(leg);
        self.reach(format!("{leg}.{call}.before")).await;
        let result = work.await;
        self.reach(format!("{leg}.{call}.after")).await;
        result
    }

    async fn reach(&self, step: String) {
        let occurrence = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let occurrence = seen.entry(step.clone()).or_default();
            *occurrence += 1;
            *occurrence
        };
        let struck = self.strike.as_ref().is_some_and(|at| at.step == step && at.occurrence == occurrence);
        if struck {
            say(&format!("struck {step}"));
            std::future::pending::<()>().await;
        }
        say(&format!("step {step}"));
    }
}

/// One line for the harness.
pub(super) fn say(line: &str) {
    let mut out = std::io::stderr().lock();
    // A harness that went away is noticed on standard input.
    drop(out.write_all(format!("{line}\n").as_bytes()));
}
