//! What is run: every step, random moments, and the same with bugs planted.

pub(crate) mod every_step;
pub(crate) mod planted;
pub(crate) mod random_moments;

use std::path::Path;

use crate::case::Case;
use crate::voyage::Outcome;

/// Everything somebody needs to see it again.
pub(crate) fn report(case: &Case, outcome: &Outcome, kept: Option<&Path>) -> String {
    let mut report = format!("broken: {case}\n");
    for broken in &outcome.broken {
        report.push_str(&format!("  {broken}\n"));
    }
    for kill in &outcome.kills {
        let how = if kill.exactly { "at" } else { "after" };
        report.push_str(&format!("  killed {how} {}\n", kill.step.as_deref().unwrap_or("its start")));
    }
    if let Some(kept) = kept {
        report.push_str(&format!("  kept: {}\n", kept.display()));
    }
    report
}
