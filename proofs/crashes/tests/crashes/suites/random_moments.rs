//! Kills the connector repeatedly at random moments, including its start, while orders arrive and are processed and
//! external systems fail at random.

use std::ops::ControlFlow;
use std::time::Duration;

use super::report;
use crate::case::{Case, PinBy, PlannedKill};
use crate::harness::Harness;
use crate::table::Table;
use keyferry_testkit::SeededRandom;

pub(crate) async fn run(harness: &Harness) -> Result<(), String> {
    let chance = harness.chance(2);
    let mut planned = 0;
    let mut cases = Vec::new();
    while planned < harness.kills {
        let case = any(&chance);
        planned += case.kills.len();
        cases.push(case);
    }
    let (mut table, mut broken) = (Table::default(), String::new());
    harness
        .run(cases, |case, outcome, kept| {
            table.add(&outcome);
            if !outcome.broken.is_empty() {
                broken.push_str(&report(case, &outcome, kept));
            }
            ControlFlow::Continue(())
        })
        .await;
    if !harness.quiet {
        println!("at random moments:\n{table}");
    }
    if table.kills < harness.kills {
        broken.push_str(&format!("expected {} kills, got {}\n", harness.kills, table.kills));
    }
    if broken.is_empty() { Ok(()) } else { Err(broken) }
}

fn any(chance: &SeededRandom) -> Case {
    let kills = 3 + chance.below(5);
    let kill = |chance: &SeededRandom| match chance.percent(15) {
        true => PlannedKill::AfterStart(Duration::from_millis(1 + chance.below(250))),
        false => PlannedKill::AfterReady(Duration::from_millis(chance.below(1000))),
    };
    let (seed, pin_by) = (chance.next(), *chance.pick(&[PinBy::Smtp, PinBy::Smtp, PinBy::Graph, PinBy::LogicApp]));
    Case {
        restarted_at_once: chance.percent(50),
        busy: true,
        faults: chance.percent(50),
        ..Case::new(seed, pin_by, (0..kills).map(|_| kill(chance)).collect())
    }
}
