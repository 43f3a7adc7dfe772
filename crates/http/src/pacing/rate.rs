//! Pace of requests, which finds the limit of the other side and stays right below it.
//!
//! A 429 sets the pace below the one that passed. The pace then follows a curve like that of CUBIC (RFC 9438), of a
//! higher degree: it returns to the pace that passed, stays there for a long time, and then increases faster and
//! faster, because the limit is higher now. The curve depends on time more than on the pace, so that a slow replica
//! catches up with a fast one that shares its limit.
//!
//! The numbers were found with [`super::simulation`].

use std::time::Duration;

use tokio::time::Instant;

use self::passed::Passed;

mod passed;

/// Part of the time between two requests that is added to it. Requests that arrive sooner than they were sent apart
/// would otherwise exceed a limit that is equal to the pace.
const SPARE: f64 = 0.01;

/// Beginning and centre of the curve after a pace that was a little too fast, as parts of that pace. The centre is
/// below it: a curve that is flat at the limit would exceed it again and again.
const NEAR: (f64, f64) = (0.955, 0.98);

/// The same after a pace that was much too fast, as parts of the one that passed.
const FAR: (f64, f64) = (0.96, 1.0);

/// The same if it is not known what passed, as parts of the pace.
const UNKNOWN: (f64, f64) = (0.5, 0.985);

/// Beginning of the curve after the second 429 without a success in between, as a part of its centre.
const AGAIN: f64 = 0.75;

/// Height of the curve above its centre after twice the time to it, as a part of the centre, for a centre of one
/// request per second. It is divided by the square root of other centres: slow replicas must catch up with fast ones.
const RISE: f64 = 0.122;

/// Shortest time in seconds to the centre of the curve.
const SHORTEST: f64 = 80.0;

/// Fewest requests until then, so that one in more than a hundred is throttled.
const FEWEST: f64 = 110.0;

/// Longest time in seconds until then. A pace that is slow without need must increase.
const LONGEST: f64 = 600.0;

/// Time of the curve, as a part of the time to the centre, until which it is corrected. What passed is then forgotten.
const NEW: f64 = 0.1;

/// Slowest pace, in requests per second.
const SLOWEST: f64 = 1.0 / 60.0;

/// Pause after a 429 without `Retry-After`. It doubles with each further one without a success in between.
const PAUSE: Duration = Duration::from_secs(1);

/// Number of pauses in a row that are as short as `Retry-After` asks for.
const TRUSTED: u32 = 3;

/// Longest pause for which a 429 stops all requests. The engine honours longer ones.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Current pace.
pub(super) struct Rate {
    /// Configured limit in requests per second.
    fastest: f64,
    /// `None`: the pace is the configured limit.
    curve: Option<Curve>,
    passed: Passed,
    /// Time of the last success.
    succeeded: Option<Instant>,
    /// Time of the last 429 that changed the pace. Responses to earlier requests say nothing about the new pace.
    throttled: Option<Instant>,
    /// Number of such 429 since the last success.
    in_a_row: u32,
    /// What the pace was derived from, unless the last 429 was one in a row.
    too_fast: Option<TooFast>,
}

/// First 429 of a change.
#[derive(Clone, Copy)]
struct TooFast {
    /// Pace at that time.
    pace: f64,
    at: Instant,
    retry_after: Option<Duration>,
}

/// Pace over time.
struct Curve {
    /// Pace at which the curve is flat, in requests per second.
    centre: f64,
    /// Part of the centre by which the curve begins below it.
    depth: f64,
    /// Time since the beginning, as a part of the time to the centre.
    time: f64,
}

impl Curve {
    fn new(pace: f64, (begin, centre): (f64, f64)) -> Self {
        Self { centre: pace * centre, depth: 1.0 - begin / centre, time: 0.0 }
    }

    fn pace(&self) -> f64 {
        let time = self.time - 1.0;
        let height = if time < 0.0 { self.depth } else { RISE / self.centre.sqrt() };
        self.centre * (1.0 + height * time.powi(5))
    }

    fn advance(&mut self, seconds: f64) {
        self.time += seconds / (FEWEST / self.centre).clamp(SHORTEST, LONGEST);
    }
}

impl Rate {
    /// `per`: the period of the limit, in which the pace is also measured.
    pub(super) fn new(interval: Duration, per: Duration) -> Self {
        let fastest = interval.as_secs_f64().recip();
        let passed = Passed::new(per);
        Self { fastest, curve: None, passed, succeeded: None, throttled: None, in_a_row: 0, too_fast: None }
    }

    /// Returns the time between two requests.
    pub(super) fn interval(&self) -> Duration {
        Duration::from_secs_f64((1.0 + SPARE) / self.pace())
    }

    fn pace(&self) -> f64 {
        let slowest = SLOWEST.min(self.fastest);
        self.curve.as_ref().map_or(self.fastest, Curve::pace).clamp(slowest, self.fastest)
    }

    /// Notes that there was no request to send for a time.
    pub(super) fn idled(&mut self, time: Duration) {
        self.passed.idled(time);
    }

    /// Notes a request.
    pub(super) fn sent(&mut self, now: Instant) {
        self.passed.sent(now);
    }

    /// Slows down, unless the request was sent before the last change. Returns the pause before the next request.
    pub(super) fn throttled(&mut self, sent: Instant, now: Instant, retry_after: Option<Duration>) -> Duration {
        self.passed.throttled(sent);
        if self.throttled.is_none_or(|throttled| sent >= throttled) {
            self.throttled = Some(now);
            self.in_a_row = self.in_a_row.saturating_add(1);
            self.too_fast = (self.in_a_row == 1).then(|| TooFast { pace: self.pace(), at: now, retry_after });
            self.slow_down();
        } else if self.too_fast.is_some() && self.curve.as_ref().is_some_and(|curve| curve.time < NEW) {
            // It was on its way with the first one, and counted as one that passed.
            self.slow_down();
        }
        let doublings = self.in_a_row.saturating_sub(if retry_after.is_some() { TRUSTED } else { 1 });
        let doubled = PAUSE.saturating_mul(1 << doublings.min(6));
        retry_after.unwrap_or_default().max(doubled).max(self.interval()).min(LONGEST_PAUSE)
    }

    fn slow_down(&mut self) {
        let Some(TooFast { pace, at, retry_after }) = self.too_fast else {
            // Pauses are what protects the other side now. The pace was found before, and an outage does not change it.
            if let Some(curve) = &mut self.curve {
                curve.depth = curve.depth.max(1.0 - AGAIN);
                curve.time = 0.0;
            }
            return;
        };
        self.curve = Some(match self.passed.measure(at, retry_after) {
            Some(passed) if passed.at_most < pace * 0.9 => Curve::new(passed.pace, FAR),
            Some(_) => Curve::new(pace, NEAR),
            None => Curve::new(pace, UNKNOWN),
        });
    }

    /// Speeds up, up to the configured limit.
    pub(super) fn succeeded(&mut self, now: Instant) {
        self.in_a_row = 0;
        let before = self.succeeded.replace(now);
        let most = self.interval().mul_f64(1.25);
        let Some(curve) = &mut self.curve else { return };
        // Time without requests is no sign that the other side permits more.
        let time = before.map_or(most, |before| now.saturating_duration_since(before)).min(most);
        curve.advance(time.as_secs_f64());
        if curve.pace() >= self.fastest {
            self.curve = None;
        }
    }
}

#[cfg(test)]
mod tests;
