//! What the flow leaves in metrics. Nothing here exports: the program decides where it goes.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use keyferry_domain::ports::Counts;
use keyferry_domain::{ObstacleClass, PhaseName, Timestamp};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter};

/// The instruments of one engine.
pub(crate) struct Metrics {
    orders: Counter<u64>,
    replays: Counter<u64>,
    moves: Counter<u64>,
    registrations: Counter<u64>,
    resends: Counter<u64>,
    runs: Histogram<f64>,
    last_run: Gauge<f64>,
    shipments: Gauge<u64>,
    oldest: Gauge<f64>,
    unreadable: Gauge<u64>,
    lease: Gauge<u64>,
    /// Whether another replica holds the lease of the schedules, whose figures count.
    follows: AtomicBool,
}

/// Open shipments as a run found them.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) counts: Counts,
    /// When the oldest open one was created.
    pub(crate) oldest: Option<Timestamp>,
}

/// A run that was made.
pub(crate) struct MadeRun<'a> {
    /// Which shipments it was for.
    pub(crate) kind: &'static str,
    /// Whether an outage kept it from shipments.
    pub(crate) held_up: bool,
    /// Records that it could not read.
    pub(crate) unreadable: usize,
    pub(crate) tally: &'a Tally,
    pub(crate) begin: Timestamp,
    pub(crate) end: Timestamp,
}

/// The value of the label `obstacle` where there is none.
const CLEAR: &str = "none";

impl Metrics {
    pub(crate) fn new(meter: &Meter) -> Self {
        let counter = |name: &'static str, what: &'static str| meter.u64_counter(name).with_description(what).build();
        let gauge = |name: &'static str, what: &'static str| meter.u64_gauge(name).with_description(what).build();
        let seconds = |name: &'static str, what: &'static str| {
            meter.f64_gauge(name).with_unit("s").with_description(what).build()
        };
        Self {
            orders: counter("keyferry.orders", "Orders by what came of them, repeated requests left out"),
            replays: counter("keyferry.idempotent.replays", "Requests answered from an earlier one with the same key"),
            moves: counter("keyferry.shipment.moves", "Phases that shipments entered in processing"),
            registrations: counter("keyferry.registrations", "Shipments of which all credentials were registered"),
            resends: counter("keyferry.pin.resends", "PINs asked for again, by what came of it"),
            runs: meter
                .f64_histogram("keyferry.run.duration")
                .with_unit("s")
                .with_description("How long runs over open shipments took")
                .with_boundaries(vec![0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0])
                .build(),
            last_run: seconds(
                "keyferry.run.last.success.timestamp",
                "End of the last run that no party held up, in Unix time",
            ),
            shipments: gauge("keyferry.shipments", "Open shipments as the last run found them"),
            oldest: seconds(
                "keyferry.shipments.oldest.age",
                "Age of the oldest open shipment as the last run found it",
            ),
            unreadable: gauge("keyferry.records.unreadable", "Records that the last run could not read"),
            lease: gauge("keyferry.lease.held", "Whether the schedules run on this replica"),
            follows: AtomicBool::new(false),
        }
    }

    pub(crate) fn run(&self, run: &MadeRun<'_>) {
        let outcome = if run.held_up { "held_up" } else { "success" };
        let labels = [KeyValue::new("kind", run.kind), KeyValue::new("outcome", outcome)];
        self.runs.record(seconds(run.end - run.begin), &labels);
        self.unreadable.record(u64::try_from(run.unreadable).unwrap_or(u64::MAX), &[]);
        if run.held_up {
            return;
        }
        self.last_run.record(seconds(run.end - Timestamp::UNIX_EPOCH), &[]);
        if !self.follows.load(Ordering::Relaxed) {
            self.tell(run.tally, run.end);
        }
    }

    /// Whether this replica has the lease of the schedules. One that has not tells of no shipments: sums over all replicas are right.
    pub(crate) fn lease_held(&self, held: bool) {
        self.follows.store(!held, Ordering::Relaxed);
        self.lease.record(u64::from(held), &[]);
        if !held {
            self.tell(&Tally::default(), Timestamp::UNIX_EPOCH);
        }
    }

    pub(crate) fn order(&self, outcome: &'static str) {
        self.orders.add(1, &[KeyValue::new("outcome", outcome)]);
    }

    pub(crate) fn replay(&self) {
        self.replays.add(1, &[]);
    }

    pub(crate) fn moved(&self, phase: PhaseName) {
        self.moves.add(1, &[KeyValue::new("phase", phase.as_str())]);
        if phase == PhaseName::Registered {
            self.registrations.add(1, &[]);
        }
    }

    pub(crate) fn resend(&self, outcome: &'static str) {
        self.resends.add(1, &[KeyValue::new("outcome", outcome)]);
    }

    /// Every pair is told, so that one that is gone does not stay as it was.
    fn tell(&self, tally: &Tally, now: Timestamp) {
        for phase in PhaseName::OPEN {
            for class in std::iter::once(None).chain(ObstacleClass::ALL.map(Some)) {
                let obstacle = class.map_or(CLEAR, ObstacleClass::as_str);
                let labels = [KeyValue::new("phase", phase.as_str()), KeyValue::new("obstacle", obstacle)];
                self.shipments.record(tally.counts.of(phase, class), &labels);
            }
        }
        self.oldest.record(tally.oldest.map_or(0.0, |oldest| seconds(now - oldest)), &[]);
    }
}

fn seconds(span: TimeDelta) -> f64 {
    span.to_std().unwrap_or_default().as_secs_f64()
}
