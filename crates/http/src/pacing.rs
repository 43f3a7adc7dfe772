//! Client-side rate limit that adapts to the limit of the other side.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keyferry_domain::{Clock, Lane};
use tokio::sync::Notify;
use tokio::time::Instant;

use self::rate::Rate;
use self::timer::Timer;
use crate::Error;

mod rate;
mod timer;

/// Rate limit: at most `requests` in each period `per`.
///
/// Requests are spaced evenly: five per ten seconds means one every two seconds, and a hundredth of that to spare. With
/// bursts, five requests at once followed by the regular pace would be up to ten requests in the first ten seconds. If
/// the other side answers 429 nevertheless, requests pause, and the pace continues below the one that passed. It
/// increases again, at most to this limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// Number of requests.
    pub requests: u32,
    /// Length of the period.
    pub per: Duration,
    /// Longest wait in the queue. A request that would have to wait longer is refused at once. `None`: no limit.
    pub longest_wait: Option<Duration>,
}

/// Turns in a row that the interactive lane takes while the bulk lane waits. The next one is the bulk lane's, so that
/// it never starves.
const INTERACTIVE_TURNS: u32 = 4;

/// Delays requests to comply with a [`Pacing`]: in the order of their arrival, one lane ahead of the other.
///
/// A [`Client`](crate::Client) has its own. A simulation without a network uses it alone.
pub struct Pacer {
    longest_wait: Option<Duration>,
    timer: Timer,
    schedule: Mutex<Schedule>,
    /// Held by the first request of each lane. These mutexes are fair, and dropping a waiting future leaves its queue.
    first: [tokio::sync::Mutex<()>; 2],
    /// Notified whenever another lane's turn may have come.
    changed: Notify,
}

struct Schedule {
    /// Time at which the next request may be sent.
    next: Instant,
    /// Time at which the next request would be sent if no timer had been late.
    due: Instant,
    /// Numbers of requests in the lanes, including their first ones.
    waiting: [u32; 2],
    /// Turns that the interactive lane has taken since the last one of the bulk lane.
    interactive_turns: u32,
    rate: Rate,
}

/// The queue is longer than the longest wait.
#[derive(Debug, PartialEq, Eq)]
pub struct QueueFull {
    /// Time after which the queue is short enough, if no other request joins it.
    pub retry_after: Duration,
}

/// Place in a lane. Dropping it leaves the lane.
struct Place<'a>(&'a Pacer, Lane);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.schedule().waiting[self.1 as usize] -= 1;
        self.0.changed.notify_waiters();
    }
}

/// Turn that a request has taken.
#[derive(Clone, Copy, Debug)]
pub struct Turn(Instant);

impl Pacer {
    /// Creates a pacer that follows the runtime's time.
    ///
    /// # Errors
    /// [`Error::Pacing`] if the limit is zero.
    pub fn new(pacing: Pacing) -> Result<Self, Error> {
        Self::timed(pacing, Timer::Runtime)
    }

    /// Creates a pacer that follows the clock, for a simulation.
    ///
    /// # Errors
    /// [`Error::Pacing`] if the limit is zero.
    pub fn with_clock(pacing: Pacing, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        Self::timed(pacing, Timer::of(clock))
    }

    fn timed(pacing: Pacing, timer: Timer) -> Result<Self, Error> {
        let Pacing { requests, per, longest_wait } = pacing;
        let interval = per.checked_div(requests).filter(|interval| !interval.is_zero());
        let rate = Rate::new(interval.ok_or(Error::Pacing { requests, per })?, per);
        let schedule = Mutex::new(Schedule::new(rate, timer.now()));
        Ok(Self { longest_wait, timer, schedule, first: Default::default(), changed: Notify::new() })
    }

    /// Waits for the request's turn. If the future is dropped before, the request leaves the queue, and its turn goes
    /// to the next one.
    ///
    /// # Errors
    /// [`QueueFull`] if the wait would exceed [`Pacing::longest_wait`] and `limited` is `true`.
    pub async fn pass(&self, lane: Lane, limited: bool) -> Result<Turn, QueueFull> {
        let _place = self.join(lane, self.longest_wait.filter(|_| limited))?;
        let _first = self.first[lane as usize].lock().await;
        loop {
            // Registered before the check, so that no notification in between is missed.
            let changed = self.changed.notified();
            let (turn, is_ours) = {
                let schedule = self.schedule();
                (schedule.next, schedule.is_turn_of(lane))
            };
            if !is_ours {
                changed.await;
                continue;
            }
            tokio::select! {
                () = self.timer.sleep_until(turn) => {}
                () = changed => {}
            }
            // Only here is the turn taken: a future that is dropped during the wait leaves it to the next request.
            if let Some(turn) = self.schedule().take(lane, self.timer.now()) {
                self.changed.notify_waiters();
                return Ok(turn);
            }
        }
    }

    /// Adapts the pace to the response of a request.
    pub fn answered(&self, turn: Turn, status: u16, retry_after: Option<Duration>) {
        self.schedule().answered(turn, status, retry_after, self.timer.now());
    }

    fn join(&self, lane: Lane, longest_wait: Option<Duration>) -> Result<Place<'_>, QueueFull> {
        let mut schedule = self.schedule();
        let first = schedule.next.saturating_duration_since(self.timer.now());
        let ahead = schedule.ahead_of(lane);
        let wait = first.saturating_add(schedule.rate.interval().saturating_mul(ahead));
        if let Some(excess) = longest_wait.and_then(|longest| wait.checked_sub(longest)).filter(|it| !it.is_zero()) {
            return Err(QueueFull { retry_after: excess });
        }
        schedule.waiting[lane as usize] += 1;
        drop(schedule);
        Ok(Place(self, lane))
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lateness that later turns make up for. More of it could exceed a limit that is equal to the pace.
const LATE: Duration = Duration::from_millis(60);

impl Schedule {
    fn new(rate: Rate, now: Instant) -> Self {
        Self { next: now, due: now, waiting: [0; 2], interactive_turns: 0, rate }
    }

    fn is_turn_of(&self, lane: Lane) -> bool {
        let [interactive, bulk] = self.waiting.map(|waiting| waiting > 0);
        let bulk_is_due = bulk && self.interactive_turns >= INTERACTIVE_TURNS;
        match lane {
            Lane::Interactive => !bulk_is_due,
            Lane::Bulk => !interactive || bulk_is_due,
        }
    }

    /// Returns the number of requests that are sent before a new one of this lane.
    fn ahead_of(&self, lane: Lane) -> u32 {
        let [interactive, bulk] = self.waiting;
        match lane {
            Lane::Interactive => interactive.saturating_add(bulk.min(interactive / INTERACTIVE_TURNS + 1)),
            Lane::Bulk => interactive.saturating_add(bulk),
        }
    }

    /// Takes the turn of the lane. `None` if it is not its turn any more.
    fn take(&mut self, lane: Lane, now: Instant) -> Option<Turn> {
        if now < self.next || !self.is_turn_of(lane) {
            return None;
        }
        self.interactive_turns = match lane {
            Lane::Interactive if self.waiting[Lane::Bulk as usize] > 0 => self.interactive_turns + 1,
            _ => 0,
        };
        let interval = self.rate.interval();
        let lost = now.saturating_duration_since(self.due).saturating_sub(LATE);
        if lost > interval {
            self.rate.idled(lost);
        }
        self.rate.sent(now);
        // Timers that fire late do not slow the pace. Their requests never come in a burst.
        self.due = self.due.max(now.checked_sub(LATE).unwrap_or(now)) + interval;
        self.next = self.due.max(now + interval / 2);
        Some(Turn(now))
    }

    fn answered(&mut self, turn: Turn, status: u16, retry_after: Option<Duration>, now: Instant) {
        if status != 429 {
            self.rate.succeeded(now);
            return;
        }
        let pause = self.rate.throttled(turn.0, now, retry_after);
        self.next = self.next.max(now + pause);
        self.due = self.due.max(self.next);
    }
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
