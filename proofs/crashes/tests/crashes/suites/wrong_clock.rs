//! Kills the connector while its clock is a day ahead or a day behind, and restarts it with the true clock.
//!
//! The sandbox's clock is wrong as well until the kill, so that tokens are accepted: everything that the killed process
//! wrote has times of another day.

use super::every_step::{clean, killed_at, steps};
use super::{Sums, report_sums};
use crate::case::{Case, PinBy};
use crate::harness::Harness;

/// How far the clock is ahead, in seconds.
pub(super) const AHEAD: i64 = 24 * 3600;

/// Parts of the names of steps that write a claim, a record, a secret or an idempotency key, or that have an effect
/// outside.
const WRITES: [&str; 14] = [
    "idempotency.reserve",
    "idempotency.release",
    "idempotency.sweep",
    "secrets.put",
    "secrets.purge",
    "shipments.insert",
    "shipments.commit",
    "shipments.claim",
    "shipments.release",
    "shipments.delete",
    "journal.append",
    "delivery_service.order",
    "identity.register",
    "pin_delivery.deliver",
];

pub(crate) async fn run(harness: &Harness) -> Result<(), String> {
    let chance = harness.chance(3);
    let mut cases = Vec::new();
    for (pin_by, step, count) in steps(clean(harness).await?) {
        if !step.contains(&harness.only_step) {
            continue;
        }
        for clock in [AHEAD, -AHEAD] {
            for accompanied in [true, false] {
                let is_write = step.ends_with(".after") && WRITES.iter().any(|write| step.contains(write));
                // Without company, a restart voids claims. A clock that was behind only lets them expire.
                let is_sampled = accompanied && (clock > 0 || chance.percent(40));
                if harness.all_faults || (is_write && is_sampled) {
                    cases.push(wrong(killed_at(&chance, pin_by, &step, count), clock, accompanied));
                }
            }
        }
    }
    chance.shuffle(&mut cases);
    let mut sums = Sums::default();
    sums.run(harness, cases).await;
    report_sums(harness, "with a wrong clock", sums)
}

/// Returns the case with a wrong clock until the kill.
fn wrong(case: Case, clock: i64, accompanied: bool) -> Case {
    Case { clock, accompanied, restarted_at_once: true, ..case }
}

/// Returns cases whose clock is ahead until a kill in this flow.
pub(super) async fn ahead(harness: &Harness, flow: &str) -> Result<Vec<Case>, String> {
    let chance = harness.chance(103);
    let steps = steps(clean(harness).await?);
    let steps = steps.iter().filter(|(pin_by, step, _)| *pin_by == PinBy::Smtp && step.starts_with(flow));
    Ok(steps.map(|(pin_by, step, count)| wrong(killed_at(&chance, *pin_by, step, *count), AHEAD, true)).collect())
}
