//! A run over all shipments that are not final: each goes as far as it can.

mod advance;
mod fulfil;
mod hand_over;
mod register;

use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};

use futures::{FutureExt as _, StreamExt as _, stream};
use keyferry_domain::ports::{Claim, StoreError, Stored};
use keyferry_domain::{ObstacleClass, Phase, PhaseName, Timestamp};

use crate::Engine;
use crate::engine::store_failure;
use crate::failures::explain;

pub(crate) use hand_over::MessageClass;

/// Which shipments a run looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// All that are not final: the schedule, or a person who asks for it.
    All,
    /// Only those whose next attempt is due: between two scheduled runs.
    Due,
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunReport {
    /// Shipments worked on.
    pub looked_at: usize,
    /// Of these, shipments that entered another phase.
    pub moved: usize,
    /// Of these, shipments that an obstacle stands in the way of now.
    pub obstructed: usize,
    /// Records that could not be read.
    pub broken: usize,
    /// The earliest next attempt at a shipment that an obstacle stands in the way of.
    pub next_due: Option<Timestamp>,
    /// Why the run ended early, when it is nobody's shipment.
    pub stopped: Option<String>,
}

/// What became of one shipment.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Worked {
    Skipped,
    Waiting,
    Moved,
    Obstructed { next_attempt: Option<Timestamp> },
    Stop(String),
}

impl RunReport {
    fn count(&mut self, worked: &Worked, due_before: Option<Timestamp>) {
        let due = match worked {
            Worked::Skipped | Worked::Stop(_) => due_before,
            Worked::Obstructed { next_attempt } => *next_attempt,
            Worked::Waiting | Worked::Moved => None,
        };
        self.next_due = self.next_due.into_iter().chain(due).min();
        self.looked_at += usize::from(*worked != Worked::Skipped);
        self.moved += usize::from(*worked == Worked::Moved);
        self.obstructed += usize::from(matches!(worked, Worked::Obstructed { .. }));
    }
}

/// What stops a run: said once, however many workers meet it.
#[derive(Default)]
struct Stop(Mutex<Option<String>>);

impl Stop {
    fn is_set(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn set(&self, reason: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(reason);
    }

    fn into_inner(self) -> Option<String> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Works on every shipment that the run looks at.
    pub async fn run(&self, run: Run) -> RunReport {
        let mut report = RunReport::default();
        let stop = Stop::default();
        let mut after = None;
        loop {
            let page = match self.ports.shipments.list(&PhaseName::OPEN, after.as_ref(), 100).await {
                Ok(page) => page,
                Err(error) => {
                    stop.set(explain(&store_failure(&error)));
                    break;
                }
            };
            for (key, reason) in &page.broken {
                tracing::error!(record = %key, %reason, "a record cannot be read and is left alone; the others go on");
            }
            report.broken += page.broken.len();
            self.run_page(page.items, run, &stop, &mut report).await;
            match page.next {
                Some(next) if !stop.is_set() => after = Some(next),
                _ => break,
            }
        }
        report.stopped = stop.into_inner();
        if let Some(reason) = &report.stopped {
            tracing::error!(%reason, "the run ended early: this is no single shipment's matter");
        }
        report
    }

    async fn run_page(&self, items: Vec<Stored>, run: Run, stop: &Stop, report: &mut RunReport) {
        let mut work = stream::iter(items)
            .map(|stored| async move {
                let due = stored.shipment.obstacle.as_ref().and_then(|obstacle| obstacle.next_attempt);
                let worked = if stop.is_set() { Worked::Skipped } else { self.work_on(stored, run).await };
                if let Worked::Stop(reason) = &worked {
                    stop.set(reason.clone());
                }
                (worked, due)
            })
            .buffer_unordered(self.settings.concurrency);
        while let Some((worked, due)) = work.next().await {
            report.count(&worked, due);
        }
    }

    /// Claims one shipment and takes it as far as it goes.
    async fn work_on(&self, stored: Stored, run: Run) -> Worked {
        if !self.is_wanted(&stored, run) {
            return Worked::Skipped;
        }
        let id = stored.shipment.id;
        let result = self.claimed(stored).await;
        match result {
            Ok(worked) => worked,
            Err(StoreError::Conflict(_)) => {
                tracing::debug!(shipment = %id, "somebody else works on it or changed it; the next run looks again");
                Worked::Skipped
            }
            Err(StoreError::Unavailable(reason)) => {
                Worked::Stop(explain(&store_failure(&StoreError::Unavailable(reason))))
            }
            Err(error) => {
                tracing::error!(shipment = %id, %error, "its record could not be written");
                Worked::Obstructed { next_attempt: None }
            }
        }
    }

    async fn claimed(&self, stored: Stored) -> Result<Worked, StoreError> {
        let now = self.ports.clock.now();
        let id = stored.shipment.id;
        let holder = keyferry_domain::ShipmentId::new(now, self.ports.entropy.as_ref()).to_string();
        let claim = Claim { holder: holder.clone(), until: now + self.settings.claim };
        let version = self.ports.shipments.claim(id, &stored.version, &claim, now).await?;
        // A defect that one shipment runs into must not keep the others from their turn, nor the claim from being
        // given back.
        let worked = AssertUnwindSafe(self.advance(stored.shipment, version)).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!(shipment = %id, "processing this shipment failed by a defect of the connector; the others go on");
            Ok(Worked::Obstructed { next_attempt: None })
        });
        if let Err(error) = self.ports.shipments.release(id, &holder).await {
            tracing::debug!(shipment = %id, %error, "a claim was not given back; it ends by itself");
        }
        worked
    }

    fn is_wanted(&self, stored: &Stored, run: Run) -> bool {
        let now = self.ports.clock.now();
        let shipment = &stored.shipment;
        if stored.claim.as_ref().is_some_and(|claim| claim.until > now) {
            return false;
        }
        if let Phase::Submitting(submitting) = &shipment.phase {
            return submitting.until <= now && !self.is_creating(shipment.id);
        }
        match (&shipment.obstacle, run) {
            (Some(obstacle), _) if obstacle.class == ObstacleClass::Final => false,
            (Some(obstacle), Run::Due) => obstacle.next_attempt.is_some_and(|at| at <= now),
            (None, Run::Due) => false,
            (_, Run::All) => !matches!(shipment.phase, Phase::Unconfirmed(_)),
        }
    }
}
