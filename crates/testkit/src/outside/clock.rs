//! Virtual clock. It advances to the next wake-up time when all tasks are idle.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::Timestamp;
use tokio::sync::{Notify, oneshot};
use tokio::task::yield_now;

use super::lock::lock;

/// Number of runtime rounds without a call to a port, after which all tasks are considered idle.
const QUIET_ROUNDS: u32 = 12;

pub struct VirtualClock {
    inner: Mutex<Inner>,
    changed: Notify,
}

struct Inner {
    /// Time of the clock if it was never set. Sleepers follow it.
    now: Timestamp,
    /// Difference of the wall clock, which was set.
    set_by: TimeDelta,
    /// Time at which the clock stops advancing by itself.
    limit: Timestamp,
    arrived: bool,
    sleepers: BTreeMap<(Timestamp, u64), oneshot::Sender<()>>,
    next: u64,
    activity: u64,
}

impl VirtualClock {
    /// Starts a clock without a limit. Needs a current-thread runtime.
    pub fn start(now: Timestamp) -> Arc<Self> {
        let clock = Self::manual(now);
        tokio::spawn(drive(clock.clone()));
        clock
    }

    /// Creates a clock that advances only when [`VirtualClock::wake_next`] is called: by the runtime when it would park
    /// its thread, because then no task can run.
    pub fn manual(now: Timestamp) -> Arc<Self> {
        let inner = Inner {
            now,
            set_by: TimeDelta::zero(),
            limit: Timestamp::MAX_UTC,
            arrived: false,
            sleepers: BTreeMap::new(),
            next: 0,
            activity: 0,
        };
        Arc::new(Self { inner: Mutex::new(inner), changed: Notify::new() })
    }

    pub fn now(&self) -> Timestamp {
        let inner = lock(&self.inner);
        inner.now + inner.set_by
    }

    /// Returns the time of a clock that was never set.
    pub fn right(&self) -> Timestamp {
        lock(&self.inner).now
    }

    /// Returns the time since the epoch of a clock that was never set.
    pub fn monotonic(&self) -> Duration {
        (lock(&self.inner).now - Timestamp::UNIX_EPOCH).to_std().unwrap()
    }

    /// Sets the wall clock forward, or back if `by` is negative. Sleepers do not notice.
    pub fn set(&self, by: TimeDelta) {
        lock(&self.inner).set_by += by;
    }

    /// Records activity, so that the clock does not advance yet.
    pub fn touch(&self) {
        lock(&self.inner).activity += 1;
    }

    pub async fn sleep(&self, duration: Duration) {
        let awake = {
            let mut inner = lock(&self.inner);
            let (wake, awake) = oneshot::channel();
            inner.activity += 1;
            inner.next += 1;
            let key = (inner.now + duration, inner.next);
            inner.sleepers.insert(key, wake);
            awake
        };
        self.changed.notify_one();
        let _ = awake.await;
    }

    /// Advances the time without waking sleepers.
    pub fn pass(&self, duration: Duration) {
        lock(&self.inner).now += duration;
    }

    /// Stops the clock until `run_to` is called.
    pub fn hold(&self) {
        let mut inner = lock(&self.inner);
        inner.limit = inner.now;
    }

    /// Runs the clock until `at`, waking sleepers on the way, and stops it there.
    pub async fn run_to(&self, at: Timestamp) {
        {
            let mut inner = lock(&self.inner);
            inner.limit = at - inner.set_by;
            inner.arrived = false;
        }
        self.changed.notify_one();
        while !lock(&self.inner).arrived {
            yield_now().await;
        }
    }

    /// Wakes the next sleeper. Returns `false` if there is none within the limit.
    pub fn wake_next(&self) -> bool {
        let mut inner = lock(&self.inner);
        while let Some(first) = inner.sleepers.first_entry()
            && first.get().is_closed()
        {
            first.remove();
        }
        let next = inner.sleepers.first_key_value().map(|(key, _)| *key).filter(|(at, _)| *at <= inner.limit);
        let Some(key) = next else {
            if inner.limit < Timestamp::MAX_UTC {
                inner.now = inner.now.max(inner.limit);
                inner.arrived = true;
            }
            return false;
        };
        inner.now = inner.now.max(key.0);
        if let Some(sleeper) = inner.sleepers.remove(&key) {
            let _ = sleeper.send(());
        }
        true
    }
}

async fn drive(clock: Arc<VirtualClock>) {
    loop {
        let (mut quiet, mut seen) = (0, lock(&clock.inner).activity);
        while quiet < QUIET_ROUNDS {
            yield_now().await;
            let activity = lock(&clock.inner).activity;
            quiet = if activity == seen { quiet + 1 } else { 0 };
            seen = activity;
        }
        if !clock.wake_next() {
            clock.changed.notified().await;
        }
    }
}
