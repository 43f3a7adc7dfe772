//! Crash tests: kills the connector (SIGKILL) at every step and at random moments, over SQLite on a disk, and restarts
//! it: also with a clock that was wrong, and with a disk that was full. Then checks connector and sandbox for what must
//! never happen.
//!
//! The connector runs in its own process, from this executable: the shipped program's `serve` with its ports wrapped.
//! Every call of a port is announced before and after, and can be stopped there. The sandbox keeps running.
//!
//! Environment variables, with defaults:
//!
//! - `KEYFERRY_CRASH_KILLS`: number of kills at random moments (120).
//! - `KEYFERRY_CRASH_SEED`: seed (1).
//! - `KEYFERRY_CRASH_STEP`: only steps whose name contains it.
//! - `KEYFERRY_CRASH_FAULTS`: `all` tries wrong clocks at every step and refused writes at more of them.
//! - `KEYFERRY_CRASH_QUEUE`: `all` kills queued orders at every position, and runs the tests in `LONG`.
//! - `KEYFERRY_CRASH_DIR`: folder of the databases (`target/tmp`).
//! - `KEYFERRY_CRASH_SIDE_BY_SIDE`: number of cases in parallel (8).
//!
//! Other faults without a crash are tested in `crates/keyferry/tests`, leaked secrets in `proofs/canary`. Start reading
//! at `suites`, then at `case_run.rs` (one case) and `checks.rs` (what must never happen).

#![allow(missing_docs, reason = "tests")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a helper that fails is a test that fails")]
#![allow(
    clippy::disallowed_methods,
    reason = "these tests run outside of the program: they have their own clocks and HTTP clients"
)]

mod api;
mod arguments;
mod browser;
mod case;
mod case_run;
mod checks;
mod child;
mod connector;
mod database;
mod harness;
mod order;
mod queue_run;
mod settings;
mod suites;
mod table;
mod tally;
mod world;

use std::process::ExitCode;
use std::time::Instant;

use arguments::Arguments;
use case::Work;
use harness::Harness;
use suites::planted::PLANTED_BUGS;
use suites::{every_step, planted, queued, random_moments, refused_writes, wrong_clock};

const EVERY_STEP: &str = "every_step";
const RANDOM_MOMENTS: &str = "random_moments";
const WRONG_CLOCK: &str = "wrong_clock";
const REFUSED_WRITES: &str = "refused_writes";
const QUEUED: &str = "queued_order";
const BATCH: &str = "batch";
const LOST: &str = "lost_key";
const RETURNED: &str = "returned_keys";
const LEAVER: &str = "leaver";
const ADDRESS: &str = "address_by_person";
const PIN_PAGE: &str = "pin_page";
/// Tests that wait for pauses of the batch worker or for time limits. Only in the long form.
const LONG: [&str; 3] = [BATCH, "planted::queued_order_not_sealed", "planted::row_id_per_process"];
const WITHOUT_A_KILL: &str = "planted::no_bug_shows_without_a_kill";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if(|first| first == child::CONNECTOR).is_some() {
        return child::run(&arguments.next().unwrap());
    }
    let arguments = Arguments::parse(arguments);
    let acts = [LOST, RETURNED, LEAVER, ADDRESS, PIN_PAGE];
    let all = [EVERY_STEP, RANDOM_MOMENTS, WRONG_CLOCK, REFUSED_WRITES, QUEUED, BATCH]
        .into_iter()
        .chain(acts)
        .chain([WITHOUT_A_KILL])
        .chain(PLANTED_BUGS.iter().map(|planted_bug| planted_bug.test))
        .filter(|test| harness::is_long_form() || !LONG.contains(test));
    // With the prefix, so that all of them can be skipped among the tests of the workspace.
    let (wanted, left_out): (Vec<_>, Vec<_>) = all.partition(|test| arguments.wants(&format!("crashes::{test}")));
    if arguments.list {
        wanted.iter().for_each(|test| println!("crashes::{test}: test"));
        return ExitCode::SUCCESS;
    }
    println!("\nrunning {} tests", wanted.len());
    let failed = if wanted.is_empty() {
        0
    } else {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(run(&wanted, arguments.quiet))
    };
    let (verdict, passed) = (if failed == 0 { "ok" } else { "FAILED" }, wanted.len() - failed);
    println!(
        "\ntest result: {verdict}. {passed} passed; {failed} failed; 0 ignored; 0 measured; {} filtered out\n",
        left_out.len()
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(101) }
}

/// Runs the tests. Returns how many failed.
async fn run(tests: &[&'static str], quiet: bool) -> usize {
    let harness = Harness::new(quiet).await;
    println!("seed {}; databases in {}", harness.seed, harness.place());
    let mut failed = 0;
    for test in tests {
        let start = Instant::now();
        let result = match *test {
            EVERY_STEP => every_step::run(&harness).await,
            RANDOM_MOMENTS => random_moments::run(&harness).await,
            WRONG_CLOCK => wrong_clock::run(&harness).await,
            REFUSED_WRITES => refused_writes::run(&harness).await,
            QUEUED => queued::run(&harness, Work::Queued).await,
            BATCH => queued::run(&harness, Work::Batch).await,
            LOST => queued::run(&harness, Work::Lost).await,
            RETURNED => queued::run(&harness, Work::Returned).await,
            LEAVER => queued::run(&harness, Work::Leaver).await,
            ADDRESS => queued::run(&harness, Work::Address).await,
            PIN_PAGE => queued::run(&harness, Work::PinPage).await,
            WITHOUT_A_KILL => planted::without_a_kill(&harness).await,
            other => {
                planted::run(&harness, PLANTED_BUGS.iter().find(|planted_bug| planted_bug.test == other).unwrap()).await
            }
        };
        let seconds = start.elapsed().as_secs_f64();
        match result {
            Ok(()) => println!("test {test} ... ok ({seconds:.1} s)"),
            Err(why) => {
                println!("test {test} ... FAILED ({seconds:.1} s), seed {}\n{why}", harness.seed);
                failed += 1;
            }
        }
    }
    harness.tidy();
    failed
}
