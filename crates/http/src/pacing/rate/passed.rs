//! Measured pace of the requests that the other side let pass.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Number of requests that are enough to judge by.
const ENOUGH: usize = 5;

/// Number of periods after which requests are forgotten, even if there are not enough.
const PERIODS: u32 = 6;

/// Maximum number of requests that are remembered.
const REMEMBERED: usize = 10_000;

/// Requests that passed, in the last period or, if these are few, in several.
pub(super) struct Passed {
    per: Duration,
    recent: VecDeque<Request>,
    /// Time without requests to send, since the beginning.
    idle: Duration,
}

struct Request {
    at: Instant,
    /// [`Passed::idle`] at that time.
    idle: Duration,
}

/// Measured pace, in requests per second.
pub(super) struct Measured {
    pub(super) pace: f64,
    /// Pace with one request more: when the period began between two requests, one is missing.
    pub(super) at_most: f64,
}

impl Passed {
    pub(super) fn new(per: Duration) -> Self {
        Self { per, recent: VecDeque::new(), idle: Duration::ZERO }
    }

    pub(super) fn idled(&mut self, time: Duration) {
        self.idle = self.idle.saturating_add(time);
    }

    pub(super) fn add(&mut self, at: Instant) {
        self.forget(at);
        if self.recent.len() < REMEMBERED {
            self.recent.push_back(Request { at, idle: self.idle });
        }
    }

    /// Returns the pace in the time that was not idle. `None` if there were too few requests to judge by: the process
    /// had little work, or others used the limit. `retry_after`: time until the other side permits requests again.
    pub(super) fn measure(&mut self, now: Instant, retry_after: Option<Duration>) -> Option<Measured> {
        self.forget(now);
        let first = self.recent.front()?;
        let requests = self.recent.len();
        let time = now.saturating_duration_since(first.at);
        // If the first of these requests had filled the limit, it would be permitted again after a whole period.
        if time < self.per && retry_after.is_some_and(|retry_after| time + retry_after < self.per.mul_f64(0.9)) {
            return None;
        }
        let time = time.max(self.per);
        let busy = time.saturating_sub(self.idle.saturating_sub(first.idle)).as_secs_f64();
        let is_judged = busy > 0.0 && (ENOUGH..REMEMBERED).contains(&requests);
        is_judged.then(|| Measured { pace: requests as f64 / busy, at_most: (requests + 1) as f64 / busy })
    }

    fn forget(&mut self, now: Instant) {
        while let Some(first) = self.recent.front() {
            let age = now.saturating_duration_since(first.at);
            let is_needed = self.recent.len() <= ENOUGH && age < self.per * PERIODS;
            if age < self.per || is_needed {
                break;
            }
            self.recent.pop_front();
        }
    }
}
