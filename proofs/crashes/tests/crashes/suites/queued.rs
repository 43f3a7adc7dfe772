//! Kills the connector while orders wait in the queue, while a batch is uploaded, checked and sent, and during the acts
//! on a person's keys: lost, returned, of a person who leaves, address by the person, PIN on a page.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::every_step::recoveries;
use super::{Sums, report, report_sums};
use crate::case::{Case, PinBy, PlannedKill, Work};
use crate::child::StepAt;
use crate::connector::lock;
use crate::harness::Harness;

/// Steps that must be announced with a lost key. Each is a position of the act.
const LANDMARKS_OF_LOST_KEYS: [&str; 8] = [
    "act.secrets.put[order]",
    "act.shipments.commit[complete]",
    "act.shipments.claim",
    "act.identity.delete_method",
    "act.shipments.insert",
    "act.secrets.purge",
    // The mails have a task of their own, which begins with a claim, as a resend does.
    "resend.pin_delivery.mail_person",
    "resend.shipments.commit[complete]",
];

/// Steps that must be announced with returned keys.
const LANDMARKS_OF_RETURNS: [&str; 5] = [
    "act.shipments.query[serial]",
    "act.shipments.commit[complete]",
    "act.shipments.commit[fulfilled]",
    "act.identity.delete_method",
    "act.shipments.commit[cancelled]",
];

/// Steps that must be announced with a person who leaves.
const LANDMARKS_OF_LEAVERS: [&str; 8] = [
    "act.shipments.query[person]",
    "act.shipments.commit[queued]",
    "act.shipments.commit[registered]",
    "act.identity.delete_method",
    "act.shipments.commit[cancelled]",
    "act.shipments.commit[cancelling]",
    "delivery_service.cancel",
    "act.secrets.purge[order]",
];

/// Steps that must be announced with orders without an address.
const LANDMARKS_OF_ADDRESSES: [&str; 4] =
    ["secrets.replace[order]", "send.pin_delivery.mail_person", "send.secrets.put", "send.shipments.commit[queued]"];

/// Steps that must be announced with a PIN on a page.
const LANDMARKS_OF_PIN_PAGES: [&str; 4] =
    ["pin_delivery.deliver_link", "secrets.replace", "shipments.commit[complete]", "journal.append"];

/// Beginning of the steps of clean-up, which runs by time.
const BY_TIME: &str = "clean-up.";

/// Number of positions in the normal run, by scenario.
const SAMPLE: usize = 14;

/// Number of positions in the normal run of the acts that [`Work::Lost`] does not show.
const SMALL_SAMPLE: usize = 8;

/// Steps that must be announced.
const LANDMARKS: [&str; 6] = [
    "accept.secrets.put[order]",
    "accept.shipments.insert",
    "send.shipments.claim",
    "send.secrets.get[order]",
    "send.secrets.purge[order]",
    "delivery_service.order",
];

/// Steps that must also be announced with a batch.
const LANDMARKS_OF_BATCHES: [&str; 5] = [
    "batches.add_rows",
    "batches.commit_batch[checked]",
    "batches.commit_batch[submitted]",
    "batches.update_rows[queued]",
    "batches.commit_batch[finished]",
];

fn case(harness: &Harness, work: Work, kills: Vec<PlannedKill>) -> Case {
    Case { work, ..Case::new(harness.seed, PinBy::Smtp, kills) }
}

/// The positions of a scenario, and the steps of a run without a kill.
pub(crate) struct Positions {
    /// A case for each position: each step, each time that it is reached.
    pub(crate) cases: Vec<Case>,
    known: BTreeSet<String>,
}

/// Returns the steps of a run without a kill, with their counts. It runs once for each scenario.
async fn clean(harness: &Harness, work: Work) -> Result<BTreeMap<String, u32>, String> {
    if let Some((_, steps)) = lock(&harness.clean_queue).iter().find(|(known, _)| *known == work) {
        return Ok(steps.clone());
    }
    let (mut steps, mut broken) = (BTreeMap::new(), String::new());
    harness
        .run(vec![case(harness, work, Vec::new())], |case, mut outcome, kept| {
            if !outcome.broken.is_empty() {
                broken.push_str(&report(case, &outcome, kept));
            }
            steps.extend(outcome.announced.remove(0));
            ControlFlow::Continue(())
        })
        .await;
    if !broken.is_empty() {
        return Err(format!("without a kill:\n{broken}"));
    }
    lock(&harness.clean_queue).push((work, steps.clone()));
    Ok(steps)
}

pub(crate) async fn positions(harness: &Harness, work: Work) -> Result<Positions, String> {
    let steps = clean(harness, work).await?;
    let special: &[&str] = match work {
        Work::Batch => &LANDMARKS_OF_BATCHES,
        Work::Lost => &LANDMARKS_OF_LOST_KEYS,
        Work::Returned => &LANDMARKS_OF_RETURNS,
        Work::Leaver => &LANDMARKS_OF_LEAVERS,
        Work::Address => &LANDMARKS_OF_ADDRESSES,
        Work::PinPage => &LANDMARKS_OF_PIN_PAGES,
        Work::Single | Work::Queued => &[],
    };
    let wanted = LANDMARKS.iter().chain(special);
    let missing: Vec<_> =
        wanted.filter(|name| !steps.keys().any(|step| step.ends_with(&format!("{name}.after")))).collect();
    if !missing.is_empty() {
        return Err(format!("steps that were not announced: {missing:?}; announced: {steps:#?}\n"));
    }
    let known = steps.keys().cloned().collect();
    let steps = steps.into_iter().filter(|(step, _)| !step.starts_with(BY_TIME));
    // The rest is killed with queued orders.
    let is_act = matches!(work, Work::Lost | Work::Returned | Work::Leaver);
    let of_act = ["act.", "cancel.", "resend."];
    let is_of_act = |step: &str| of_act.iter().any(|act| step.starts_with(act)) || step.contains("[cancel");
    let steps = steps.filter(|(step, _)| !is_act || is_of_act(step));
    let steps = steps.filter(|(step, _)| step.contains(&harness.only_step));
    let at = |(step, count): (String, u32)| {
        (1..=count).map(move |occurrence| PlannedKill::AtStep(StepAt { step: step.clone(), occurrence }))
    };
    let cases = steps.flat_map(at).map(|kill| case(harness, work, vec![kill])).collect();
    Ok(Positions { cases, known })
}

pub(crate) async fn run(harness: &Harness, work: Work) -> Result<(), String> {
    let Positions { mut cases, mut known } = positions(harness, work).await?;
    let all = cases.len();
    if !harness.all_positions {
        harness.chance(40).shuffle(&mut cases);
        cases.truncate(if matches!(work, Work::Queued | Work::Batch | Work::Lost) { SAMPLE } else { SMALL_SAMPLE });
    }
    let title = format!("{work:?}: {} of {all} positions", cases.len());
    let mut sums = Sums { by_time: Some(BY_TIME), ..Sums::default() };
    // The long form also kills at each step that occurs only in a recovery.
    let recovery = recoveries(&mut sums, harness, cases, &mut known).await;
    if harness.all_positions {
        sums.run(harness, recovery.into_values().collect()).await;
    }
    report_sums(harness, &title, sums)
}
