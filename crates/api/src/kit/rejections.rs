//! Log of rejected callers. Anyone can cause these lines, so their length and number are limited.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::Uri;
use keyferry_domain::Caller;
use tokio::time::{Instant, sleep_until};

/// Longest path in the log, in characters. Callers choose it, and a request may have a path of 60 KB.
const LONGEST_PATH: usize = 200;

/// Most lines per interval. The remaining ones are counted.
const MOST: u32 = 20;
const INTERVAL: Duration = Duration::from_secs(10);

/// One per process, like the log.
static INTERVALS: Intervals = Intervals(Mutex::new(Interval { begin: None, logged: 0, omitted: 0 }));

struct Intervals(Mutex<Interval>);

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

impl Intervals {
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

/// Logs that a caller was rejected, at most [`MOST`] times per [`INTERVAL`]. Then logs how many more there were.
pub(crate) fn log(uri: &Uri, caller: Option<&Caller>, reason: &dyn std::fmt::Debug) {
    match INTERVALS.next(Instant::now()) {
        Verdict::Logged => {
            let caller = caller.map(tracing::field::display);
            tracing::info!(path = shown(uri.path()), caller, ?reason, "rejected caller");
        }
        Verdict::Omitted => {}
        Verdict::FirstOmitted(end) => {
            tokio::spawn(async move {
                sleep_until(end).await;
                let (omitted, seconds) = (INTERVALS.end(), INTERVAL.as_secs());
                tracing::info!(omitted, seconds, "rejected more callers than are logged one by one");
            });
        }
    }
}

fn shown(path: &str) -> String {
    match path.char_indices().nth(LONGEST_PATH) {
        Some((end, _)) => format!("{}…", &path[..end]),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_paths_are_cut() {
        assert_eq!(shown(&"ü".repeat(200)), "ü".repeat(200));
        assert_eq!(shown(&"ü".repeat(201)), format!("{}…", "ü".repeat(200)));
    }

    #[test]
    fn lines_are_limited_per_interval_and_the_others_counted() {
        let intervals = Intervals(Mutex::new(Interval { begin: None, logged: 0, omitted: 0 }));
        let begin = Instant::now();
        let end = begin + INTERVAL;
        for _ in 0..MOST {
            assert_eq!(intervals.next(begin), Verdict::Logged);
        }
        assert_eq!(intervals.next(begin), Verdict::FirstOmitted(end));
        // The report may be late.
        assert_eq!(intervals.next(end), Verdict::Omitted);
        assert_eq!(intervals.end(), 2);
        assert_eq!(intervals.next(end), Verdict::Logged);
        for _ in 0..MOST {
            assert_eq!(intervals.next(end + INTERVAL), Verdict::Logged);
        }
    }
}
