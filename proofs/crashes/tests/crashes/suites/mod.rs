//! The test suites: kills at every step, kills at random moments, and planted bugs.

pub(crate) mod every_step;
pub(crate) mod planted;
pub(crate) mod random_moments;

use std::path::Path;

use crate::case::Case;
use crate::case_run::Outcome;

/// Formats a failed case with everything needed to reproduce it.
pub(crate) fn report(case: &Case, outcome: &Outcome, kept: Option<&Path>) -> String {
    let mut report = format!("broken: {case}\n");
    for broken in &outcome.broken {
        report.push_str(&format!("  {broken}\n"));
    }
    for kill in &outcome.kills {
        let how = if kill.exactly { "at" } else { "after" };
        report.push_str(&format!("  killed {how} {}\n", kill.step.as_deref().unwrap_or("start")));
    }
    if let Some(kept) = kept {
        report.push_str(&format!("  kept: {}\n", kept.display()));
    }
    report
}
