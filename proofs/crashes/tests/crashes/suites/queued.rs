//! Kills the connector while orders wait in the queue, while a batch is uploaded, checked and sent, and while a key is
//! reported as lost.

use std::ops::ControlFlow;

use super::{Sums, report, report_sums};
use crate::case::{Case, PinBy, PlannedKill, Work};
use crate::child::StepAt;
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

/// Number of positions in the normal run, by scenario.
const SAMPLE: usize = 14;

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

/// Returns a case for each position: each step, each time that it is reached.
pub(crate) async fn positions(harness: &Harness, work: Work) -> Result<Vec<Case>, String> {
    let (mut steps, mut broken) = (Vec::new(), String::new());
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
    let special: &[&str] = match work {
        Work::Batch => &LANDMARKS_OF_BATCHES,
        Work::Lost => &LANDMARKS_OF_LOST_KEYS,
        Work::Single | Work::Queued => &[],
    };
    let wanted = LANDMARKS.iter().chain(special);
    let missing: Vec<_> =
        wanted.filter(|name| !steps.iter().any(|(step, _)| step.ends_with(&format!("{name}.after")))).collect();
    if !missing.is_empty() {
        return Err(format!("steps that were not announced: {missing:?}; announced: {steps:#?}\n"));
    }
    // Clean-up runs by time.
    let steps = steps.into_iter().filter(|(step, _)| !step.starts_with("clean-up."));
    // The rest is killed with queued orders.
    let is_of_the_act = |step: &str| step.starts_with("act.") || step.starts_with("resend.");
    let steps = steps.filter(|(step, _)| work != Work::Lost || is_of_the_act(step));
    let steps = steps.filter(|(step, _)| step.contains(&harness.only_step));
    let at = |(step, count): (String, u32)| {
        (1..=count).map(move |occurrence| PlannedKill::AtStep(StepAt { step: step.clone(), occurrence }))
    };
    Ok(steps.flat_map(at).map(|kill| case(harness, work, vec![kill])).collect())
}

pub(crate) async fn run(harness: &Harness, work: Work) -> Result<(), String> {
    let mut cases = positions(harness, work).await?;
    let all = cases.len();
    if !harness.all_positions {
        harness.chance(40).shuffle(&mut cases);
        cases.truncate(SAMPLE);
    }
    let title = format!("{work:?}: {} of {all} positions", cases.len());
    let mut sums = Sums::default();
    sums.run(harness, cases).await;
    report_sums(harness, &title, sums)
}
