//! Log lines that callers can cause at will. Their number is limited.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Most lines per interval. The remaining ones are counted.
const MOST: u32 = 20;
const INTERVAL: Duration = Duration::from_secs(10);

/// Limit of one kind of line. One per process, like the log.
pub(crate) struct LimitedLog(Mutex<Interval>);

struct Interval {
    begin: Option<Instant>,
    logged: u32,
    omitted: u64,
}

/// Whether a line is logged.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Logged,
    /// It is the first of its interval, which ends then. The number must be reported at the end.
    FirstOmitted(Instant),
    Omitted,
}

impl LimitedLog {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Interval { begin: None, logged: 0, omitted: 0 }))
    }

    /// Logs the line, at most [`MOST`] times per [`INTERVAL`]. Then reports how many more there were in how many
    /// seconds.
    pub(crate) fn log(&'static self, line: impl FnOnce(), report: fn(omitted: u64, seconds: u64)) {
        match self.next(Instant::now()) {
            Verdict::Logged => line(),
            Verdict::Omitted => {}
            Verdict::FirstOmitted(end) => {
                tokio::spawn(async move {
                    sleep_until(end).await;
                    report(self.end(), INTERVAL.as_secs());
                });
            }
        }
    }

    fn next(&self, now: Instant) -> Verdict {
        let mut interval = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = match interval.begin {
            // Not while a number is to be reported, so that none is lost.
            Some(begin) if now < begin + INTERVAL || interval.omitted > 0 => begin,
            _ => {
                *interval = Interval { begin: Some(now), logged: 0, omitted: 0 };
                now
            }
        };
        if interval.logged < MOST {
            interval.logged += 1;
            return Verdict::Logged;
        }
        interval.omitted += 1;
        if interval.omitted == 1 { Verdict::FirstOmitted(begin + INTERVAL) } else { Verdict::Omitted }
    }

    /// Ends the interval and returns how many lines were omitted.
    fn end(&self) -> u64 {
        let mut interval = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        interval.begin = None;
        std::mem::take(&mut interval.omitted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_limited_per_interval_and_the_others_counted() {
        let log = LimitedLog::new();
        let begin = Instant::now();
        let end = begin + INTERVAL;
        for _ in 0..MOST {
            assert_eq!(log.next(begin), Verdict::Logged);
        }
        assert_eq!(log.next(begin), Verdict::FirstOmitted(end));
        // The report may be late.
        assert_eq!(log.next(end), Verdict::Omitted);
        assert_eq!(log.end(), 2);
        assert_eq!(log.next(end), Verdict::Logged);
        for _ in 0..MOST {
            assert_eq!(log.next(end + INTERVAL), Verdict::Logged);
        }
    }
}
