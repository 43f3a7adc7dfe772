//! Start of a run, or joining of the current one.

use std::sync::{Arc, Mutex, PoisonError};

use keyferry_domain::Party;
use keyferry_domain::ports::Counts;
use tokio::sync::watch;
use tracing::Instrument as _;

use super::report::{Run, RunReport};
use super::run::run_over;
use crate::activity::{self, ProcessingRun};
use crate::context::Context;
use crate::metrics::{FinishedRun, Tally};
use crate::outages::number_on_hold;

/// Processes open shipments. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Processing {
    context: Arc<Context>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Current full run, if any. The channel holds `true` when the run is done.
    under_way: Mutex<Option<watch::Receiver<bool>>>,
    /// Report of the last run of any kind.
    last_report: watch::Sender<Option<RunReport>>,
}

impl Processing {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context, state: Arc::default() }
    }

    /// Processes all shipments that the run selects. During shutdown, it starts no further shipment.
    pub async fn run(&self, run: Run) -> RunReport {
        let context = &self.context;
        let (begin, mut tally) = (context.now(), Tally::default());
        let span = tracing::info_span!("run", kind = ?run);
        let report = run_over(context, run, &mut tally).instrument(span).await;
        let end = context.now();
        context.metrics.run(&FinishedRun {
            kind: run.kind(),
            held_up: !report.outages.is_empty(),
            unreadable: report.broken,
            tally: &tally,
            begin,
            end,
        });
        let result = ProcessingRun {
            run,
            processed: report.processed,
            moved: report.moved,
            obstructed: report.obstructed,
            unreadable: report.broken,
            outages: report.outages.values().cloned().collect(),
        };
        context.last_runs.processed(activity::FinishedRun { began_at: begin, ended_at: end, result });
        self.state.last_report.send_replace(Some(report.clone()));
        report
    }

    /// Returns the last runs of this process, newest first: full runs, and others that processed a shipment.
    pub fn recent_runs(&self) -> Vec<activity::FinishedRun<ProcessingRun>> {
        self.context.last_runs.worked()
    }

    /// Returns the dependencies that fail, as of the last run, each with the reason and the number of shipments in
    /// `counts` that it puts on hold.
    pub fn outages(&self, counts: &Counts) -> Vec<(Party, String, u64)> {
        let addressing = self.context.ports.pin_delivery.addressing();
        let reasons = self.context.outages.all();
        let with_count = |(party, reason)| (party, reason, number_on_hold(party, counts, addressing));
        reasons.into_iter().map(with_count).collect()
    }

    /// Joins the current run or starts one, and waits for it for at most `on_demand_wait`. The run continues after
    /// that.
    pub async fn process_on_demand(&self) {
        let mut done = self.start_or_join();
        tokio::select! {
            biased;
            _ = done.wait_for(|done| *done) => {}
            () = self.context.ports.clock.sleep(self.context.settings.on_demand_wait) => {}
        }
    }

    /// Joins the current full run or starts one, and waits for its end. Returns whether it finished.
    pub(crate) async fn whole_run(&self) -> bool {
        let mut done = self.start_or_join();
        // An error means that the run's task panicked. The next call starts a new run.
        done.wait_for(|done| *done).await.is_ok()
    }

    /// Returns the report of the last run of this process, of any kind, and notices of new ones.
    pub(crate) fn reports(&self) -> watch::Receiver<Option<RunReport>> {
        self.state.last_report.subscribe()
    }

    fn start_or_join(&self) -> watch::Receiver<bool> {
        let mut slot = self.state.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        // `has_changed` fails if the run's task panicked: the sender is then gone, and a new run must start.
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
            // Log runs without work too: alerts detect from this line that runs take place.
            let (processed, moved, obstructed) = (report.processed, report.moved, report.obstructed);
            tracing::info!(processed, moved, obstructed, missing = report.missing, "processing run finished");
            finished.send_replace(true);
        });
        done
    }
}
