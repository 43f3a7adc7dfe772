//! Pace of requests: additive increase, multiplicative decrease (AIMD), with a memory of the pace that was too fast.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Factor of the pace after the other side said that it was too fast.
const DECREASE: f64 = 0.7;

/// Part of the pace that was too fast, up to which the pace increases quickly again.
const NEAR: f64 = 0.96;

/// Part of the pace that was too fast, above which it increases quickly again: the other side's limit is higher now.
const BEYOND: f64 = 1.05;

/// Increase per answered request far below the pace that was too fast, as a part of it.
const QUICK: f64 = 0.02;

/// Maximum increase per answered request near it. So slow that fewer than one request in a hundred finds the limit
/// again.
const SLOW: f64 = 0.000_25;

/// Maximum increase per second near it. A 429 costs a pause of at least a second (`Retry-After`), however fast the
/// requests are.
const SLOW_PER_SECOND: f64 = 0.000_5;

/// Maximum number of requests that are remembered.
const REMEMBERED: usize = 10_000;

/// Slowest pace, in requests per second.
const SLOWEST: f64 = 1.0 / 60.0;

/// Current pace.
pub(super) struct Rate {
    /// Requests per second.
    current: f64,
    /// Configured limit.
    fastest: f64,
    /// Period of the configured limit.
    per: Duration,
    /// Times of the requests that were answered in the last period.
    answered: VecDeque<Instant>,
    /// Last time at which there was no request to send.
    idled: Option<Instant>,
    /// Pace that was too fast the last time.
    too_fast: Option<f64>,
    /// Time of the last decrease. Responses to earlier requests say nothing about the new pace.
    decreased: Option<Instant>,
}

impl Rate {
    /// `per`: the period of the limit, in which the pace is also measured.
    pub(super) fn new(interval: Duration, per: Duration) -> Self {
        let fastest = interval.as_secs_f64().recip();
        let answered = VecDeque::new();
        Self { current: fastest, fastest, per, answered, idled: None, too_fast: None, decreased: None }
    }

    /// Returns the time between two requests.
    pub(super) fn interval(&self) -> Duration {
        Duration::from_secs_f64(self.current.recip())
    }

    /// Slows down, unless the request was sent before the last decrease.
    pub(super) fn throttled(&mut self, sent: Instant, now: Instant) {
        if self.decreased.is_some_and(|decreased| sent < decreased) {
            return;
        }
        match self.passed(now) {
            // The limit, or near it. Slower steps would cost a throttled request and a pause each; a deeper one would
            // leave the limit unused.
            Some(passed) => {
                let too_fast = passed.min(self.current);
                self.too_fast = Some(too_fast);
                self.current = too_fast * NEAR;
            }
            None => {
                self.too_fast = Some(self.current);
                self.current *= DECREASE;
            }
        }
        self.current = self.current.max(SLOWEST.min(self.fastest));
        self.decreased = Some(now);
    }

    /// Notes that there was no request to send for a time.
    pub(super) fn idled(&mut self, now: Instant) {
        self.idled = Some(now);
    }

    /// Returns the pace that the other side let pass in the last period. `None` if there were too few requests to
    /// judge by: the process had little work, and others may have used the limit.
    fn passed(&mut self, now: Instant) -> Option<f64> {
        const ENOUGH: usize = 10;
        self.forget(now);
        let first = *self.answered.front()?;
        let busy = self.idled.is_none_or(|idled| idled <= first);
        let judged = busy && (ENOUGH..REMEMBERED).contains(&self.answered.len());
        judged.then(|| self.answered.len() as f64 / self.per.as_secs_f64())
    }

    fn forget(&mut self, now: Instant) {
        while self.answered.front().is_some_and(|first| now.saturating_duration_since(*first) >= self.per) {
            self.answered.pop_front();
        }
    }

    /// Speeds up, up to the configured limit.
    pub(super) fn succeeded(&mut self, now: Instant) {
        self.forget(now);
        if self.answered.len() < REMEMBERED {
            self.answered.push_back(now);
        }
        let Some(too_fast) = self.too_fast else { return };
        let near = (too_fast * NEAR..too_fast * BEYOND).contains(&self.current);
        let step = if near { SLOW.min(SLOW_PER_SECOND / self.current) } else { QUICK };
        self.current += too_fast * step;
        if self.current >= self.fastest {
            self.current = self.fastest;
            self.too_fast = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends requests at the current pace to a party that permits `limit` per second, and returns the used part of
    /// the limit and the part of the requests that were throttled, both in percent.
    fn used(fastest: f64, limit: f64, seconds: f64) -> (f64, f64) {
        let mut rate = Rate::new(Duration::from_secs_f64(fastest.recip()), Duration::from_secs(10));
        let start = Instant::now();
        let (mut time, mut sent, mut throttled, mut window) = (0.0, 0_u32, 0_u32, std::collections::VecDeque::new());
        while time < seconds {
            while window.front().is_some_and(|first| time - first >= 10.0) {
                window.pop_front();
            }
            let now = start + Duration::from_secs_f64(time);
            sent += 1;
            if window.len() as f64 >= limit * 10.0 {
                throttled += 1;
                rate.throttled(now, now);
                let wait: f64 = window.front().map_or(0.0, |first| first + 10.0 - time);
                time += wait.max(rate.interval().as_secs_f64());
            } else {
                window.push_back(time);
                rate.succeeded(now);
                time += rate.interval().as_secs_f64();
            }
        }
        (f64::from(sent - throttled) / (limit * seconds) * 100.0, f64::from(throttled) / f64::from(sent) * 100.0)
    }

    #[test]
    fn finds_and_uses_a_lower_limit_than_the_configured_one() {
        for (fastest, limit) in [(0.5, 0.5), (2.0, 0.5), (50.0, 0.5), (10.0, 4.0), (100.0, 30.0)] {
            let (used, throttled) = used(fastest, limit, 20_000.0 / limit);
            assert!(used >= 95.0 && throttled < 1.0, "{fastest} for {limit}: used {used:.1} %, 429 {throttled:.2} %");
        }
    }

    #[test]
    fn a_single_429_of_a_process_with_little_work_does_not_stop_it() {
        let mut rate = Rate::new(Duration::from_millis(20), Duration::from_secs(10));
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        for half_second in 0..40 {
            rate.idled(at(half_second / 2));
            rate.succeeded(at(half_second / 2));
        }
        rate.throttled(at(20), at(20));
        assert!(rate.interval() < Duration::from_millis(42), "{:?}", rate.interval());
    }

    /// Figures of the first minutes, in which the limit is found: 2 and 10 times the limit.
    #[test]
    fn finds_a_much_lower_limit_in_few_steps() {
        for fastest in [12.0, 60.0] {
            let (_, throttled) = used(fastest, 6.0, 300.0);
            assert!(throttled < 1.0, "{fastest} for 6: 429 {throttled:.2} %");
        }
    }

    #[test]
    fn answers_to_requests_before_the_decrease_do_not_decrease_again() {
        let mut rate = Rate::new(Duration::from_secs(1), Duration::from_secs(10));
        let sent = Instant::now();
        let now = sent + Duration::from_secs(2);
        rate.throttled(sent, now);
        rate.throttled(sent, now);
        assert_eq!(rate.interval(), Duration::from_secs_f64(DECREASE.recip()));
    }

    #[test]
    fn reaches_the_configured_limit_again_and_never_exceeds_it() {
        let mut rate = Rate::new(Duration::from_secs(2), Duration::from_secs(10));
        let start = Instant::now();
        for second in 0..50 {
            let at = start + Duration::from_secs(second);
            rate.throttled(at, at);
        }
        assert!(rate.interval() <= Duration::from_secs(61), "{:?}", rate.interval());
        for _ in 0..1_000_000 {
            rate.succeeded(start);
        }
        assert_eq!(rate.interval(), Duration::from_secs(2));
    }
}
