//! The command: options, progress, and the last line.

mod failing;
mod totals;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use keyferry_domain::Timestamp;
use keyferry_simulator::bugs::Bug;
use keyferry_simulator::trace::Keep;
use keyferry_simulator::{Config, Report, run, scenes};

use self::totals::Totals;

/// Simulate an organisation with faults at every call, and judge what happened by the books of the outside parties.
#[derive(Parser)]
#[command(name = "cargo xtask simulate", disable_version_flag = true)]
pub(crate) struct Options {
    /// Seed of all chance. With `--hours`, the first of the seeds
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// People of the organisation
    #[arg(long, default_value_t = 500)]
    people: usize,
    /// Days with faults
    #[arg(long, default_value_t = 30)]
    days: u64,
    /// Replicas on one store
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=5))]
    replicas: u64,
    /// Run new seeds for this many hours of real time, on all cores
    #[arg(long)]
    hours: Option<f64>,
    /// Inject no faults
    #[arg(long)]
    calm: bool,
    /// Inject only the faults with these numbers (of a failing seed)
    #[arg(long, value_delimiter = ',', num_args = 0..)]
    only: Option<Vec<u64>>,
    /// Print all steps between two times, as `2026-06-02T20:17:55Z,2026-06-02T20:19:00Z`
    #[arg(long, value_delimiter = ',', num_args = 1, value_name = "FROM,TO")]
    between: Option<Vec<Timestamp>>,
    /// Print warnings and errors of the replicas to standard error
    #[arg(long)]
    log: bool,
    /// Plant this bug in an organisation of any size
    #[arg(long, value_name = "NAME", value_parser = bug_named)]
    plant: Option<Bug>,
    /// Plant this bug, and look for it with the fixed seeds
    #[arg(long, value_name = "NAME", conflicts_with = "hours")]
    bug: Option<String>,
    /// List the bugs that can be planted
    #[arg(long)]
    bugs: bool,
}

impl Options {
    fn config(&self, seed: u64) -> Config {
        let mut config = Config::new(seed);
        config.people = self.people;
        config.days = self.days;
        config.replicas = usize::try_from(self.replicas).unwrap_or(3);
        config.faults = !self.calm;
        config.only = self.only.clone().map(|only| only.into_iter().collect());
        config.bug = self.plant;
        config.prints_log = self.log;
        if let Some([from, to]) = self.between.as_deref() {
            config.keep = Keep::Between(*from, *to);
        }
        config
    }
}

fn bug_named(name: &str) -> Result<Bug, String> {
    Bug::parse(name).ok_or_else(|| "expected a name from --bugs".to_owned())
}

/// Executes the command.
pub(crate) fn execute(options: &Options) -> ExitCode {
    if options.bugs {
        for bug in Bug::ALL {
            println!("{:<32} {}", bug.name(), bug.description());
        }
        return ExitCode::SUCCESS;
    }
    if let Some(name) = &options.bug {
        return look_for(name);
    }
    let begin = Instant::now();
    let totals = match options.hours {
        Some(hours) => many(options, Duration::from_secs_f64(hours * 3600.0)),
        None => one(options),
    };
    println!("{}", totals.line(begin.elapsed()));
    ExitCode::from(u8::from(!totals.verdict.is_clean()))
}

fn look_for(name: &str) -> ExitCode {
    let Some(bug) = Bug::parse(name) else {
        println!("unknown bug {name:?}: expected a name from --bugs");
        return ExitCode::from(2);
    };
    let begin = Instant::now();
    match scenes::find(Some(bug)) {
        Some(found) => {
            println!("found in {:.1} s by {} with seed {}:", begin.elapsed().as_secs_f64(), found.scene, found.seed);
            println!("{}", found.finding);
            ExitCode::from(1)
        }
        None => {
            println!("NOT FOUND: the fixed seeds do not notice {name}");
            ExitCode::SUCCESS
        }
    }
}

fn one(options: &Options) -> Totals {
    let mut config = options.config(options.seed);
    config.progress = Some(|day| println!("day {day}"));
    let report = run(&config);
    print!("{}", report.trace.text());
    let mut totals = Totals::default();
    finished(&config, &report, &mut totals);
    totals
}

/// Runs seeds on all cores until the time is over.
fn many(options: &Options, time: Duration) -> Totals {
    let (begin, next, totals) = (Instant::now(), AtomicU64::new(options.seed), Mutex::new(Totals::default()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|threads| {
        for _ in 0..cores {
            threads.spawn(|| {
                while begin.elapsed() < time {
                    let config = options.config(next.fetch_add(1, Ordering::Relaxed));
                    let report = run(&config);
                    let mut totals = totals.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    finished(&config, &report, &mut totals);
                    println!("seed {}: {}", config.seed, totals.line(begin.elapsed()));
                }
            });
        }
    });
    totals.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn finished(config: &Config, report: &Report, totals: &mut Totals) {
    totals.add(report);
    if !report.verdict.is_clean() {
        failing::explain(config, report);
    }
}
