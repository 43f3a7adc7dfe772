//! The last line.

use std::time::Duration;

use keyferry_simulator::Report;
use keyferry_simulator::judge::Verdict;

/// Sums of all runs.
#[derive(Default)]
pub(super) struct Totals {
    pub(super) verdict: Verdict,
    shipments: u64,
    faults: u64,
    days: u64,
}

impl Totals {
    pub(super) fn add(&mut self, report: &Report) {
        self.verdict.merge(report.verdict);
        self.shipments += report.shipments;
        self.faults += report.faults;
        self.days += report.days;
    }

    pub(super) fn line(&self, took: Duration) -> String {
        format!(
            "{} · {} shipments · {} faults · {} days in {} s",
            self.verdict,
            self.shipments,
            self.faults,
            self.days,
            took.as_secs()
        )
    }
}
