//! Table of kills and outcomes by step.

use std::collections::BTreeMap;
use std::fmt;

use crate::case_run::{Kill, Outcome};
use crate::tally::Tally;

#[derive(Default)]
struct Row {
    before: usize,
    after: usize,
    moments: usize,
    tally: Tally,
}

/// Kills by step, and the outcomes of orders in cases whose first kill was there.
#[derive(Default)]
pub(crate) struct Table {
    rows: BTreeMap<String, Row>,
    pub(crate) kills: usize,
    pub(crate) cases: usize,
    pub(crate) processes: usize,
    pub(crate) total: Tally,
}

impl Table {
    pub(crate) fn add(&mut self, outcome: &Outcome) {
        self.cases += 1;
        self.processes += outcome.announced.len();
        self.kills += outcome.kills.len();
        self.total += outcome.tally;
        for kill in &outcome.kills {
            let (name, side) = place(kill);
            let row = self.rows.entry(name).or_default();
            match (kill.exactly, side) {
                (true, "before") => row.before += 1,
                (true, _) => row.after += 1,
                (false, _) => row.moments += 1,
            }
        }
        if let Some(first) = outcome.kills.first() {
            self.rows.entry(place(first).0).or_default().tally += outcome.tally;
        }
    }
}

/// Returns the step without its side (`before` or `after`), and the side.
fn place(kill: &Kill) -> (String, &str) {
    let step = kill.step.as_deref().unwrap_or("(starting)");
    let (name, side) = step.rsplit_once('.').unwrap_or((step, ""));
    if kill.step.is_none() { (step.to_owned(), "") } else { (name.to_owned(), side) }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<46} {:>6} {:>6} {:>6} | {:>8} {:>7} {:>7} {:>7}",
            "step", "before", "after", "moment", "complete", "adopted", "nothing", "none"
        )?;
        for (name, row) in &self.rows {
            let Row { before, after, moments, tally } = row;
            line(f, name, [*before, *after, *moments], tally)?;
        }
        let sum = |of: fn(&Row) -> usize| self.rows.values().map(of).sum();
        let kills = [sum(|row| row.before), sum(|row| row.after), sum(|row| row.moments)];
        line(f, "all", kills, &self.total)?;
        let Self { kills, cases, processes, total, .. } = self;
        let Tally { repeated_mails, resent, .. } = total;
        write!(
            f,
            "{kills} kills in {cases} cases, {processes} processes; {resent} PINs resent on demand, \
             {repeated_mails} mails repeated under one message id"
        )
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, kills: [usize; 3], tally: &Tally) -> fmt::Result {
    let [before, after, moments] = kills;
    let Tally { complete, adopted, nothing_found, not_ordered, .. } = tally;
    writeln!(
        f,
        "{name:<46} {before:>6} {after:>6} {moments:>6} | {complete:>8} {adopted:>7} {nothing_found:>7} \
         {not_ordered:>7}"
    )
}
