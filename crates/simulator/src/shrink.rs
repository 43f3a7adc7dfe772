//! Finds a smaller configuration in which the same harm is found.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::judge::{Finding, Harm};
use crate::run::{Report, run};
use crate::trace::Keep;

/// A small configuration, and what it finds.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The configuration.
    pub config: Config,
    /// Its first finding of the harm.
    pub finding: Finding,
    /// Its report, with the steps of the finding's shipment.
    pub report: Report,
    /// Number of runs that were made.
    pub runs: usize,
}

/// Shrinks a configuration that found something: first people and days, then the faults. Stops after `budget` of real
/// time. Returns `None` if the configuration finds nothing.
pub fn shrink(config: &Config, budget: Duration) -> Option<Shrunk> {
    let begin = Instant::now();
    let mut search = Search { end: begin + budget, runs: 0 };
    let mut config = Config { keep: Keep::Nothing, stop_at_first: false, progress: None, ..config.clone() };
    let first = search.run(&config);
    let harm = first.findings.first()?.harm;
    let mut found = first;
    loop {
        let smaller = [
            Config { people: config.people / 2, ..config.clone() },
            Config { days: config.days / 2, ..config.clone() },
            Config { people: config.people * 3 / 4, ..config.clone() },
            Config { days: config.days.saturating_sub(1), ..config.clone() },
        ];
        let mut smaller = smaller.into_iter().filter(|smaller| smaller.people >= 4 && smaller.days >= 1);
        let Some((next, report)) = smaller.find_map(|next| search.finds(&next, harm).map(|report| (next, report)))
        else {
            break;
        };
        (config, found) = (next, report);
    }
    let mut needed: Vec<u64> = found.injected.clone();
    let mut size = needed.len().div_ceil(2);
    while size > 0 && search.is_time() {
        let mut at = 0;
        while at < needed.len() && search.is_time() {
            let rest: Vec<u64> = [&needed[..at], &needed[(at + size).min(needed.len())..]].concat();
            let next = Config { only: Some(rest.iter().copied().collect::<BTreeSet<_>>()), ..config.clone() };
            match search.finds(&next, harm) {
                Some(report) => {
                    needed = report.injected.iter().copied().filter(|number| rest.contains(number)).collect();
                    (config, found) = (next, report);
                }
                None => at += size,
            }
        }
        size /= 2;
    }
    let finding = found.findings.into_iter().find(|finding| finding.harm == harm)?;
    config.keep = Keep::Shipments(finding.shipment.into_iter().collect());
    let report = search.run(&config);
    Some(Shrunk { config, finding, report, runs: search.runs })
}

struct Search {
    end: Instant,
    runs: usize,
}

impl Search {
    fn is_time(&self) -> bool {
        Instant::now() < self.end
    }

    fn run(&mut self, config: &Config) -> Report {
        self.runs += 1;
        run(config)
    }

    fn finds(&mut self, config: &Config, harm: Harm) -> Option<Report> {
        if !self.is_time() {
            return None;
        }
        Some(self.run(config)).filter(|report| report.findings.iter().any(|finding| finding.harm == harm))
    }
}
