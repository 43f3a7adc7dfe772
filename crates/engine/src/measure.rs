//! What the flow leaves in metrics. Nothing here exports: the program decides where it goes.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use keyferry_domain::ports::Counts;
use keyferry_domain::{ObstacleClass, PhaseName, Timestamp};
use opentelemetry::metrics::{Counter, Gauge, Histogram};
use opentelemetry::{KeyValue, global};

use crate::process::Run;
use crate::{CreateError, Created, ResendError, RunReport};

struct Instruments {
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
}

/// Made at the first use, which is after the program has said who keeps them.
static INSTRUMENTS: LazyLock<Instruments> = LazyLock::new(|| {
    let meter = global::meter("keyferry");
    let counter = |name: &'static str, what: &'static str| meter.u64_counter(name).with_description(what).build();
    let gauge = |name: &'static str, what: &'static str| meter.u64_gauge(name).with_description(what).build();
    let seconds =
        |name: &'static str, what: &'static str| meter.f64_gauge(name).with_unit("s").with_description(what).build();
    Instruments {
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
        oldest: seconds("keyferry.shipments.oldest.age", "Age of the oldest open shipment as the last run found it"),
        unreadable: gauge("keyferry.records.unreadable", "Records that the last run could not read"),
        lease: gauge("keyferry.lease.held", "Whether the schedules run on this replica"),
    }
});

/// Whether another replica leads, whose figures count.
static FOLLOWS: AtomicBool = AtomicBool::new(false);

/// Open shipments as a run found them.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) counts: Counts,
    /// When the oldest open one was created.
    pub(crate) oldest: Option<Timestamp>,
}

/// What stands in the way, where nothing does.
const CLEAR: &str = "none";

impl Tally {
    /// Every pair is told, so that one that is gone does not stay as it was.
    fn tell(&self, now: Timestamp) {
        for phase in PhaseName::OPEN {
            for class in std::iter::once(None).chain(ObstacleClass::ALL.map(Some)) {
                let obstacle = class.map_or(CLEAR, ObstacleClass::as_str);
                let labels = [KeyValue::new("phase", phase.as_str()), KeyValue::new("obstacle", obstacle)];
                INSTRUMENTS.shipments.record(self.counts.of(phase, class), &labels);
            }
        }
        INSTRUMENTS.oldest.record(self.oldest.map_or(0.0, |oldest| seconds(now - oldest)), &[]);
    }
}

/// A run that was made. `begin` and `now` are the engine's clock's.
pub(crate) fn run(run: Run, report: &RunReport, tally: &Tally, begin: Timestamp, now: Timestamp) {
    let kind = match run {
        Run::All => "all",
        Run::Due => "due",
    };
    let held_up = !report.stops.is_empty();
    let labels = [KeyValue::new("kind", kind), KeyValue::new("outcome", if held_up { "held_up" } else { "success" })];
    INSTRUMENTS.runs.record(seconds(now - begin), &labels);
    INSTRUMENTS.unreadable.record(u64::try_from(report.broken).unwrap_or(u64::MAX), &[]);
    if held_up {
        return;
    }
    INSTRUMENTS.last_run.record(seconds(now - Timestamp::UNIX_EPOCH), &[]);
    if !FOLLOWS.load(Ordering::Relaxed) {
        tally.tell(now);
    }
}

/// Whether this replica has the lease of the schedules. One that has not tells of no shipments: sums over all replicas are right.
pub fn lease_held(held: bool) {
    FOLLOWS.store(!held, Ordering::Relaxed);
    INSTRUMENTS.lease.record(u64::from(held), &[]);
    if !held {
        Tally::default().tell(Timestamp::UNIX_EPOCH);
    }
}

pub(crate) fn order(result: &Result<Created, CreateError>) {
    use CreateError::{NotRecorded, Refused, Throttled, TimedOut, TokenRefused, Unconfirmed, Upstream, UserNotFound};
    let outcome = match result {
        Ok(_) => "accepted",
        Err(Unconfirmed { .. } | NotRecorded { .. }) => "unconfirmed",
        Err(Refused(_) | UserNotFound { .. }) => "refused",
        Err(TokenRefused(_) | Throttled(_) | Upstream(_) | TimedOut { .. }) => "unavailable",
        Err(_) => "not_taken",
    };
    INSTRUMENTS.orders.add(1, &[KeyValue::new("outcome", outcome)]);
}

pub(crate) fn replay() {
    INSTRUMENTS.replays.add(1, &[]);
}

pub(crate) fn moved(phase: PhaseName) {
    INSTRUMENTS.moves.add(1, &[KeyValue::new("phase", phase.as_str())]);
    if phase == PhaseName::Registered {
        INSTRUMENTS.registrations.add(1, &[]);
    }
}

pub(crate) fn resend(result: &Result<(), ResendError>) {
    let outcome = match result {
        Ok(()) => "sent",
        Err(ResendError::Failed(_) | ResendError::Store(_)) => "unavailable",
        Err(_) => "not_possible",
    };
    INSTRUMENTS.resends.add(1, &[KeyValue::new("outcome", outcome)]);
}

fn seconds(span: TimeDelta) -> f64 {
    span.to_std().unwrap_or_default().as_secs_f64()
}
