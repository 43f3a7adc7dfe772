//! Log lines about readiness: one for each change, however often probes ask.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::problem::Problem;

/// Codes of the blocking problems that were logged last.
#[derive(Default)]
pub(crate) struct Announced(Mutex<BTreeSet<&'static str>>);

impl Announced {
    /// Logs the blocking problems if they are others than at the last call.
    pub(super) fn announce(&self, problems: &[Problem]) {
        let blocking = || problems.iter().filter(|problem| problem.is_blocking);
        let codes: BTreeSet<_> = blocking().map(|problem| problem.code).collect();
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *last == codes {
            return;
        }
        if codes.is_empty() {
            tracing::info!("process is ready for requests again");
        } else {
            let problems: Vec<_> =
                blocking().map(|Problem { code, message, .. }| format!("{code}: {message}")).collect();
            tracing::warn!(
                problems = problems.join("; "),
                "process is not ready for requests; logged once until the problems change"
            );
        }
        *last = codes;
    }
}
