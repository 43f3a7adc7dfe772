//! Every planted bug is found by the fixed scenes, which find nothing without a bug.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test that shows what it did, and how long it took"
)]

use std::sync::Mutex;

use keyferry_simulator::bugs::Bug;
use keyferry_simulator::scenes::{SEEDS, Scene, find};

#[test]
fn scenes_find_nothing_without_a_bug() {
    let mut found = Vec::new();
    for seed in SEEDS {
        for scene in Scene::ALL {
            let findings = scene.play(seed, None);
            found.extend(findings.into_iter().map(|finding| format!("{} {seed}: {finding}", scene.name)));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_bug_is_found() {
    let missed = Mutex::new(Vec::new());
    let lines = Mutex::new(vec![String::new(); Bug::ALL.len()]);
    std::thread::scope(|threads| {
        for half in 0..2 {
            let (missed, lines) = (&missed, &lines);
            threads.spawn(move || {
                for (number, bug) in Bug::ALL.iter().enumerate().filter(|(number, _)| number % 2 == half) {
                    let line = match find(Some(*bug)) {
                        Some(found) => format!("{} seed {}: {}", found.scene, found.seed, found.finding),
                        None => {
                            missed.lock().unwrap().push(bug.name());
                            "NOT FOUND".to_owned()
                        }
                    };
                    lines.lock().unwrap()[number] = format!("{}: {line}", bug.name());
                }
            });
        }
    });
    lines.into_inner().unwrap().iter().for_each(|line| println!("{line}"));
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "not found: {missed:?}");
}

#[test]
fn names_are_unique_and_parse() {
    assert!(Bug::ALL.len() >= 30);
    for bug in Bug::ALL {
        assert_eq!(Bug::parse(bug.name()), Some(*bug));
        assert!(bug.description().ends_with('.') && bug.name().chars().all(|c| c.is_ascii_lowercase() || c == '-'));
    }
}
