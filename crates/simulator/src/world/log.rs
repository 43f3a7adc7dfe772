//! The log of all replicas, from INFO on, as the judge reads it.

use std::fmt::{Debug, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use keyferry_testkit::outside::VirtualClock;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::meddling::Meddling;

/// Subscriber that passes lines to the judge.
pub(crate) struct Log {
    meddling: Arc<Meddling>,
    clock: Arc<VirtualClock>,
    spans: AtomicU64,
    /// Whether lines are printed to standard error.
    prints: bool,
}

impl Log {
    /// Creates the log of a world.
    pub(crate) fn new(meddling: &Arc<Meddling>, clock: &Arc<VirtualClock>, prints: bool) -> Self {
        Self { meddling: meddling.clone(), clock: clock.clone(), spans: AtomicU64::new(1), prints }
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = write!(self.0, "{}={value} ", field.name());
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::INFO
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        Some(tracing::level_filters::LevelFilter::INFO)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        let now = self.clock.right();
        if *event.metadata().level() > Level::WARN {
            // A line about normal work may name a call, but announces no outage.
            self.meddling.with(|state| state.court.noticed.read(&line.0));
            return;
        }
        if self.prints {
            #[expect(clippy::print_stderr, reason = "asked for")]
            {
                eprintln!("{now} {}", line.0);
            }
        }
        self.meddling.with(|state| state.court.noticed.read_log(&line.0, now));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
