//! Every call, every way: one shipment with each fault at each of its calls.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test that shows what it did, and how long it took"
)]

use keyferry_simulator::bugs::Bug;
use keyferry_simulator::exhaustive::{Pairs, Report, Story, all_mixed, find, pairs, positions, singles};

const SEED: u64 = 1;

#[test]
fn each_fault_at_each_call() {
    let mut all = Report::default();
    for story in Story::ALL {
        println!("{story:?}: {} calls", positions(story, SEED).len());
        let report = singles(story, SEED);
        println!("{story:?}: {report}");
        all.merge(report);
    }
    assert!(all.failed.is_empty(), "{all}");
    assert!(all.cases > 1000, "{all}");
}

#[test]
fn answers_of_other_calls() {
    let (cases, failed) = all_mixed(SEED);
    println!("{cases} cases");
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(cases >= 8, "{cases}");
}

/// Distance of the calls of a pair.
#[expect(clippy::disallowed_methods, reason = "this variable configures the test, not the program")]
fn reach() -> usize {
    std::env::var("KEYFERRY_SIM_PAIRS").ok().and_then(|text| text.parse().ok()).unwrap_or(8)
}

#[test]
fn worst_faults_in_pairs() {
    let report = pairs(Story::Direct, SEED, Pairs::Near(reach()));
    println!("pairs: {report}");
    assert!(report.failed.is_empty(), "{report}");
    assert!(report.cases > 1000, "{report}");
}

#[test]
fn bugs_are_found() {
    for bug in [Bug::OrderRepeated, Bug::EventOutsideTransaction, Bug::RegistrationNotLookedUp] {
        let found = find(Story::Direct, SEED, bug);
        println!("{}: {:?}", bug.name(), found.as_ref().map(|found| found.case.to_string()));
        assert!(found.is_some(), "{}", bug.name());
    }
}
