//! Lets the store refuse writes from a step on, kills the connector, and restarts it with a store that works again.
//!
//! The disk is a real one that is full, or another connection holds the lock of the database.

use super::every_step::clean;
use super::{Sums, report_sums};
use crate::case::{Case, PinBy, PlannedKill};
use crate::child::{RefuseFrom, StepAt};
use crate::harness::Harness;

/// Steps at which the store begins to refuse: the order is about to be recorded, was accepted, its acceptance is about
/// to be recorded, the registration of its key, and that its PIN was sent.
const FROM: [&str; 5] = [
    "create.shipments.insert.before",
    "create.delivery_service.order.after",
    "create.shipments.commit[accepted].before",
    "process.shipments.commit[registered].before",
    "process.shipments.commit[complete].before",
];

pub(crate) async fn run(harness: &Harness) -> Result<(), String> {
    clean(harness).await?;
    let occurrences = if harness.all_faults { 1..=3 } else { 1..=1 };
    let mut cases = Vec::new();
    for occurrence in occurrences {
        cases.extend(cases_from(harness, "", occurrence));
    }
    let chance = harness.chance(4);
    chance.shuffle(&mut cases);
    let mut sums = Sums::default();
    sums.run(harness, cases).await;
    report_sums(harness, "with refused writes", sums)
}

/// Returns the cases whose store refuses from a step of this flow on.
pub(super) fn cases_from(harness: &Harness, flow: &str, occurrence: u32) -> Vec<Case> {
    let chance = harness.chance(104 + u64::from(occurrence));
    let mut cases = Vec::new();
    for step in FROM.iter().filter(|step| step.starts_with(flow) && step.contains(&harness.only_step)) {
        for by in &harness.refusals {
            for answered in [true, false] {
                let at = StepAt { step: (*step).to_owned(), occurrence };
                let kill = PlannedKill::Refused { from: RefuseFrom { by: *by, at }, answered };
                let case = Case::new(chance.next(), PinBy::Smtp, vec![kill]);
                cases.push(Case { restarted_at_once: chance.percent(50), ..case });
            }
        }
    }
    cases
}
