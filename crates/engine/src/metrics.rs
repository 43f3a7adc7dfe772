//! Metrics of the engine. The program decides how they are exported.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use keyferry_domain::ports::{Counts, EventChain};
use keyferry_domain::{ObstacleClass, PhaseName, Timestamp};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter};

use crate::reconciliation::DifferenceKind;

/// Instruments of one engine.
pub(crate) struct Metrics {
    orders: Counter<u64>,
    replays: Counter<u64>,
    moves: Counter<u64>,
    registrations: Counter<u64>,
    resends: Counter<u64>,
    letters: Counter<u64>,
    runs: Histogram<f64>,
    last_run: Gauge<f64>,
    shipments: Gauge<u64>,
    oldest: Gauge<f64>,
    unreadable: Gauge<u64>,
    lease: Gauge<u64>,
    overdue: Gauge<u64>,
    unindexed: Gauge<u64>,
    entries: Gauge<u64>,
    signed: Gauge<f64>,
    altered: Gauge<u64>,
    webhook_attempts: Counter<u64>,
    webhooks_failing: Gauge<u64>,
    webhooks_blocked: Gauge<u64>,
    differences: Gauge<u64>,
    stock: Gauge<u64>,
    stock_low: Gauge<u64>,
    /// Whether another replica holds the scheduler lease. That replica then reports the numbers of shipments.
    follows: AtomicBool,
}

/// Open shipments at the start of a run.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) counts: Counts,
    /// Creation time of the oldest open shipment.
    pub(crate) oldest: Option<Timestamp>,
}

/// Finished run.
pub(crate) struct FinishedRun<'a> {
    /// Kind of run: `all` or `due`.
    pub(crate) kind: &'static str,
    /// Whether an outage put shipments on hold.
    pub(crate) held_up: bool,
    /// Number of unreadable records.
    pub(crate) unreadable: usize,
    pub(crate) tally: &'a Tally,
    pub(crate) begin: Timestamp,
    pub(crate) end: Timestamp,
}

/// Value of the label `obstacle` for shipments without obstacle.
const CLEAR: &str = "none";

impl Metrics {
    pub(crate) fn new(meter: &Meter) -> Self {
        let counter = |name: &'static str, what: &'static str| meter.u64_counter(name).with_description(what).build();
        let gauge = |name: &'static str, what: &'static str| meter.u64_gauge(name).with_description(what).build();
        let seconds = |name: &'static str, what: &'static str| {
            meter.f64_gauge(name).with_unit("s").with_description(what).build()
        };
        Self {
            orders: counter("keyferry.orders", "Orders by outcome, without repeated requests"),
            replays: counter(
                "keyferry.idempotent.replays",
                "Requests answered from an earlier request with the same idempotency key",
            ),
            moves: counter("keyferry.shipment.transitions", "Phases entered by shipments in processing"),
            registrations: counter("keyferry.registrations", "Shipments with all credentials registered"),
            resends: counter("keyferry.pin.resends", "Requests to resend a PIN, by outcome"),
            letters: counter("keyferry.pin.letters", "Requests to print a PIN, by outcome"),
            runs: meter
                .f64_histogram("keyferry.run.duration")
                .with_unit("s")
                .with_description("Duration of runs over open shipments")
                .with_boundaries(vec![0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0])
                .build(),
            last_run: seconds(
                "keyferry.run.last.success.timestamp",
                "End of the last run without an outage, in Unix time",
            ),
            shipments: gauge("keyferry.shipments", "Open shipments, as of the last run"),
            oldest: seconds("keyferry.shipments.oldest.age", "Age of the oldest open shipment, as of the last run"),
            unreadable: gauge("keyferry.records.unreadable", "Unreadable records, as of the last run"),
            lease: gauge("keyferry.lease.held", "Whether this replica holds the scheduler lease"),
            overdue: gauge("keyferry.run.overdue", "Whether no scheduled run has finished for two intervals"),
            unindexed: gauge(
                "keyferry.store.index.mismatch",
                "Difference between the numbers of open shipments by table and by index, as of the last run",
            ),
            entries: gauge("keyferry.events.chain.entries", "Entries of the event chain, as of the last check"),
            signed: seconds(
                "keyferry.events.checkpoint.timestamp",
                "Time of the newest signature of the event chain, as of the last check, in Unix time",
            ),
            altered: gauge("keyferry.events.altered", "Whether the last check found events changed by others"),
            webhook_attempts: counter("keyferry.webhook.attempts", "Attempts to send messages to webhooks, by outcome"),
            webhooks_failing: gauge(
                "keyferry.webhooks.failing",
                "Webhooks of which all attempts have failed for 15 minutes",
            ),
            webhooks_blocked: gauge(
                "keyferry.webhooks.blocked",
                "Webhooks that receive no new events because stored data cannot be read",
            ),
            differences: gauge(
                "keyferry.reconciliation.differences",
                "Differences of the last reconciliation, by kind",
            ),
            stock: gauge("keyferry.stock.keys", "Keys that are left in an inventory with a threshold"),
            stock_low: gauge("keyferry.stock.low", "1 if an inventory has fewer keys than its threshold, otherwise 0"),
            follows: AtomicBool::new(false),
        }
    }

    pub(crate) fn run(&self, run: &FinishedRun<'_>) {
        let outcome = if run.held_up { "on_hold" } else { "success" };
        let labels = [KeyValue::new("kind", run.kind), KeyValue::new("outcome", outcome)];
        self.runs.record(seconds(run.end - run.begin), &labels);
        self.unreadable.record(u64::try_from(run.unreadable).unwrap_or(u64::MAX), &[]);
        if run.held_up {
            return;
        }
        self.last_run.record(seconds(run.end - Timestamp::UNIX_EPOCH), &[]);
        if !self.follows.load(Ordering::Relaxed) {
            self.record_shipments(run.tally, run.end);
        }
    }

    /// Records whether this replica holds the scheduler lease. A replica without it reports zero shipments, so that
    /// sums over all replicas are correct.
    pub(crate) fn lease_held(&self, held: bool) {
        self.follows.store(!held, Ordering::Relaxed);
        self.lease.record(u64::from(held), &[]);
        if !held {
            self.record_shipments(&Tally::default(), Timestamp::UNIX_EPOCH);
        }
    }

    /// Records whether no scheduled run has finished for two intervals.
    pub(crate) fn runs_overdue(&self, overdue: bool) {
        self.overdue.record(u64::from(overdue), &[]);
    }

    /// Records the difference between the numbers of open shipments by table and by index.
    pub(crate) fn index_mismatch(&self, difference: u64) {
        self.unindexed.record(difference, &[]);
    }

    /// Records the result of verifying the events. A broken chain keeps the numbers of the last intact one.
    pub(crate) fn events_verified(&self, chain: &EventChain) {
        self.altered.record(u64::from(chain.broken.is_some()), &[]);
        if chain.broken.is_none() {
            self.entries.record(chain.entries, &[]);
        }
        if let Some(at) = chain.signed_at {
            self.signed.record(seconds(at - Timestamp::UNIX_EPOCH), &[]);
        }
    }

    /// Records an attempt to send a message to a webhook.
    pub(crate) fn webhook_attempt(&self, outcome: &'static str) {
        self.webhook_attempts.add(1, &[KeyValue::new("outcome", outcome)]);
    }

    /// Records the number of webhooks that fail.
    pub(crate) fn webhooks_failing(&self, count: usize) {
        self.webhooks_failing.record(count as u64, &[]);
    }

    /// Records the number of webhooks whose events are kept back by stored data.
    pub(crate) fn webhooks_blocked(&self, count: usize) {
        self.webhooks_blocked.record(count as u64, &[]);
    }

    /// Records the numbers of differences between both sides. A kind without differences is recorded as 0.
    pub(crate) fn reconciled(&self, counts: &BTreeMap<DifferenceKind, u64>) {
        for kind in DifferenceKind::ALL {
            let count = counts.get(&kind).copied().unwrap_or_default();
            self.differences.record(count, &[KeyValue::new("kind", kind.as_str())]);
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

    /// Records the level of an inventory that has a threshold.
    pub(crate) fn stock(&self, inventory: i64, quantity: i64, is_low: bool) {
        let labels = [KeyValue::new("inventory", inventory)];
        self.stock.record(u64::try_from(quantity).unwrap_or_default(), &labels);
        self.stock_low.record(is_low.into(), &labels);
    }

    pub(crate) fn letter(&self, outcome: &'static str) {
        self.letters.add(1, &[KeyValue::new("outcome", outcome)]);
    }

    /// Records every combination of labels, because a gauge that is not recorded again keeps its last value.
    fn record_shipments(&self, tally: &Tally, now: Timestamp) {
        for phase in std::iter::once(PhaseName::Queued).chain(PhaseName::OPEN) {
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
