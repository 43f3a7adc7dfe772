//! Client-side rate limit.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::Error;

/// Rate limit: at most `requests` in each period `per`.
///
/// Requests are spaced evenly: five per ten seconds means one every two seconds. With bursts, five requests at once
/// followed by the regular pace would be up to ten requests in the first ten seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// Number of requests.
    pub requests: u32,
    /// Length of the period.
    pub per: Duration,
    /// Longest wait in the queue. A request that would have to wait longer is refused at once. `None`: no limit.
    pub longest_wait: Option<Duration>,
}

/// Delays requests to comply with a [`Pacing`], in the order of their arrival.
pub(crate) struct Gate {
    interval: Duration,
    longest_wait: Option<Duration>,
    schedule: Mutex<Schedule>,
    /// Held by the first request in the queue. This mutex is fair, and dropping a waiting future leaves its queue.
    first: tokio::sync::Mutex<()>,
}

struct Schedule {
    /// Time at which the next request may be sent.
    next: Instant,
    /// Number of requests in the queue, including the first one.
    queued: u32,
}

/// The queue is longer than the longest wait.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct QueueFull {
    /// Time after which the queue is short enough, if no other request joins it.
    pub(crate) retry_after: Duration,
}

/// Place in the queue. Dropping it leaves the queue.
struct Place<'a>(&'a Gate);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.schedule().queued -= 1;
    }
}

impl Gate {
    pub(crate) fn new(pacing: Pacing) -> Result<Self, Error> {
        let Pacing { requests, per, longest_wait } = pacing;
        let interval = per.checked_div(requests).filter(|interval| !interval.is_zero());
        Ok(Self {
            interval: interval.ok_or(Error::Pacing { requests, per })?,
            longest_wait,
            schedule: Mutex::new(Schedule { next: Instant::now(), queued: 0 }),
            first: tokio::sync::Mutex::default(),
        })
    }

    /// Waits for the request's turn. If the future is dropped before, the request leaves the queue, and its turn goes
    /// to the next one.
    ///
    /// # Errors
    /// [`QueueFull`] if the wait would exceed [`Pacing::longest_wait`] and `limited` is `true`.
    pub(crate) async fn pass(&self, limited: bool) -> Result<(), QueueFull> {
        let _place = self.join(self.longest_wait.filter(|_| limited))?;
        let _first = self.first.lock().await;
        let turn = self.schedule().next;
        sleep_until(turn).await;
        // Only here is the turn taken: a future that is dropped during the wait leaves it to the next request.
        self.schedule().next = Instant::now() + self.interval;
        Ok(())
    }

    fn join(&self, longest_wait: Option<Duration>) -> Result<Place<'_>, QueueFull> {
        let mut schedule = self.schedule();
        let first = schedule.next.saturating_duration_since(Instant::now());
        let wait = first.saturating_add(self.interval.saturating_mul(schedule.queued));
        if let Some(excess) = longest_wait.and_then(|longest| wait.checked_sub(longest)).filter(|it| !it.is_zero()) {
            return Err(QueueFull { retry_after: excess });
        }
        schedule.queued += 1;
        Ok(Place(self))
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
