//! What is printed about a failing seed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use keyferry_simulator::{Config, Report, shrink, timeline};

/// Folder of texts and pictures.
const ARTIFACTS: &str = "target/artifacts/simulator";

/// Real time for shrinking.
const BUDGET: Duration = Duration::from_secs(60);

/// Most findings that are printed.
const SHOWN: usize = 20;

/// Prints the findings, a smaller configuration that finds the same, the command that replays it, and what happened.
pub(super) fn explain(config: &Config, report: &Report) {
    println!("seed {} found:", config.seed);
    let mut kinds = BTreeMap::<String, usize>::new();
    for finding in &report.findings {
        *kinds.entry(finding.text.chars().filter(|c| !c.is_ascii_digit()).take(60).collect()).or_default() += 1;
    }
    for finding in report.findings.iter().take(SHOWN) {
        println!("  {finding}{}", finding.shipment.map(|id| format!(" ({id})")).unwrap_or_default());
    }
    if report.findings.len() > SHOWN {
        println!("  and {} more: {kinds:?}", report.findings.len() - SHOWN);
    }
    println!("replay: {}", replay(config));
    println!("shrinking for at most {} s", BUDGET.as_secs());
    let Some(small) = shrink(config, BUDGET) else {
        println!("the seed finds nothing when it is run again: the simulation is not deterministic");
        return;
    };
    println!("smaller, after {} runs: {}", small.runs, small.finding);
    println!("replay: {}", replay(&small.config));
    let (name, steps) = (format!("seed-{}", config.seed), small.report.trace.steps());
    print!("{}", timeline::text(steps, Some(&small.finding)));
    match timeline::write(Path::new(ARTIFACTS), &name, steps, Some(&small.finding)) {
        Ok([text, picture]) => println!("text: {}\npicture: {}", text.display(), picture.display()),
        Err(error) => println!("could not write {ARTIFACTS}: {error}"),
    }
}

fn replay(config: &Config) -> String {
    let Config { seed, people, days, replicas, .. } = config;
    let mut line = format!("cargo xtask simulate --seed {seed} --people {people} --days {days} --replicas {replicas}");
    if !config.faults {
        line.push_str(" --calm");
    }
    if let Some(bug) = config.bug {
        let _ = write!(line, " --plant {}", bug.name());
    }
    if let Some(only) = &config.only {
        let numbers: Vec<_> = only.iter().map(ToString::to_string).collect();
        let _ = write!(line, " --only {}", numbers.join(","));
    }
    line
}
