//! Connectors with a planted bug, killed at the same steps until the harness finds the bug.

use std::ops::ControlFlow;

use super::every_step::{clean, killed_at, steps};
use super::{queued, refused_writes, report, wrong_clock};
use crate::case::{Case, PinBy, PlannedKill, Work};
use crate::checks::Promise;
use crate::child::planted::Bug;
use crate::harness::{Harness, is_long_form};

pub(crate) struct PlantedBug {
    pub(crate) test: &'static str,
    bug: Bug,
    /// Prefix of the steps at which a kill can reveal the bug.
    flow: &'static str,
    /// The promise that it breaks.
    promise: Promise,
    fault: Fault,
}

/// What has to happen besides the kill.
enum Fault {
    Nothing,
    ClockAhead,
    RefusedWrites,
    /// None. The orders wait in the queue.
    InQueue(Work),
}

const fn planted_bug(test: &'static str, bug: Bug, flow: &'static str, promise: Promise) -> PlantedBug {
    PlantedBug { test, bug, flow, promise, fault: Fault::Nothing }
}

impl PlantedBug {
    const fn with(self, fault: Fault) -> Self {
        Self { fault, ..self }
    }

    /// Returns the cases that can reveal the bug. Only with SMTP, since the bugs do not depend on the PIN delivery.
    async fn cases(&self, harness: &Harness) -> Result<Vec<Case>, String> {
        let cases = match self.fault {
            Fault::Nothing => {
                let chance = harness.chance(100 + self.flow.len() as u64);
                let steps = steps(clean(harness).await?);
                let steps =
                    steps.iter().filter(|(pin_by, step, _)| *pin_by == PinBy::Smtp && step.starts_with(self.flow));
                steps.map(|(pin_by, step, count)| killed_at(&chance, *pin_by, step, *count)).collect()
            }
            Fault::ClockAhead => wrong_clock::ahead(harness, self.flow).await?,
            Fault::InQueue(work) => {
                let cases = queued::positions(harness, work).await?.cases;
                let here =
                    |kill: &PlannedKill| matches!(kill, PlannedKill::AtStep(at) if at.step.starts_with(self.flow));
                cases.into_iter().filter(|case| case.kills.iter().any(here)).collect()
            }
            Fault::RefusedWrites => refused_writes::cases_from(harness, self.flow, 1),
        };
        Ok(cases.into_iter().map(|case| Case { planted: Some(self.bug), ..case }).collect())
    }
}

pub(crate) const PLANTED_BUGS: [PlantedBug; 17] = [
    planted_bug("planted::ordered_again_after_a_restart", Bug::OrderedAgain, "create.", Promise::NotOrderedTwice),
    planted_bug("planted::record_dropped_after_a_restart", Bug::RecordDropped, "create.", Promise::OrderNotLost),
    planted_bug("planted::intent_written_after_the_order", Bug::IntentAfterOrder, "create.", Promise::OrderNotLost),
    planted_bug(
        "planted::registered_without_look_up",
        Bug::RegisteredWithoutLookUp,
        "process.",
        Promise::RegisteredOnce,
    ),
    planted_bug("planted::pin_skipped_after_a_restart", Bug::PinSkipped, "process.", Promise::PinIsDelivered),
    planted_bug("planted::message_id_per_process", Bug::MessageIdPerProcess, "process.", Promise::PinUnderOneMessageId),
    planted_bug("planted::one_manager_for_all", Bug::OneManagerForAll, "process.", Promise::RightPerson),
    planted_bug("planted::future_claim_trusted", Bug::FutureClaimTrusted, "process.", Promise::Settles)
        .with(Fault::ClockAhead),
    planted_bug(
        "planted::acceptance_not_journaled",
        Bug::AcceptanceNotJournaled,
        "create.",
        Promise::AcceptanceNotForgotten,
    )
    .with(Fault::RefusedWrites),
    planted_bug("planted::pin_not_journaled", Bug::PinNotJournaled, "process.", Promise::PinSentOnce)
        .with(Fault::RefusedWrites),
    planted_bug("planted::queued_order_sent_again", Bug::OrderedAgain, "", Promise::NotOrderedTwice)
        .with(Fault::InQueue(Work::Queued)),
    planted_bug("planted::queued_order_not_sealed", Bug::OrderNotSealed, "accept.", Promise::OrderNotLost)
        .with(Fault::InQueue(Work::Queued)),
    planted_bug("planted::row_id_per_process", Bug::RowIdPerProcess, "", Promise::NotOrderedTwice)
        .with(Fault::InQueue(Work::Batch)),
    planted_bug("planted::act_forgotten", Bug::ActForgotten, "act.shipments.claim", Promise::Settles)
        .with(Fault::InQueue(Work::Returned)),
    planted_bug("planted::deletion_skipped", Bug::DeletionSkipped, "act.shipments.claim", Promise::PasskeyIsGone)
        .with(Fault::InQueue(Work::Leaver)),
    planted_bug(
        "planted::person_mail_id_per_process",
        Bug::PersonMailIdPerProcess,
        "send.pin_delivery.mail_person",
        Promise::PersonIsAskedOnce,
    )
    .with(Fault::InQueue(Work::Address)),
    planted_bug("planted::link_closed_late", Bug::LinkClosedLate, "look.shipments.get.before", Promise::PinShownOnce)
        .with(Fault::InQueue(Work::PinPage)),
];

/// Checks that no bug shows without a kill: the kills must be what finds it.
pub(crate) async fn without_a_kill(harness: &Harness) -> Result<(), String> {
    let quiet = |planted_bug: &PlantedBug| Case {
        planted: Some(planted_bug.bug),
        work: match planted_bug.fault {
            Fault::InQueue(work) => work,
            _ => Work::Single,
        },
        ..Case::new(harness.seed, PinBy::Smtp, Vec::new())
    };
    let mut seen = String::new();
    harness
        .run(
            PLANTED_BUGS.iter().filter(|bug| is_long_form() || !crate::LONG.contains(&bug.test)).map(quiet).collect(),
            |case, outcome, kept| {
                if !outcome.broken.is_empty() {
                    seen.push_str(&format!("{:?}: {}", case.planted, report(case, &outcome, kept)));
                }
                ControlFlow::Continue(())
            },
        )
        .await;
    if seen.is_empty() { Ok(()) } else { Err(seen) }
}

pub(crate) async fn run(harness: &Harness, planted_bug: &PlantedBug) -> Result<(), String> {
    let mut cases = planted_bug.cases(harness).await?;
    harness.chance(99).shuffle(&mut cases);
    let (mut kills, mut found) = (0, None);
    harness
        .run(cases, |_, outcome, _| {
            kills += outcome.kills.len();
            match outcome.broken.iter().find(|broken| broken.promise == planted_bug.promise) {
                None => ControlFlow::Continue(()),
                Some(broken) => {
                    found = Some(broken.to_string());
                    ControlFlow::Break(())
                }
            }
        })
        .await;
    let Some(found) = found else {
        return Err(format!("after {kills} kills, the harness did not find {:?}\n", planted_bug.bug));
    };
    if !harness.quiet {
        println!("{}: found after {kills} kills: {found}", planted_bug.test);
    }
    Ok(())
}
