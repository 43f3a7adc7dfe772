//! The checks of `keyferry doctor`, run in the background.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::{Clock, Finding};

use super::sources::HealthSources;
use crate::job::{Job, State};

/// Time limit of all checks together. Each call of a check has a shorter one.
const LIMIT: Duration = Duration::from_secs(90);

/// Age of findings that a request for checks does not repeat.
const FRESH: Duration = Duration::from_secs(60);

/// Age of findings that a visit of the page repeats.
const OLD: Duration = Duration::from_secs(600);

/// Health of the service. Clones share the findings.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds functions")]
pub struct Health {
    sources: HealthSources,
    checks: Job<Vec<Finding>>,
}

impl Health {
    /// Creates it. Checks run when a page is visited.
    pub fn new(sources: HealthSources) -> Self {
        Self { sources, checks: Job::default() }
    }

    pub(super) fn sources(&self) -> &HealthSources {
        &self.sources
    }

    /// Runs the checks if the last findings are older than the limit for the reason, and none are running. Waits for
    /// them up to `patience` if they were requested or are the first ones, and returns the last findings.
    pub(super) async fn check(
        &self,
        clock: &Arc<dyn Clock>,
        is_requested: bool,
        patience: Duration,
    ) -> State<Vec<Finding>> {
        let age = if is_requested { FRESH } else { OLD };
        let examine = self.sources.examine.clone();
        self.checks.refresh(clock, age, LIMIT, async move { examine().await });
        // A visit shows the last findings, however old, rather than to wait.
        let patience = if is_requested || !self.checks.has_ended_once() { patience } else { Duration::ZERO };
        self.checks.wait(patience).await
    }
}
