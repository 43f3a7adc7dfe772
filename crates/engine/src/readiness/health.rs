//! Problems of this process and its store, for readiness and operators.

use std::sync::{Mutex, MutexGuard, PoisonError};

use keyferry_domain::finding::counted;
use keyferry_domain::ports::{OpenCounts, REPAIR};
use keyferry_domain::{Timestamp, WebhookId, time_text};

use super::problem::Problem;

/// What to do if events were changed by others.
pub(crate) const VERIFY: &str = "Run `keyferry audit verify`, and keep a copy of the stored data";

/// Problems of this process and its store.
#[derive(Default)]
pub(crate) struct Health(Mutex<State>);

#[derive(Default)]
struct State {
    runs_overdue: Option<Timestamp>,
    damage: Vec<String>,
    index_mismatch: Option<OpenCounts>,
    altered_events: Option<String>,
    failing_webhooks: Vec<(WebhookId, Timestamp)>,
    blocked_webhooks: Option<Blocked>,
}

/// Webhooks whose events are kept back by stored data that cannot be read.
struct Blocked {
    /// `0`: all, because their list cannot be read.
    webhooks: usize,
    reasons: Vec<String>,
}

impl Health {
    /// Sets since when no scheduled run has finished. `None` if runs finish in time.
    pub(crate) fn set_runs_overdue(&self, since: Option<Timestamp>) {
        self.state().runs_overdue = since;
    }

    /// Sets the findings of the last check of the store.
    pub(crate) fn set_damage(&self, findings: Vec<String>) {
        self.state().damage = findings;
    }

    /// Sets the numbers of open shipments if table and index differ.
    pub(crate) fn set_index_mismatch(&self, counts: Option<OpenCounts>) {
        self.state().index_mismatch = counts;
    }

    /// Sets the first event that was changed outside of Keyferry. `None` if no event was.
    pub(crate) fn set_altered_events(&self, reason: Option<String>) {
        self.state().altered_events = reason;
    }

    /// Sets the webhooks of which all attempts fail, and since when.
    pub(crate) fn set_failing_webhooks(&self, failing: Vec<(WebhookId, Timestamp)>) {
        self.state().failing_webhooks = failing;
    }

    /// Sets how many webhooks receive no new events because stored data cannot be read, and why. The number is 0 if the
    /// list of webhooks cannot be read. No reasons: all receive events.
    pub(crate) fn set_blocked_webhooks(&self, webhooks: usize, reasons: Vec<String>) {
        self.state().blocked_webhooks = (!reasons.is_empty()).then_some(Blocked { webhooks, reasons });
    }

    /// Returns the current problems.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let state = self.state();
        let overdue = state.runs_overdue.map(|since| {
            let since = time_text(since);
            let message = format!(
                "No scheduled run has finished since {since}. Shipments are not processed on schedule. Check the log \
                 for the cause and restart Keyferry."
            );
            Problem { code: "runs-overdue", message, is_blocking: false }
        });
        let damage = (!state.damage.is_empty()).then(|| {
            let message = format!("The store is damaged: {}. {REPAIR}.", state.damage.join("; "));
            Problem { code: "store-damaged", message, is_blocking: true }
        });
        let index = state.index_mismatch.map(|counts| {
            let message = format!(
                "The table has {}, but its index has {}. Runs do not process the missing shipments. {REPAIR}.",
                counted(counts.by_table, "open shipment", "open shipments"),
                counts.by_index
            );
            Problem { code: "index-mismatch", message, is_blocking: true }
        });
        let events = state.altered_events.as_ref().map(|reason| {
            let message =
                format!("Events were changed outside of Keyferry: {reason}. Shipments are processed. {VERIFY}.");
            Problem { code: "events-altered", message, is_blocking: false }
        });
        let webhooks = (!state.failing_webhooks.is_empty()).then(|| {
            let failing = state.failing_webhooks.iter().map(|(id, since)| format!("{id} since {}", time_text(*since)));
            let message = format!(
                "Webhooks are failing: {}. Their events wait. Read their deliveries for the reason, and correct the \
                 receivers.",
                failing.collect::<Vec<_>>().join(", ")
            );
            Problem { code: "webhooks-failing", message, is_blocking: false }
        });
        let blocked = state.blocked_webhooks.as_ref().map(|Blocked { webhooks, reasons }| {
            let who = match webhooks {
                0 => "No webhook receives events".to_owned(),
                1 => "1 webhook receives no new events".to_owned(),
                many => format!("{many} webhooks receive no new events"),
            };
            // The reasons end with what to do.
            let message = format!("{who}: {}. Events wait, and shipments are processed.", reasons.join("; "));
            Problem { code: "webhooks-blocked", message, is_blocking: false }
        });
        overdue.into_iter().chain(damage).chain(index).chain(events).chain(webhooks).chain(blocked).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_problem_is_listed_until_it_is_solved() {
        let health = Health::default();
        assert_eq!(health.problems(), []);
        health.set_runs_overdue(Some(Timestamp::UNIX_EPOCH));
        health.set_damage(vec!["page 3 is not readable".into()]);
        health.set_index_mismatch(Some(OpenCounts { by_table: 300, by_index: 91 }));
        health.set_altered_events(Some("entry 2: it was deleted".into()));
        let problems = health.problems();
        let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, ["runs-overdue", "store-damaged", "index-mismatch", "events-altered"]);
        assert_eq!(problems[1].message, format!("The store is damaged: page 3 is not readable. {REPAIR}."));
        assert!(problems[2].message.contains("300 open shipments, but its index has 91"), "{problems:?}");
        assert!(problems[3].message.contains("entry 2: it was deleted. Shipments are processed. Run"), "{problems:?}");
        assert!(!problems[3].is_blocking, "{problems:?}");
        health.set_runs_overdue(None);
        health.set_damage(Vec::new());
        health.set_index_mismatch(None);
        health.set_altered_events(None);
        health.set_failing_webhooks(vec![(WebhookId::SETTINGS, Timestamp::UNIX_EPOCH)]);
        let message = &health.problems()[0].message;
        assert!(message.contains("00000000-0000-7000-8000-000000000001 since 1970-01-01T00:00:00Z."), "{message}");
        health.set_failing_webhooks(Vec::new());
        health.set_blocked_webhooks(2, vec!["the data of event 7 is invalid. Correct it".into()]);
        let problem = &health.problems()[0];
        let expected = "2 webhooks receive no new events: the data of event 7 is invalid. Correct it. Events wait";
        assert!(problem.message.starts_with(expected) && !problem.is_blocking, "{problem:?}");
        health.set_blocked_webhooks(0, vec!["the data of a webhook is invalid".into()]);
        assert!(health.problems()[0].message.starts_with("No webhook receives events: the data"));
        health.set_blocked_webhooks(0, Vec::new());
        assert_eq!(health.problems(), []);
    }
}
