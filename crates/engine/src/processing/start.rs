//! Starting a run, or joining the one under way.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tracing::Instrument as _;

use super::report::{Run, RunReport};
use super::run::run_over;
use crate::context::Context;
use crate::metrics::{MadeRun, Tally};

/// Runs over the open shipments. Cheap to clone: all clones are one.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Processing {
    context: Arc<Context>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// The whole run under way, if any: `true` once it is done.
    under_way: Mutex<Option<watch::Receiver<bool>>>,
    /// What the last whole run did.
    last_report: Mutex<Option<RunReport>>,
}

impl Processing {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context, state: Arc::default() }
    }

    /// Works on every shipment that the run looks at. Shutting down lets it begin no further one.
    pub async fn run(&self, run: Run) -> RunReport {
        let context = &self.context;
        let (begin, mut tally) = (context.now(), Tally::default());
        let span = tracing::info_span!("run", kind = ?run);
        let report = run_over(context, run, &mut tally).instrument(span).await;
        context.metrics.run(&MadeRun {
            kind: run.kind(),
            held_up: !report.outages.is_empty(),
            unreadable: report.broken,
            tally: &tally,
            begin,
            end: context.now(),
        });
        report
    }

    /// Processes now: joins a run under way or starts one, and waits for it for a while. The run goes on either way.
    pub async fn process_on_demand(&self) {
        let mut done = self.start_or_join();
        tokio::select! {
            biased;
            _ = done.wait_for(|done| *done) => {}
            () = self.context.ports.clock.sleep(self.context.settings.on_demand_wait) => {}
        }
    }

    /// A whole run, or the one under way, to its end; `None` if it never told.
    pub(crate) async fn whole_run(&self) -> Option<RunReport> {
        let mut done = self.start_or_join();
        // An error means that the run's task died; the next one starts afresh.
        drop(done.wait_for(|done| *done).await);
        self.state.last_report.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn start_or_join(&self) -> watch::Receiver<bool> {
        let mut slot = self.state.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(under_way) = slot.as_ref()
            && !*under_way.borrow()
            && under_way.has_changed().is_ok()
        {
            return under_way.clone();
        }
        let (finished, done) = watch::channel(false);
        *slot = Some(done.clone());
        let processing = self.clone();
        self.context.tasks.spawn(async move {
            let report = processing.run(Run::All).await;
            // Also when there was nothing to do: whoever watches the log sees that runs take place.
            let (looked_at, moved, obstructed) = (report.looked_at, report.moved, report.obstructed);
            tracing::info!(looked_at, moved, obstructed, "processing is done");
            *processing.state.last_report.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
            finished.send_replace(true);
        });
        done
    }
}
