//! The test suites: kills at every step, at random moments, with a wrong clock, with refused writes, and planted bugs.

pub(crate) mod every_step;
pub(crate) mod planted;
pub(crate) mod queued;
pub(crate) mod random_moments;
pub(crate) mod refused_writes;
pub(crate) mod wrong_clock;

use std::ops::ControlFlow;
use std::path::Path;

use crate::case::Case;
use crate::case_run::Outcome;
use crate::harness::Harness;
use crate::table::Table;

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

/// Sums of cases that must all be killed.
#[derive(Default)]
struct Sums {
    table: Table,
    broken: String,
    missed: Vec<String>,
}

impl Sums {
    /// Runs the cases. Calls `each` for each outcome.
    async fn run_each(&mut self, harness: &Harness, cases: Vec<Case>, mut each: impl FnMut(&Case, &Outcome)) {
        harness
            .run(cases, |case, outcome, kept| {
                self.table.add(&outcome);
                if !outcome.broken.is_empty() {
                    self.broken.push_str(&report(case, &outcome, kept));
                } else if outcome.kills.is_empty() {
                    self.missed.push(case.to_string());
                }
                each(case, &outcome);
                ControlFlow::Continue(())
            })
            .await;
    }

    async fn run(&mut self, harness: &Harness, cases: Vec<Case>) {
        self.run_each(harness, cases, |_, _| {}).await;
    }

    fn verdict(mut self) -> Result<(), String> {
        if !self.missed.is_empty() {
            self.broken.push_str(&format!("not killed, because the step was not reached: {:#?}\n", self.missed));
        }
        if self.broken.is_empty() { Ok(()) } else { Err(self.broken) }
    }
}

/// Prints the table, and returns what is broken.
fn report_sums(harness: &Harness, title: &str, sums: Sums) -> Result<(), String> {
    if !harness.quiet {
        println!("{title}:\n{}", sums.table);
    }
    sums.verdict()
}
