//! Text and picture of a failing seed, written to `target/artifacts/simulator`.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test that shows what it did, and how long it took"
)]

use std::path::Path;

use keyferry_simulator::bugs::Bug;
use keyferry_simulator::trace::Keep;
use keyferry_simulator::{Config, run, timeline};

#[test]
fn story_of_a_failing_seed() {
    let bug = Bug::PinBeforeRegistration;
    let config = Config { people: 12, days: 1, bug: Some(bug), stop_at_first: true, ..Config::new(5) };
    let finding = run(&config).findings.into_iter().next().expect("the seed finds the bug");
    let keep = Keep::Shipments(finding.shipment.into_iter().collect());
    let report = run(&Config { keep, ..config });
    assert_eq!(report.findings.first(), Some(&finding), "the same seed finds the same");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/artifacts/simulator");
    let [text, picture] = timeline::write(&folder, bug.name(), report.trace.steps(), Some(&finding)).unwrap();
    println!("{} {}", text.display(), picture.display());
    let text = std::fs::read_to_string(text).unwrap();
    assert!(text.contains("JUDGE") && text.lines().any(|line| line.starts_with("* ")), "{text}");
}
