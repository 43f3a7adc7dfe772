//! Orders come in and are worked on, the outside fails now and then, and the process dies again and again at any
//! moment, that of its start among them.

use std::ops::ControlFlow;
use std::time::Duration;

use super::report;
use crate::case::{Case, Death, Way};
use crate::harness::Harness;
use crate::table::Table;
use keyferry_testkit::Chance;

pub(crate) async fn run(harness: &Harness) -> Result<(), String> {
    let chance = harness.chance(2);
    let mut planned = 0;
    let mut cases = Vec::new();
    while planned < harness.kills {
        let case = any(&chance);
        planned += case.deaths.len();
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
        broken.push_str(&format!("{} kills were wanted and {} came about\n", harness.kills, table.kills));
    }
    if broken.is_empty() { Ok(()) } else { Err(broken) }
}

fn any(chance: &Chance) -> Case {
    let deaths = 3 + chance.below(5);
    let death = |chance: &Chance| match chance.percent(15) {
        true => Death::Young(Duration::from_millis(1 + chance.below(250))),
        false => Death::After(Duration::from_millis(chance.below(1000))),
    };
    Case {
        seed: chance.next(),
        way: *chance.pick(&[Way::Smtp, Way::Smtp, Way::Graph, Way::LogicApp]),
        deaths: (0..deaths).map(|_| death(chance)).collect(),
        at_once: chance.percent(50),
        busy: true,
        faults: chance.percent(50),
        planted: None,
    }
}
