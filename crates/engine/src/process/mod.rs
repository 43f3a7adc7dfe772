//! A run over all shipments that are not final: each goes as far as it can.

mod advance;
mod fulfil;
mod hand_over;
mod register;
mod stops;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::PoisonError;

use chrono::TimeDelta;
use futures::{FutureExt as _, StreamExt as _, stream};
use keyferry_domain::ports::{ShipmentFilter, ShipmentSort, StoreError, Stored, Summary, TimeRange};
use keyferry_domain::{Failure, FailureKind, ObstacleClass, Operation, Party, Phase, PhaseName, ShipmentId, Timestamp};
use tracing::Instrument as _;

use crate::Engine;
use crate::claim::Claimed;
use crate::engine::store_failure;
use crate::failures::explain;
use crate::measure::{self, Tally};

pub(crate) use hand_over::MessageClass;
pub(crate) use stops::{Stops, reason_for};

/// Which shipments a run looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// All that are not final: the schedule, or a person who asks for it.
    All,
    /// Only those whose next attempt is due: between two scheduled runs.
    Due,
}

impl Run {
    /// The shipments that it may have to work on.
    fn filter(self, now: Timestamp) -> ShipmentFilter {
        let unless_final = vec![None, Some(ObstacleClass::Retry), Some(ObstacleClass::Attention)];
        match self {
            Self::All => ShipmentFilter { obstacles: unless_final, ..ShipmentFilter::open() },
            Self::Due => ShipmentFilter {
                obstacles: unless_final,
                // What is due now, in the resolution of stored times.
                next_attempt: TimeRange::before(now + TimeDelta::microseconds(1)),
                ..ShipmentFilter::phases(&PhaseName::OPEN)
            },
        }
    }

    /// The shipments whose obstacle has a next attempt.
    fn to_be_retried() -> ShipmentFilter {
        let obstacles = vec![Some(ObstacleClass::Retry), Some(ObstacleClass::Attention)];
        ShipmentFilter { obstacles, ..ShipmentFilter::phases(&PhaseName::OPEN) }
    }
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
    /// When a party that asked to be left alone may be asked again.
    pub resume_at: Option<Timestamp>,
    /// What is nobody's shipment and held back all that need the party concerned.
    pub stops: BTreeMap<Party, String>,
}

/// What became of one shipment.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Worked {
    Skipped,
    Waiting,
    Moved,
    Obstructed,
    Broken,
    Stop(Party, String),
}

impl RunReport {
    /// The first reason why shipments had to wait, if there is one.
    pub fn stopped(&self) -> Option<&String> {
        self.stops.values().next()
    }

    fn count(&mut self, worked: &Worked) {
        self.broken += usize::from(*worked == Worked::Broken);
        self.looked_at += usize::from(!matches!(worked, Worked::Skipped | Worked::Broken));
        self.moved += usize::from(*worked == Worked::Moved);
        self.obstructed += usize::from(*worked == Worked::Obstructed);
    }
}

impl Engine {
    /// Works on every shipment that the run looks at. Shutting down lets it begin no further one.
    pub async fn run(&self, run: Run) -> RunReport {
        let (begin, mut tally) = (self.ports.clock.now(), Tally::default());
        let span = tracing::info_span!("run", kind = ?run);
        let report = self.run_over(run, &mut tally).instrument(span).await;
        measure::run(run, &report, &tally, begin, self.ports.clock.now());
        report
    }

    async fn run_over(&self, run: Run, tally: &mut Tally) -> RunReport {
        let mut report = RunReport::default();
        let stops = Stops::new(self.parties_to_leave_alone());
        if let Err(error) = self.process_open(run, tally, &stops, &mut report).await {
            stops.add(Party::Store, explain(&store_failure(&error)));
        }
        report.stops = stops.into_inner();
        report.resume_at = self.pauses.lock().unwrap_or_else(PoisonError::into_inner).values().max().copied();
        for (party, reason) in &report.stops {
            tracing::error!(%party, %reason, "shipments that need it wait: this is no single shipment's matter");
        }
        self.stops.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&report.stops);
        report
    }

    async fn process_open(
        &self,
        run: Run,
        tally: &mut Tally,
        stops: &Stops,
        report: &mut RunReport,
    ) -> Result<(), StoreError> {
        if stops.hold_all() {
            return Ok(());
        }
        let store = &self.ports.shipments;
        tally.counts = store.counts().await?;
        let open = ShipmentFilter::phases(&PhaseName::OPEN);
        let oldest = store.query(&open, ShipmentSort::Id, None, 1).await?;
        tally.oldest = oldest.items.first().map(|summary| summary.created_at);

        let wanted = run.filter(self.ports.clock.now());
        let mut after = None;
        while !self.stopping.is_cancelled() && !stops.hold_all() {
            let page = store.query(&wanted, ShipmentSort::Id, after.as_ref(), 100).await?;
            for (key, reason) in &page.broken {
                tracing::error!(record = %key, %reason, "a record cannot be read and is left alone; the others go on");
            }
            report.broken += page.broken.len();
            self.run_page(page.items, run, stops, report).await;
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let next = store.query(&Run::to_be_retried(), ShipmentSort::NextAttempt, None, 1).await?;
        report.next_due = next.items.first().and_then(|summary| summary.next_attempt);
        Ok(())
    }

    async fn run_page(&self, items: Vec<Summary>, run: Run, stops: &Stops, report: &mut RunReport) {
        let mut work = stream::iter(items)
            .map(|summary| async move {
                let worked = self.work_on(&summary, run, stops).await;
                if let Worked::Stop(party, reason) = &worked {
                    stops.add(*party, reason.clone());
                }
                worked
            })
            .buffer_unordered(self.settings.concurrency);
        while let Some(worked) = work.next().await {
            report.count(&worked);
        }
    }

    /// Parties that asked to be left alone for a while, with the reason.
    fn parties_to_leave_alone(&self) -> BTreeMap<Party, String> {
        let now = self.ports.clock.now();
        let mut pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        pauses.retain(|_, until| *until > now);
        let reason = |party, until: &Timestamp| {
            format!("The {party} asked to be left alone until {}.", until.format("%H:%M:%SZ"))
        };
        pauses.iter().map(|(party, until)| (*party, reason(*party, until))).collect()
    }

    /// Claims one shipment and takes it as far as it goes.
    async fn work_on(&self, summary: &Summary, run: Run, stops: &Stops) -> Worked {
        if stops.hold(summary.phase, self.ports.pin_delivery.addressing()) || self.stopping.is_cancelled() {
            return Worked::Skipped;
        }
        let id = summary.id;
        let result = async {
            match self.ports.shipments.get(id).await? {
                Some(stored) if self.is_wanted(&stored, run) => self.claimed(stored, stops).await,
                _ => Ok(Worked::Skipped),
            }
        };
        match result.await {
            Ok(worked) => worked,
            Err(StoreError::Conflict(_)) => {
                tracing::info!(shipment = %id, "somebody else works on it or changed it; the next run looks again");
                Worked::Skipped
            }
            Err(StoreError::Unavailable(reason)) => {
                Worked::Stop(Party::Store, explain(&store_failure(&StoreError::Unavailable(reason))))
            }
            Err(StoreError::Broken { id, reason }) => {
                tracing::error!(record = %id, %reason, "a record cannot be read and is left alone; the others go on");
                Worked::Broken
            }
            Err(error) => {
                tracing::error!(shipment = %id, %error, "its record could not be written");
                Worked::Obstructed
            }
        }
    }

    async fn claimed(&self, stored: Stored, stops: &Stops) -> Result<Worked, StoreError> {
        let now = self.ports.clock.now();
        let Stored { change, version, .. } = stored;
        let (id, phase) = (change.shipment().id(), change.shipment().phase().name());
        let holder = ShipmentId::new(now, self.ports.entropy.as_ref());
        let claimed = self.claim(id, &version, holder).await?;
        // A defect that one shipment runs into must not keep the others from their turn, nor the claim from being
        // given back.
        let span = tracing::info_span!("shipment", shipment = %id, phase = phase.as_str());
        let advance = self.advance(change, &claimed, stops).instrument(span);
        let work = async {
            match AssertUnwindSafe(advance).catch_unwind().await {
                Ok(worked) => worked,
                Err(_) => self.note_defect(id, &claimed).await,
            }
        };
        claimed.during(work).await
    }

    /// Writes on the record as it stands now that processing it panicked.
    async fn note_defect(&self, id: ShipmentId, claimed: &Claimed<'_>) -> Result<Worked, StoreError> {
        tracing::error!(shipment = %id, "processing this shipment failed by a defect of the connector; the others go on");
        let Some(Stored { change, .. }) = self.ports.shipments.get(id).await? else {
            return Ok(Worked::Skipped);
        };
        let message = "Processing this shipment failed by a defect of the connector.";
        let failure = Failure::new(Party::Connector, Operation::Process, FailureKind::Found("defect"), message);
        self.obstruct(change, claimed, &failure).await
    }

    fn is_wanted(&self, stored: &Stored, run: Run) -> bool {
        let now = self.ports.clock.now();
        let shipment = stored.shipment();
        if stored.claim.as_ref().is_some_and(|claim| claim.until > now) {
            return false;
        }
        if let Phase::Submitting(submitting) = shipment.phase() {
            return submitting.until <= now && !self.is_creating(shipment.id());
        }
        match (shipment.obstacle(), run) {
            (Some(obstacle), _) if obstacle.class == ObstacleClass::Final => false,
            (Some(obstacle), Run::Due) => obstacle.next_attempt.is_some_and(|at| at <= now),
            (None, Run::Due) => false,
            (_, Run::All) => !matches!(shipment.phase(), Phase::Unconfirmed(_)),
        }
    }
}
