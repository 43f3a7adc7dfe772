//! Measured pace of the requests that the other side let pass.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Number of requests that are enough to judge by.
const ENOUGH: usize = 5;

/// Number of periods that are measured if there are not enough requests in one.
const PERIODS: u32 = 6;

/// Maximum number of requests that are remembered.
const REMEMBERED: usize = 10_000;

/// Requests that passed, or are on their way.
pub(super) struct Passed {
    per: Duration,
    /// In the order of their times.
    recent: VecDeque<Request>,
    /// Time without requests to send, since the beginning.
    idle: Duration,
}

struct Request {
    sent: Instant,
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

    pub(super) fn sent(&mut self, now: Instant) {
        while let Some(first) = self.recent.front() {
            let age = now.saturating_duration_since(first.sent);
            let is_needed = age < self.per * 2 || (self.recent.len() <= ENOUGH * 4 && age < self.per * PERIODS);
            if is_needed && self.recent.len() < REMEMBERED {
                break;
            }
            self.recent.pop_front();
        }
        self.recent.push_back(Request { sent: now, idle: self.idle });
    }

    /// Forgets a request that did not pass.
    pub(super) fn throttled(&mut self, sent: Instant) {
        if let Some(place) = self.recent.iter().rposition(|request| request.sent == sent) {
            self.recent.remove(place);
        }
    }

    /// Returns the pace of the period before `end`, in the time that was not idle. `None` if there were too few
    /// requests to judge by: the process had little work, or others used the limit.
    ///
    /// `retry_after`: time until the other side permits requests again.
    pub(super) fn measure(&self, end: Instant, retry_after: Option<Duration>) -> Option<Measured> {
        let age = |request: &Request| end.saturating_duration_since(request.sent);
        let last = self.recent.partition_point(|request| request.sent < end);
        let of_period = self.recent.partition_point(|request| age(request) >= self.per);
        let first = of_period.min(last.saturating_sub(ENOUGH));
        let requests = last - first;
        let is_cut_off = first == 0 && self.recent.len() >= REMEMBERED;
        let begin = self.recent.get(first).filter(|_| requests >= ENOUGH && !is_cut_off)?;
        let time = age(begin);
        // If the first of these requests had filled the limit, it would be permitted again after a whole period.
        if time < self.per && retry_after.is_some_and(|retry_after| time + retry_after < self.per.mul_f64(0.9)) {
            return None;
        }
        let time = time.max(self.per);
        let busy = time.saturating_sub(self.idle.saturating_sub(begin.idle)).as_secs_f64();
        (busy > 0.0).then(|| Measured { pace: requests as f64 / busy, at_most: (requests + 1) as f64 / busy })
    }
}
