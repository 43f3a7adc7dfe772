//! The fixed seeds: nothing that must never happen happens, and the same seed gives the same trace.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test that shows what it did, and how long it took"
)]

use std::time::Instant;

use keyferry_simulator::trace::Keep;
use keyferry_simulator::{Config, Report, run};

/// Seeds, with people, days and replicas. Small, so that they run in CI; the command runs larger ones.
const SEEDS: [(u64, usize, u64, usize); 4] = [(1, 40, 3, 3), (2, 60, 2, 2), (3, 30, 3, 5), (20_260_601, 50, 2, 4)];

fn config((seed, people, days, replicas): (u64, usize, u64, usize)) -> Config {
    Config { people, days, replicas, ..Config::new(seed) }
}

fn check(report: &Report) {
    for finding in &report.findings {
        println!("{finding} {:?}", finding.shipment);
    }
    assert!(report.verdict.is_clean(), "{}", report.verdict);
}

#[test]
fn fixed_seeds_find_nothing() {
    let half = |half: usize| {
        for (_, seed) in SEEDS.into_iter().enumerate().filter(|(number, _)| number % 2 == half) {
            let begin = Instant::now();
            let report = run(&config(seed));
            println!("{seed:?}: {} shipments, {} faults, {:?}", report.shipments, report.faults, begin.elapsed());
            check(&report);
            // Otherwise the seed proves nothing.
            assert!(report.complete * 2 > report.shipments, "{seed:?}: {} complete", report.complete);
            assert!(report.faults > 20, "{seed:?}: {} faults", report.faults);
        }
    };
    std::thread::scope(|threads| {
        threads.spawn(|| half(0));
        threads.spawn(|| half(1));
    });
}

#[test]
fn same_seed_gives_the_same_trace_byte_for_byte() {
    let config = Config { keep: Keep::Everything, people: 15, days: 1, ..Config::new(7) };
    let (one, other) = std::thread::scope(|threads| {
        let one = threads.spawn(|| run(&config));
        let other = threads.spawn(|| run(&config));
        (one.join().unwrap(), other.join().unwrap())
    });
    assert!(one.trace.count() > 1_000);
    assert_eq!(one.trace.hash(), other.trace.hash());
    let (one, other) = (one.trace.text(), other.trace.text());
    let different = one.lines().zip(other.lines()).find(|(one, other)| one != other);
    assert!(different.is_none(), "{different:?}");
    assert_eq!(one, other);
    let another = run(&Config { seed: 8, ..config });
    assert_ne!(one, another.trace.text(), "another seed is another trace");
}
