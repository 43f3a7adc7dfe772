//! Text and picture of a failing seed, written to `target/artifacts/simulator`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use keyferry_simulator::bugs::{Bug, planted};
use keyferry_simulator::{Config, shrink, timeline};

#[test]
fn story_of_a_failing_seed() {
    let layer = Arc::new(|ports| planted(Bug::OrderRepeated, ports));
    let config = Config { people: 40, days: 2, layer: Some(layer), ..Config::new(5) };
    let small = shrink(&config, Duration::from_secs(60)).expect("the seed finds the bug");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/artifacts/simulator");
    let steps = small.report.trace.steps();
    let [text, picture] = timeline::write(&folder, "order-repeated", steps, Some(&small.finding)).unwrap();
    println!("{} people, {} days, {} runs: {}", small.config.people, small.config.days, small.runs, small.finding);
    println!("{} {}", text.display(), picture.display());
    let text = std::fs::read_to_string(text).unwrap();
    assert!(text.contains("Order") && text.contains("JUDGE") && text.lines().count() < 500, "{text}");
}
