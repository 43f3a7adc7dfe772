//! Announces every step before and after. At the selected step, the work stops until the harness kills the process.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use super::StepAt;
use super::flows::{FlowHint, Flows};
use super::refusal::RefuseFrom;

pub(super) struct Steps {
    stop_at: Option<StepAt>,
    refuse_from: Option<RefuseFrom>,
    seen: Mutex<HashMap<String, u32>>,
    flows: Flows,
}

impl Steps {
    pub(super) fn new(stop_at: Option<StepAt>, refuse_from: Option<RefuseFrom>) -> Self {
        Self { stop_at, refuse_from, seen: Mutex::default(), flows: Flows::default() }
    }

    /// Begins the flow in the current task without announcing a step.
    pub(super) fn begin(&self, flow: &'static str) {
        self.flows.begin(flow);
    }

    /// Runs one port call, and announces it before and after.
    pub(super) async fn around<T>(&self, flow: FlowHint, call: &str, work: impl Future<Output = T>) -> T {
        let flow = self.flows.of(flow);
        self.reach(format!("{flow}.{call}.before")).await;
        let result = work.await;
        self.reach(format!("{flow}.{call}.after")).await;
        result
    }

    /// Announces that the store refused a write, if it was made to.
    pub(super) fn refused(&self, flow: FlowHint, call: &str) {
        if self.refuse_from.is_some() {
            announce(&format!("refused {}.{call}.refused", self.flows.of(flow)));
        }
    }

    async fn reach(&self, step: String) {
        let occurrence = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let occurrence = seen.entry(step.clone()).or_default();
            *occurrence += 1;
            *occurrence
        };
        let is_at = |at: &StepAt| at.step == step && at.occurrence == occurrence;
        if let Some(from) = self.refuse_from.as_ref().filter(|from| is_at(&from.at)) {
            from.by.begin();
        }
        let stopped = self.stop_at.as_ref().is_some_and(is_at);
        if stopped {
            announce(&format!("stopped {step}"));
            std::future::pending::<()>().await;
        }
        announce(&format!("step {step}"));
    }
}

/// Prints one line for the harness.
pub(super) fn announce(line: &str) {
    let mut out = std::io::stderr().lock();
    // Errors are ignored: if the harness has exited, `listen` notices it on standard input.
    drop(out.write_all(format!("{line}\n").as_bytes()));
}
