//! Kills the connector at every step. Runs without a kill show which steps there are. Then the connector is killed
//! before and after each of them, once alone and once with a second kill during recovery. Finally at each step that
//! occurs only in a recovery.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::time::Duration;

use super::{Sums, report, report_sums};
use crate::case::{Case, PinBy, PlannedKill};
use crate::case_run::Outcome;
use crate::child::StepAt;
use crate::harness::Harness;
use keyferry_testkit::SeededRandom;

/// Steps that must be announced. Without this check, the harness could miss a step and never kill there.
const LANDMARKS: [&str; 28] = [
    "create.idempotency.reserve",
    "create.identity.creation_options",
    "create.identity.account",
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
    "process.identity.register",
    "process.shipments.commit[registered]",
    "process.sealer.open_pin",
    "process.pin_delivery.deliver",
    "process.shipments.commit[complete]",
    "resend.pin_delivery.deliver",
    "resend.shipments.commit[complete]",
    "resolve.shipments.commit[accepted]",
    "clean-up.shipments.delete",
    "clean-up.secrets.purge",
];

/// Steps that must be announced in recoveries.
const RECOVERY: [&str; 3] =
    ["process.shipments.commit[unconfirmed]", "create.idempotency.take_over", "process.identity.find"];

/// Runs two cases without a kill: with the usual permissions, and with the guide's single permission.
pub(crate) async fn clean(harness: &Harness) -> Result<&[(PinBy, Outcome)], String> {
    let run = async || {
        let cases = [PinBy::Smtp, PinBy::LogicApp].map(|pin_by| Case::new(harness.seed, pin_by, Vec::new()));
        let mut runs = Vec::new();
        let mut broken = String::new();
        harness
            .run(cases.into(), |case, outcome, kept| {
                if !outcome.broken.is_empty() {
                    broken.push_str(&report(case, &outcome, kept));
                }
                runs.push((case.pin_by, outcome));
                ControlFlow::Continue(())
            })
            .await;
        if !broken.is_empty() {
            return Err(format!("without a kill:\n{broken}"));
        }
        runs.sort_by_key(|(pin_by, _)| *pin_by == PinBy::LogicApp);
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
    Err(format!("steps that were not announced: {missing:?}; announced: {announced:#?}\n"))
}

/// Returns each step once, with the PIN delivery that reaches it and how often it does.
pub(crate) fn steps(runs: &[(PinBy, Outcome)]) -> Vec<(PinBy, String, u32)> {
    let mut known = BTreeSet::new();
    let mut steps = Vec::new();
    for (pin_by, outcome) in runs {
        for (step, count) in outcome.announced.iter().flatten() {
            if known.insert(step.clone()) {
                steps.push((*pin_by, step.clone(), *count));
            }
        }
    }
    steps
}

/// Returns a case with a kill at this step.
pub(crate) fn killed_at(chance: &SeededRandom, pin_by: PinBy, step: &str, count: u32) -> Case {
    let occurrence = 1 + u32::try_from(chance.below(u64::from(count.min(3)))).unwrap_or_default();
    Case::new(chance.next(), pin_by, vec![PlannedKill::AtStep(StepAt { step: step.to_owned(), occurrence })])
}

pub(crate) async fn run(harness: &Harness) -> Result<(), String> {
    let runs = clean(harness).await?;
    let steps = steps(runs);
    let chance = harness.chance(1);
    let mut cases = Vec::new();
    for (pin_by, step, count) in steps.iter().filter(|(_, step, _)| step.contains(&harness.only_step)) {
        cases.push(killed_at(&chance, *pin_by, step, *count));
        let mut twice = killed_at(&chance, *pin_by, step, *count);
        twice.restarted_at_once = chance.percent(50);
        twice.kills.push(if chance.percent(50) {
            PlannedKill::AfterReady(Duration::from_millis(chance.below(500)))
        } else {
            let (_, step, _) = chance.pick(&steps);
            PlannedKill::AtStep(StepAt { step: step.clone(), occurrence: 1 })
        });
        cases.push(twice);
    }
    chance.shuffle(&mut cases);

    let mut known: BTreeSet<_> = steps.into_iter().map(|(_, step, _)| step).collect();
    let clean = known.len();
    let mut sums = Sums::default();
    let recovery = recoveries(&mut sums, harness, cases, &mut known).await;
    let recovery_steps = recovery.len();
    recoveries(&mut sums, harness, recovery.into_values().collect(), &mut known).await;
    if harness.only_step.is_empty()
        && let Err(missing) = missing(&RECOVERY, &known)
    {
        sums.broken.push_str(&missing);
    }
    report_sums(harness, &format!("{clean} steps in runs without a kill, {recovery_steps} in recoveries"), sums)
}

/// Runs the cases. Returns a case with a kill there for each step that was not known before.
pub(super) async fn recoveries(
    sums: &mut Sums,
    harness: &Harness,
    cases: Vec<Case>,
    known: &mut BTreeSet<String>,
) -> BTreeMap<String, Case> {
    let mut next = BTreeMap::new();
    let each = |case: &Case, outcome: &Outcome| {
        for (process, announced) in outcome.announced.iter().enumerate() {
            // After a kill by time, the steps are not reproducible.
            let before = &case.kills[..process.min(case.kills.len())];
            if before.iter().any(|kill| !matches!(kill, PlannedKill::AtStep(_))) {
                break;
            }
            for step in announced.keys() {
                if known.insert(step.clone()) {
                    let mut kills = before.to_vec();
                    kills.push(PlannedKill::AtStep(StepAt { step: step.clone(), occurrence: 1 }));
                    next.insert(step.clone(), Case { kills, ..case.clone() });
                }
            }
        }
    };
    sums.run_each(harness, cases, each).await;
    next
}
