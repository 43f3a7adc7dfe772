//! Runs without a kill tell which steps there are. Then the process dies at each of them, before and after, once by
//! itself and once more while it recovers; and at each step that only a recovery has.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::time::Duration;

use super::report;
use crate::case::{Case, Death, Way};
use crate::child::Strike;
use crate::harness::Harness;
use crate::table::Table;
use crate::voyage::Outcome;
use keyferry_testkit::Chance;

/// Steps that there must be: a harness that does not see them does not kill there.
const LANDMARKS: [&str; 30] = [
    "create.idempotency.reserve",
    "create.identity.creation_options",
    "create.identity.object_id",
    "create.sealer.prepare",
    "create.secrets.put",
    "create.shipments.insert",
    "create.delivery_service.order",
    "create.shipments.commit[accepted]",
    "create.shipments.commit[refused]",
    "create.shipments.commit[unconfirmed]",
    "create.secrets.purge",
    "create.idempotency.release",
    "process.shipments.query[open]",
    "process.shipments.claim",
    "process.delivery_service.status",
    "process.shipments.commit[accepted]",
    "process.shipments.commit[fulfilled]",
    "process.sealer.open_credential",
    "process.identity.find",
    "process.identity.register",
    "process.shipments.commit[registered]",
    "process.sealer.open_pin",
    "process.pin_delivery.deliver",
    "process.shipments.commit[complete]",
    "process.shipments.release",
    "resend.pin_delivery.deliver",
    "resend.shipments.commit[complete]",
    "resolve.shipments.commit[accepted]",
    "clean-up.shipments.delete",
    "clean-up.secrets.purge",
];

/// Steps that there must be in recoveries.
const RECOVERY: [&str; 2] = ["process.shipments.commit[unconfirmed]", "create.idempotency.take_over"];

/// Runs that nothing disturbs: with the usual permissions, and with the guide's single one.
pub(crate) async fn clean(harness: &Harness) -> Result<&[(Way, Outcome)], String> {
    let run = async || {
        let cases = [Way::Smtp, Way::LogicApp].map(|way| Case::new(harness.seed, way, Vec::new()));
        let mut runs = Vec::new();
        let mut broken = String::new();
        harness
            .run(cases.into(), |case, outcome, kept| {
                if !outcome.broken.is_empty() {
                    broken.push_str(&report(case, &outcome, kept));
                }
                runs.push((case.way, outcome));
                ControlFlow::Continue(())
            })
            .await;
        if !broken.is_empty() {
            return Err(format!("without a kill:\n{broken}"));
        }
        runs.sort_by_key(|(way, _)| *way == Way::LogicApp);
        let announced = runs[0].1.announced[0].keys().cloned().collect();
        missing(&LANDMARKS, &announced)?;
        Ok(runs)
    };
    harness.clean.get_or_try_init(run).await.map(Vec::as_slice)
}

fn missing(landmarks: &[&str], announced: &BTreeSet<String>) -> Result<(), String> {
    let missing: Vec<_> = landmarks.iter().filter(|step| !announced.contains(&format!("{step}.after"))).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("steps that are not announced: {missing:?}; these are: {announced:#?}\n"))
}

/// Each step once, with the way in which it is reached and how often.
pub(crate) fn steps(runs: &[(Way, Outcome)]) -> Vec<(Way, String, u32)> {
    let mut known = BTreeSet::new();
    let mut steps = Vec::new();
    for (way, outcome) in runs {
        for (step, count) in outcome.announced.iter().flatten() {
            if known.insert(step.clone()) {
                steps.push((*way, step.clone(), *count));
            }
        }
    }
    steps
}

/// A case that begins with a death at the step.
pub(crate) fn dies_at(chance: &Chance, way: Way, step: &str, count: u32) -> Case {
    let occurrence = 1 + u32::try_from(chance.below(u64::from(count.min(3)))).unwrap_or_default();
    Case::new(chance.next(), way, vec![Death::At(Strike { step: step.to_owned(), occurrence })])
}

pub(crate) async fn run(harness: &Harness) -> Result<(), String> {
    let runs = clean(harness).await?;
    let steps = steps(runs);
    let chance = harness.chance(1);
    let mut cases = Vec::new();
    for (way, step, count) in steps.iter().filter(|(_, step, _)| step.contains(&harness.only_step)) {
        cases.push(dies_at(&chance, *way, step, *count));
        let mut twice = dies_at(&chance, *way, step, *count);
        twice.at_once = chance.percent(50);
        twice.deaths.push(if chance.percent(50) {
            Death::After(Duration::from_millis(chance.below(500)))
        } else {
            let (_, step, _) = chance.pick(&steps);
            Death::At(Strike { step: step.clone(), occurrence: 1 })
        });
        cases.push(twice);
    }
    chance.shuffle(&mut cases);

    let mut known: BTreeSet<_> = steps.into_iter().map(|(_, step, _)| step).collect();
    let mut sums = Sums::default();
    let recoveries = sums.run(harness, cases, &mut known).await;
    let recovery_steps = recoveries.len();
    sums.run(harness, recoveries.into_values().collect(), &mut known).await;
    if !harness.quiet {
        let clean = known.len() - sums.new;
        println!("{clean} steps in runs without a kill, and {recovery_steps} in recoveries:\n{}", sums.table);
    }
    if harness.only_step.is_empty()
        && let Err(missing) = missing(&RECOVERY, &known)
    {
        sums.broken.push_str(&missing);
    }
    if !sums.missed.is_empty() {
        sums.broken.push_str(&format!("not killed, as the step was not reached: {:#?}\n", sums.missed));
    }
    if sums.broken.is_empty() { Ok(()) } else { Err(sums.broken) }
}

#[derive(Default)]
struct Sums {
    table: Table,
    broken: String,
    missed: Vec<String>,
    /// Steps that were not known before.
    new: usize,
}

impl Sums {
    /// Runs the cases; for each step that was not known, a case that dies there the next time.
    async fn run(
        &mut self,
        harness: &Harness,
        cases: Vec<Case>,
        known: &mut BTreeSet<String>,
    ) -> BTreeMap<String, Case> {
        let mut next = BTreeMap::new();
        let each = |case: &Case, outcome: Outcome, kept: Option<&std::path::Path>| {
            self.table.add(&outcome);
            if !outcome.broken.is_empty() {
                self.broken.push_str(&report(case, &outcome, kept));
            } else if outcome.kills.is_empty() {
                self.missed.push(case.to_string());
            }
            for (life, announced) in outcome.announced.iter().enumerate() {
                // What depends on a moment cannot be had again.
                let before = &case.deaths[..life.min(case.deaths.len())];
                if before.iter().any(|death| !matches!(death, Death::At(_))) {
                    break;
                }
                for step in announced.keys() {
                    if known.insert(step.clone()) {
                        let mut deaths = before.to_vec();
                        deaths.push(Death::At(Strike { step: step.clone(), occurrence: 1 }));
                        next.insert(step.clone(), Case { deaths, ..case.clone() });
                    }
                }
            }
            ControlFlow::Continue(())
        };
        harness.run(cases, each).await;
        self.new += next.len();
        next
    }
}
