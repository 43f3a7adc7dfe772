//! Result of many cases.

use std::collections::BTreeMap;
use std::fmt;

use super::story::Way;
use super::ways::Fault;
use crate::judge::Finding;

/// One case: a story with its faults.
#[derive(Clone, Debug)]
pub struct Case {
    /// Story.
    pub story: Way,
    /// Seed of the story.
    pub seed: u64,
    /// Position of each fault, and the fault.
    pub faults: Vec<(usize, Fault)>,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, seed {}", self.story, self.seed)?;
        for (position, fault) in &self.faults {
            write!(f, ", call {position} {fault}")?;
        }
        Ok(())
    }
}

/// Case in which something happened that must never happen.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The case.
    pub case: Case,
    /// What the judge found.
    pub findings: Vec<Finding>,
}

/// Result of many cases.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Number of cases.
    pub cases: usize,
    /// Cases that failed, by position.
    pub failed: Vec<Failed>,
    /// Number of cases by the end of the shipment.
    pub ends: BTreeMap<&'static str, usize>,
}

impl Report {
    /// Adds the cases of another report.
    pub fn merge(&mut self, other: Self) {
        self.cases += other.cases;
        self.failed.extend(other.failed);
        for (end, cases) in other.ends {
            *self.ends.entry(end).or_default() += cases;
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends: Vec<_> = self.ends.iter().map(|(end, cases)| format!("{end} {cases}")).collect();
        writeln!(f, "{} cases, {} failed; {}", self.cases, self.failed.len(), ends.join(", "))?;
        for Failed { case, findings } in self.failed.iter().take(20) {
            writeln!(f, "{case}")?;
            findings.iter().take(3).try_for_each(|finding| writeln!(f, "    {finding}"))?;
        }
        Ok(())
    }
}
