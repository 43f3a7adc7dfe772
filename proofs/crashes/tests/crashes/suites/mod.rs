//! The test suites: kills at every step, at random moments, with a wrong clock, with refused writes, and planted bugs.

pub(crate) mod every_step;
pub(crate) mod planted;
pub(crate) mod queued;
pub(crate) mod random_moments;
pub(crate) mod refused_writes;
pub(crate) mod wrong_clock;

use std::ops::ControlFlow;
use std::path::Path;

use crate::case::{Case, PlannedKill};
use crate::case_run::Outcome;
use crate::child::StepAt;
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
    /// Beginning of the steps that run by time, so that a run may end before it reaches them.
    by_time: Option<&'static str>,
}

impl Sums {
    /// Runs the cases. Calls `each` for each outcome.
    async fn run_each(&mut self, harness: &Harness, mut cases: Vec<Case>, mut each: impl FnMut(&Case, &Outcome)) {
        while !cases.is_empty() {
            let mut earlier = Vec::new();
            harness
                .run(cases, |case, outcome, kept| {
                    self.table.add(&outcome);
                    if !outcome.broken.is_empty() {
                        self.broken.push_str(&report(case, &outcome, kept));
                    } else if outcome.kills.is_empty() {
                        match killed_earlier(case, &outcome) {
                            Some(case) => earlier.push(case),
                            None if self.by_time.is_some_and(|steps| first_step(case).starts_with(steps)) => {}
                            None => self.missed.push(case.to_string()),
                        }
                    }
                    each(case, &outcome);
                    ControlFlow::Continue(())
                })
                .await;
            cases = earlier;
        }
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

/// Returns the step of the first kill, if it is at one.
fn first_step(case: &Case) -> &str {
    match case.kills.first() {
        Some(PlannedKill::AtStep(at)) => &at.step,
        _ => "",
    }
}

/// Returns the case with a kill half as late, if this run reached the step fewer times than planned.
/// How often a run looks at something until it has happened depends on the machine.
fn killed_earlier(case: &Case, outcome: &Outcome) -> Option<Case> {
    let [PlannedKill::AtStep(StepAt { step, occurrence }), later @ ..] = &case.kills[..] else { return None };
    let reached = *outcome.announced.first()?.get(step)?;
    let earlier = StepAt { step: step.clone(), occurrence: reached.div_ceil(2) };
    let kills = [&[PlannedKill::AtStep(earlier)], later].concat();
    (reached < *occurrence).then(|| Case { kills, ..case.clone() })
}

/// Prints the table, and returns what is broken.
fn report_sums(harness: &Harness, title: &str, sums: Sums) -> Result<(), String> {
    if !harness.quiet {
        println!("{title}:\n{}", sums.table);
    }
    sums.verdict()
}
