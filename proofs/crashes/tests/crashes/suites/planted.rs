//! Connectors with a bug, killed at the same steps until the harness finds it.

use std::ops::ControlFlow;

use super::every_step::{clean, dies_at, steps};
use super::report;
use crate::case::{Case, Way};
use crate::checks::Promise;
use crate::child::planted::Bug;
use crate::harness::Harness;

pub(crate) struct Plant {
    pub(crate) test: &'static str,
    bug: Bug,
    /// On which leg it can do harm.
    leg: &'static str,
    /// What it breaks.
    promise: Promise,
}

const fn plant(test: &'static str, bug: Bug, leg: &'static str, promise: Promise) -> Plant {
    Plant { test, bug, leg, promise }
}

pub(crate) const PLANTS: [Plant; 8] = [
    plant("planted::ordered_again_after_a_restart", Bug::OrderedAgain, "create.", Promise::NotOrderedTwice),
    plant("planted::record_dropped_after_a_restart", Bug::RecordDropped, "create.", Promise::NotForgotten),
    plant("planted::intent_written_after_the_order", Bug::IntentAfterOrder, "create.", Promise::NotForgotten),
    plant("planted::registered_without_a_look", Bug::RegisteredBlindly, "process.", Promise::RegisteredOnce),
    plant("planted::pin_taken_for_handed_over", Bug::PinForgotten, "process.", Promise::PinIsHandedOver),
    plant("planted::message_id_of_its_life", Bug::MessageIdOfLife, "process.", Promise::PinUnderOneMessageId),
    plant("planted::everybodys_manager", Bug::EverybodysManager, "process.", Promise::RightPerson),
    plant("planted::claims_without_end", Bug::EndlessClaim, "process.", Promise::Settles),
];

/// Each bug needs a kill to show, so that it is the kills that find it.
pub(crate) async fn without_a_kill(harness: &Harness) -> Result<(), String> {
    let quiet = |plant: &Plant| Case { planted: Some(plant.bug), ..Case::new(harness.seed, Way::Smtp, Vec::new()) };
    let mut seen = String::new();
    harness
        .run(PLANTS.iter().map(quiet).collect(), |case, outcome, kept| {
            if !outcome.broken.is_empty() {
                seen.push_str(&format!("{:?}: {}", case.planted, report(case, &outcome, kept)));
            }
            ControlFlow::Continue(())
        })
        .await;
    if seen.is_empty() { Ok(()) } else { Err(seen) }
}

pub(crate) async fn run(harness: &Harness, plant: &Plant) -> Result<(), String> {
    let runs = clean(harness).await?;
    let chance = harness.chance(100 + plant.leg.len() as u64);
    let mut cases = Vec::new();
    for (way, step, count) in steps(runs).iter().filter(|(_, step, _)| step.starts_with(plant.leg)) {
        // What a step of one way only would show is not the bug's matter.
        if *way == Way::Smtp {
            let mut case = dies_at(&chance, *way, step, *count);
            case.planted = Some(plant.bug);
            cases.push(case);
        }
    }
    chance.shuffle(&mut cases);
    let (mut kills, mut found) = (0, None);
    harness
        .run(cases, |_, outcome, _| {
            kills += outcome.kills.len();
            match outcome.broken.iter().find(|broken| broken.promise == plant.promise) {
                None => ControlFlow::Continue(()),
                Some(broken) => {
                    found = Some(broken.to_string());
                    ControlFlow::Break(())
                }
            }
        })
        .await;
    let Some(found) = found else {
        return Err(format!("{kills} kills, and the harness did not find {:?}\n", plant.bug));
    };
    if !harness.quiet {
        println!("{}: found after {kills} kills: {found}", plant.test);
    }
    Ok(())
}
