//! Command line of the simulator. Run it by `cargo xtask simulate`.
#![expect(clippy::print_stdout, reason = "a command line tool prints to its terminal")]

use std::process::ExitCode;
use std::time::Instant;

use keyferry_simulator::{Config, run};

fn main() -> ExitCode {
    let arguments: Vec<u64> = std::env::args().skip(1).map(|text| text.parse().unwrap_or_default()).collect();
    let mut config = Config::new(arguments.first().copied().unwrap_or(1));
    config.people = arguments.get(1).map_or(120, |people| *people as usize);
    config.days = arguments.get(2).copied().unwrap_or(8);
    let begin = Instant::now();
    let report = run(&config);
    for finding in &report.findings {
        println!("{finding} {:?}", finding.shipment);
    }
    println!(
        "{} · {} shipments ({} complete) · {} faults · {} days in {:.1} s · {} steps, hash {:x}",
        report.verdict,
        report.shipments,
        report.complete,
        report.faults,
        report.days,
        begin.elapsed().as_secs_f64(),
        report.trace.count(),
        report.trace.hash()
    );
    ExitCode::from(u8::from(!report.verdict.is_clean()))
}
